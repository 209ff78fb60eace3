"""Rows and fields that are not used: collected while a file is read, then put in the columns of `market.quarantine`."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache

import polars as pl

from openmineral_dagster.lake.schema import UTC_TIME
from openmineral_dagster.lake.tables import QUARANTINE
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.reference.publication import published_at

FAULTS = pl.Schema({name: dtype for name, dtype in QUARANTINE.dtypes.items() if name != "as_of_date"})
"""A fault of a landing: the columns of `market.quarantine` before a night takes it up."""
FAULT_KEY = [name for name in QUARANTINE.key if name != "as_of_date"]
FOUND = pl.Schema({"row": pl.Int64, "field": pl.String, "value": pl.String, "reason": pl.String, "day": pl.Date})
"""A fault while its file is read; `day` is the day the row speaks of, null where that is not known."""
SHOWN = 120
UNPRINTABLE = r"[\p{Cc}\p{Cf}]"


def found(rows: pl.DataFrame, reason: pl.Expr, field: str | pl.Expr = "", value: str | pl.Expr = "") -> pl.DataFrame:
    """A fault for each of `rows` where `reason` is not null, in the columns of FOUND.

    Args:
        rows: has `row` and `day`.
        field: the field's name, or an expression; "" for the whole row.
        value: column with what was found, or an expression; "" for the whole row as it was written.
    """
    texts = [name for name, dtype in rows.schema.items() if dtype == pl.String]
    whole = pl.concat_str(texts, separator=",", ignore_nulls=True) if texts else pl.lit("")
    shown = whole if isinstance(value, str) and not value else value
    named = pl.lit(field) if isinstance(field, str) else field
    faults = rows.select("row", field=named, value=shown, reason=reason, day="day")
    return faults.filter(pl.col("reason").is_not_null()).cast(FOUND)


@cache
def publication_time(source: str, day: date) -> datetime:
    """When `source` published its value for `day`, in UTC; asked for the same days on every reading."""
    return published_at(source, day)


def publication_times(days: pl.Series, source: str) -> pl.DataFrame:
    """`day` and `published_at` for each distinct day of `days`."""
    distinct = days.drop_nulls().unique().sort()
    times = [publication_time(source, day) for day in distinct]
    return pl.DataFrame({"day": distinct, "published_at": times}, schema={"day": pl.Date, "published_at": UTC_TIME})


def quarantined(kind: str, file: str, faults: Iterable[pl.DataFrame], source: str) -> pl.DataFrame:
    """`faults` (FOUND) in the columns of FAULTS.

    Args:
        kind: kind of file, such as "lme".
        source: the source whose publication rule says when a row could first be known.
    """
    together = pl.concat([FOUND.to_frame(), *faults])
    times = publication_times(together["day"], source).rename({"published_at": "known_at"})
    return shaped(together.join(times, on="day", how="left", maintain_order="left"), kind, file)


def shaped(faults: pl.DataFrame, kind: str, file: str) -> pl.DataFrame:
    """Faults with `known_at` in the columns of FAULTS, a fault once, values shortened and printable."""
    value = pl.col("value").fill_null("").str.replace_all(UNPRINTABLE, " ").str.slice(0, SHOWN)
    full = faults.with_columns(source=pl.lit(kind), file=pl.lit(file), value=value)
    ordered = full.select(FAULTS.names()).cast(FAULTS).sort("row", maintain_order=True)
    return ordered.unique(FAULT_KEY, keep="first", maintain_order=True)


def whole_file(kind: str, fault: BadInput) -> pl.DataFrame:
    """The fault of a file that cannot be used at all: row 0, known at any time."""
    reason = f"expected {fault.expectation}"
    known_at = pl.lit(None, dtype=UTC_TIME)
    row = pl.DataFrame({"row": [0], "field": [fault.field], "value": [fault.value], "reason": [reason]})
    return shaped(row.with_columns(known_at=known_at), kind, fault.file)
