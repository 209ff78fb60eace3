"""A made-up desk: two LME metals, the markets around them and every table the features read, with the rules' moments."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from openmineral_dagster.features.inputs import Inputs
from openmineral_dagster.lake.tables import BARS, FX, POSITIONS_COT, PRICES, RATES, STOCKS
from openmineral_dagster.reference.calendars import is_business_day
from openmineral_dagster.reference.publication import published_at

ROWS, START = 1_000, date(2020, 1, 2)
DAYS = [day for step in range(2 * ROWS) if is_business_day(day := START + timedelta(days=step))][:ROWS]
SERIES = (
    ("CU", "3m", "lme"),
    ("CU", "cash", "lme"),
    ("AL", "3m", "lme"),
    ("AL", "cash", "lme"),
    ("HG", "front", "comex"),
    ("GC", "front", "comex"),
    ("SI", "front", "comex"),
    ("CL", "front", "nymex"),
    ("VIX", "spot", "cboe"),
)


def rows_of(table, source, days, **values):
    """Rows of `table`, a day each, dated by the rule of `source`; columns that are not given are null."""
    dated = next(name for name in table.dtypes if name.endswith("_date"))
    moments = [published_at(source, day) for day in days]
    frame = {dated: days, "source": source, "published_at": moments, "known_at": moments, "known_basis": "rule", **values}
    missing = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in table.dtypes.items() if name not in frame]
    overrides = {name: dtype for name, dtype in table.dtypes.items() if name in frame}
    return pl.DataFrame(frame, schema_overrides=overrides).with_columns(missing).select(table.dtypes.names())


def walk(random, start, size=0.01, rows=ROWS):
    return start * np.exp(np.cumsum(random.normal(0.0, size, rows)))


def desk(seed=11):
    """Every table over 1,000 business days."""
    random = np.random.default_rng(seed)
    prices = [
        rows_of(PRICES, source, DAYS, instrument=instrument, tenor=tenor, price=walk(random, 1000.0), unit="USD/t")
        for instrument, tenor, source in SERIES
    ]
    return Inputs(pl.concat(prices), _bars(random), _stocks(random), _rates(random), _currencies(random), _commitments(random))


def _bars(random):
    close = walk(random, 4.0)
    spans = np.abs(random.normal(0.0, 0.01, (2, ROWS)))
    sides = {"open": close * (1 + spans[0] / 2), "high": close * (1.001 + spans[0]), "low": close * (0.999 - spans[1])}
    return rows_of(BARS, "comex", DAYS, instrument="HG", close=close, volume=random.lognormal(8, 1, ROWS), **sides)


def _stocks(random):
    total = walk(random, 1e5)
    return pl.concat(
        rows_of(STOCKS, "lme_stocks", DAYS, instrument=metal, total=total, cancelled=total * random.uniform(0, 1, ROWS))
        for metal in ("CU", "AL")
    )


def _rates(random):
    return pl.concat(
        rows_of(RATES, "treasury", DAYS, series=name, rate=walk(random, 0.03)) for name in ("UST_10Y", "UST_2Y", "DGS10")
    )


def _currencies(random):
    return pl.concat(rows_of(FX, "ecb", DAYS, currency=code, per_eur=walk(random, 1.1, 0.005)) for code in ("USD", "CNY"))


def _commitments(random):
    tuesdays = [day for day in DAYS if day.weekday() == 1]
    kinds = (("disaggregated", "managed money"), ("legacy", "noncommercial"))
    return pl.concat(
        rows_of(
            POSITIONS_COT,
            "cftc",
            tuesdays,
            contract_code="085692",
            report=report,
            category=category,
            open_interest=walk(random, 2e5, rows=len(tuesdays)),
            long=walk(random, 5e4, rows=len(tuesdays)),
            short=walk(random, 4e4, rows=len(tuesdays)),
        )
        for report, category in kinds
    )
