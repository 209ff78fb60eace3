"""Columns that many tables share, and the short way to declare one."""

import polars as pl

from openmineral_dagster.lake.schema import UTC_TIME, Column


def column(name: str, dtype: pl.DataType | type[pl.DataType], meaning: str, unit: str = "", **rules: object) -> Column:
    """A column; `rules` are the further fields of `Column`."""
    return Column(name, dtype, meaning, unit, **rules)  # type: ignore[arg-type]


def share(name: str, meaning: str, **rules: object) -> Column:
    """A probability, level or share as a fraction."""
    return column(name, pl.Float64, meaning, "", low=0.0, high=1.0, **rules)


AS_OF = column("as_of_date", pl.Date, "the night this row was computed for; it knows what was known by 23:00 London", key=True)
KNOWN = (
    column("source", pl.String, "where the value comes from: a source of the publication rules"),
    column("published_at", UTC_TIME, "when the source first published the value for this date", "UTC"),
    column("known_at", UTC_TIME, "when the desk could first know this value", "UTC", key=True),
    column(
        "known_basis",
        pl.String,
        "rule: documented publication time; observed: vintage date or arrival of a late or changed value",
        choices=("rule", "observed"),
    ),
)
DEAL = (
    column("deal_id", pl.String, "the deal, as its file names it", key=True),
    column("deal_hash", pl.String, "SHA-256 of the deal's terms: a changed deal is a new hash", key=True),
)
