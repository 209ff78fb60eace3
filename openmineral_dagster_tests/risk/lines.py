"""Books of a line or two and the prices they move with, for the tests of stress, margins and limits."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from openmineral_dagster.lake.tables import EXPOSURES, FX
from openmineral_dagster.reference.calendars import is_business_day
from openmineral_dagster.risk.history import histories

NIGHT = date(2024, 6, 28)
SENSITIVITIES = {
    **dict.fromkeys(["portfolio", "instrument", "tenor", "delivery", "series_tenor"], pl.String),
    "quantity": pl.Float64,
    "spot": pl.Float64,
}
PRICES = {"instrument": pl.String, "tenor": pl.String, "price_date": pl.Date, "price": pl.Float64}


def held(*lines, portfolio="base"):
    """Sensitivities of constant maturities: (instrument, tenor, quantity, spot)."""
    rows = [(portfolio, name, tenor, "rolling", tenor, float(size), float(spot)) for name, tenor, size, spot in lines]
    return pl.DataFrame(rows, schema=SENSITIVITIES, orient="row")


def exposed(sensitivities):
    """The exposures such sensitivities belong to."""
    lines = sensitivities.group_by("portfolio", "instrument", "tenor", "delivery", maintain_order=True).agg(
        quantity=pl.col("quantity").sum(), price=pl.col("spot").mean(), value_usd=(pl.col("quantity") * pl.col("spot")).sum()
    )
    return lines.with_columns(
        as_of_date=pl.lit(NIGHT), currency=pl.lit("USD"), quantity_unit=pl.lit("t"), price_date=pl.lit(NIGHT)
    ).select(EXPOSURES.dtypes.names())


def quoted(instrument, tenor, days):
    """Prices of one series: {date: price}."""
    rows = [(instrument, tenor, day, float(price)) for day, price in days.items()]
    return pl.DataFrame(rows, schema=PRICES, orient="row")


def walked(instrument, tenor, last=9000.0, rows=600, seed=1, end=NIGHT):
    """A series that ends at `last` on `end`, a price every London business day, moves of one percent."""
    moves = np.random.default_rng(seed).normal(0, 0.01, rows)
    levels = np.exp(np.cumsum(moves))
    levels *= last / levels[-1]
    days = [day for back in range(2 * rows, -1, -1) if is_business_day(day := end - timedelta(days=back))][-rows:]
    return quoted(instrument, tenor, dict(zip(days, levels, strict=True)))


def known(prices, night=NIGHT):
    """The histories of prices that were published at noon of their day."""
    noon = pl.col("price_date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC") + pl.duration(hours=12)
    return histories(prices.with_columns(published_at=noon), FX.empty(), night)
