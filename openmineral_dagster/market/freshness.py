"""How old each source's latest value was on a night."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import polars as pl

from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables import FRESHNESS, MONTHLY
from openmineral_dagster.lake.vintages import date_column_of
from openmineral_dagster.reference.calendars import business_day_on_or_before, is_business_day, night_end
from openmineral_dagster.reference.publication import published_at

STALE_AFTER_BUSINESS_DAYS = 3


def freshness(tables: Iterable[tuple[Table, pl.DataFrame]], as_of: date) -> pl.DataFrame:
    """One row a source: its latest day known on the night of `as_of`, its age, and whether it should have had more.

    Args:
        tables: vintage tables with the rows the night knew.

    A source is stale when it is more than three London business days behind the last day it should have published.
    """
    dated = [rows.select("source", last_date=_spoken_of(table)) for table, rows in tables]
    last = pl.concat(dated).group_by("source").agg(pl.col("last_date").max())
    age = pl.col("last_date").map_elements(lambda day: business_days_between(day, as_of), return_dtype=pl.Int64)
    return (
        last.with_columns(as_of_date=pl.lit(as_of), business_days_old=age)
        .with_columns(
            stale=pl.struct("source", "last_date").map_elements(lambda row: _behind(row, as_of), return_dtype=pl.Boolean)
        )
        .select(FRESHNESS.dtypes.names())
    )


def _spoken_of(table: Table) -> pl.Expr:
    """The last day a value speaks of: that of its date, the last of its month for a monthly average."""
    day = pl.col(date_column_of(table))
    return day.dt.month_end() if table is MONTHLY else day


def _behind(row: dict[str, Any], as_of: date) -> bool:
    return business_days_between(row["last_date"], last_due(row["source"], as_of)) > STALE_AFTER_BUSINESS_DAYS


def last_due(source: str, as_of: date) -> date:
    """The last London business day whose value `source` should have published by the night of `as_of`."""
    day = business_day_on_or_before(as_of)
    while published_at(source, day) > night_end(as_of):
        day = business_day_on_or_before(day - timedelta(days=1))
    return day


def business_days_between(start: date, end: date) -> int:
    """London business days after `start` up to and including `end`; 0 when `end` is not later."""
    return sum(is_business_day(start + timedelta(days=step)) for step in range(1, (end - start).days + 1))
