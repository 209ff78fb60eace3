"""How old each source's latest value was on a night, and whether asking its publisher last brought anything."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables import FRESHNESS, MONTHLY
from openmineral_dagster.lake.vintages import date_column_of
from openmineral_dagster.reference.calendars import business_day_on_or_before, is_business_day, night_end
from openmineral_dagster.reference.publication import published_at

STALE_AFTER_BUSINESS_DAYS = 3


def freshness(
    tables: Iterable[tuple[Table, pl.DataFrame]], as_of: date, fetches: pl.DataFrame, feeds: Mapping[str, Sequence[str]]
) -> pl.DataFrame:
    """One row a source: its latest day known on the night of `as_of`, its age, whether it should have had more, its problem.

    Args:
        tables: vintage tables with the rows the night knew.
        fetches: `ops.fetches` of the night.
        feeds: the sources whose values each publisher brings; none for publishers of lists and news, which are rows themselves.

    A source is stale when it is more than three London business days behind the last day it should have published.
    """
    dated = [rows.select("source", last_date=_spoken_of(table)) for table, rows in tables]
    last = pl.concat(dated).group_by("source").agg(pl.col("last_date").max())
    behind = pl.struct("source", "last_date").map_elements(lambda row: _behind(row, as_of), return_dtype=pl.Boolean)
    everything = pl.concat([last.with_columns(stale=behind), _publishers(fetches, feeds, as_of)])
    age = pl.col("last_date").map_elements(lambda day: business_days_between(day, as_of), return_dtype=pl.Int64)
    return (
        everything.join(_problems(fetches, feeds), on="source", how="left")
        .with_columns(as_of_date=pl.lit(as_of), business_days_old=age)
        .select(FRESHNESS.dtypes.names())
    )


def _spoken_of(table: Table) -> pl.Expr:
    """The last day a value speaks of: that of its date, the last of its month for a monthly average."""
    day = pl.col(date_column_of(table))
    return day.dt.month_end() if table is MONTHLY else day


def _publishers(fetches: pl.DataFrame, feeds: Mapping[str, Sequence[str]], as_of: date) -> pl.DataFrame:
    """The publishers of lists and news: current on the day that all their files were received or confirmed."""
    current = pl.when(pl.col("status").is_in(["new", "unchanged"])).then("asked_at").otherwise("received_at")
    of_day = current.dt.convert_time_zone("Europe/London").dt.date()
    own = fetches.filter(~pl.col("source").is_in([name for name, fed in feeds.items() if fed]))
    last = own.group_by("source").agg(last_date=pl.when(of_day.is_not_null().all()).then(of_day.min()))
    behind = pl.col("last_date").map_elements(
        lambda day: business_days_between(day, as_of) > STALE_AFTER_BUSINESS_DAYS, return_dtype=pl.Boolean
    )
    return last.with_columns(stale=behind.fill_null(True))


def _problems(fetches: pl.DataFrame, feeds: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """Source and problem: the first reason of each publisher that fell short, for every source it brings."""
    said = pl.concat_str(pl.col("status"), pl.lit(": "), pl.col("reason"))
    failed = fetches.filter(pl.col("reason") != "").group_by("source").agg(problem=said.first()).sort("source")
    affected = [(source, problem) for publisher, problem in failed.iter_rows() for source in feeds.get(publisher) or [publisher]]
    found = pl.DataFrame(affected, schema={"source": pl.String, "problem": pl.String}, orient="row")
    return found.unique("source", keep="first", maintain_order=True)


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
