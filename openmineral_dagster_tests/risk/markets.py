"""Generated prices and books for tests of risk."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from openmineral_dagster.lake.tables import FX, POSITIONS
from openmineral_dagster.reference.calendars import add_business_days, is_business_day
from openmineral_dagster.reference.publication import published_at
from openmineral_dagster.risk.history import histories

NIGHT = date(2024, 7, 15)
DAYS = [day for back in range(1400, -1, -1) if is_business_day(day := NIGHT - timedelta(days=back))]
SOURCES = {"cash": "lme", "3m": "lme", "front": "comex"}


def series(instrument, tenor, prices, days=None):
    """Prices of one series, the last ones of DAYS, known by the rule of their exchange."""
    dated = days or DAYS[-len(prices) :]
    moments = [published_at(SOURCES[tenor], day) for day in dated]
    columns = {"instrument": instrument, "tenor": tenor, "price_date": dated, "price": np.asarray(prices, dtype=float)}
    return pl.DataFrame({**columns, "published_at": moments, "known_at": moments})


def walk(seed, start, rows=None):
    """A path of prices that ends at no particular place, as long as DAYS unless told."""
    return start * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, rows or len(DAYS))))


PRICES = pl.concat(
    [
        series("CU", "3m", walk(1, 9000.0)),
        series("CU", "cash", walk(1, 8950.0)),
        series("ZN", "3m", walk(3, 2600.0)),
        series("GC", "front", walk(2, 2000.0)),
    ]
)


def rates(days=tuple(DAYS), seed=5):
    """Reference rates of the dollar and the pound per euro."""
    random = np.random.default_rng(seed)
    paths = {"USD": 1.1 * np.exp(np.cumsum(random.normal(0, 0.004, len(days)))), "GBP": np.full(len(days), 0.85)}
    rows = [
        (currency, day, rate, "ecb", published_at("ecb", day), published_at("ecb", day), "rule")
        for currency, path in paths.items()
        for day, rate in zip(days, path.tolist(), strict=True)
    ]
    return pl.DataFrame(rows, schema=FX.dtypes, orient="row")


def market(prices=PRICES, fx=None, last=NIGHT):
    """The histories of some prices."""
    return histories(prices, FX.empty() if fx is None else fx, last)


def position(**changed):
    """One position, of copper unless told."""
    row = {
        "as_of_date": NIGHT,
        "position_id": "book.csv:1",
        "portfolio": "base",
        "instrument": "CU",
        "tenor": "3m",
        "quantity": 100.0,
        "unit": "t",
        "entered_on": DAYS[0],
        "closed_on": None,
        "price": None,
        "prompt_date": None,
    }
    return pl.DataFrame([row | changed], schema=POSITIONS.dtypes)


def later(count, day=NIGHT):
    """The business day so many after a day."""
    return add_business_days(day, count)
