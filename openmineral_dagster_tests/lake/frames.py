"""Small price frames for the tests of the lake."""

from datetime import UTC, date, datetime

import polars as pl

from openmineral_dagster.lake.schema import UTC_TIME
from openmineral_dagster.lake.tables import PRICES
from openmineral_dagster.reference.publication import published_at

LANDED = datetime(2024, 7, 20, 8, tzinfo=UTC)


def incoming(prices: dict[date, float], arrived_at: datetime = LANDED, instrument: str = "CU") -> pl.DataFrame:
    """Cash prices as a landing brings them."""
    rows = [
        (instrument, "cash", day, price, "USD/t", "USD", "lme", published_at("lme", day), arrived_at)
        for day, price in prices.items()
    ]
    columns = {name: dtype for name, dtype in PRICES.dtypes.items() if name not in ("known_at", "known_basis")}
    return pl.DataFrame(rows, schema={**columns, "arrived_at": UTC_TIME}, orient="row")
