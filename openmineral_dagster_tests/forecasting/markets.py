"""Made-up price histories with known laws, and the perturbations a forecast must not notice."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from openmineral_dagster.features.panel import feature_history
from openmineral_dagster.forecasting.study import market_of, study_of

LAST = date(2024, 9, 30)
SYMBOLS = (("CU", "3m"), ("AL", "3m"), ("GC", "front"), ("SI", "front"))


def weekdays(count, last=LAST):
    days = [last - timedelta(days=back) for back in range(2 * count)]
    return sorted([day for day in days if day.weekday() < 5][:count])


def prices_of(instrument, tenor, returns, start=1000.0, last=LAST):
    levels = start * np.exp(np.cumsum(np.concatenate([[0.0], returns])))
    rows = {"instrument": instrument, "tenor": tenor, "price_date": weekdays(len(levels), last), "price": levels}
    hour = 13 if tenor == "3m" else 19
    known = (pl.col("price_date").cast(pl.Datetime("us")) + pl.duration(hours=hour)).dt.replace_time_zone("UTC")
    return pl.DataFrame(rows, schema_overrides={"price_date": pl.Date}).with_columns(known_at=known)


def clustered(rng, rows):
    """Normal returns whose volatility follows a slow GARCH(1,1) around one percent."""
    returns, variance = np.empty(rows), 1e-4
    for row, shock in enumerate(rng.standard_normal(rows)):
        returns[row] = np.sqrt(variance) * shock
        variance = 1e-6 + 0.05 * returns[row] ** 2 + 0.94 * variance
    return returns


def market(draw=clustered, rows=1500, seed=5, symbols=SYMBOLS):
    """Prices of several series whose returns are `draw(rng, rows)`."""
    rng = np.random.default_rng(seed)
    return pl.concat(prices_of(*symbol, draw(rng, rows)) for symbol in symbols).sort("instrument", "tenor", "price_date")


def with_other_future(prices, after):
    """The same prices up to `after`, and other ones later."""
    return prices.with_columns(
        price=pl.when(pl.col("price_date") > after).then(pl.col("price") * 7.0 + 13.0).otherwise(pl.col("price"))
    )


def real_prices():
    """LME three-month and COMEX gold and silver prices as their files have them; skips where there are none."""
    folder = Path(__file__).parents[3] / "shared" / "data"
    if not folder.exists():
        pytest.skip("no real market data beside this checkout")
    metals = {"copper": "CU", "aluminium": "AL", "zinc": "ZN", "nickel": "NI", "lead": "PB"}
    lme = [_column(folder / "lme" / f"{name}.csv", symbol, "3m", "date", "three_month") for name, symbol in metals.items()]
    comex = [_column(folder / "futures" / f"{symbol}=F.csv", symbol, "front", "Date", "Close") for symbol in ("GC", "SI")]
    return pl.concat(lme + comex).sort("instrument", "tenor", "price_date")


def _column(file, symbol, tenor, day, price):
    return (
        pl.read_csv(file)
        .select(
            instrument=pl.lit(symbol),
            tenor=pl.lit(tenor),
            price_date=pl.col(day).str.slice(0, 10).str.to_date(),
            price=pl.col(price).cast(pl.Float64),
        )
        .drop_nulls()
        .with_columns(known_at=pl.col("price_date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
    )


FITS = {}
"""Equal prices have equal fits, whichever test asks."""


def studied(prices, first=LAST, last=LAST, trained=(), panel=False):
    """The study of a span of nights of made-up prices."""
    view = prices.filter(pl.col("price_date") <= last)
    return study_of(market_of(view, FITS, feature_history(view) if panel else None), first, last, trained)
