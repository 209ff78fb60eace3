"""Two dates on every row: which incoming values are new, when each could first be known, and what was known at a time."""

from datetime import datetime

import polars as pl

from openmineral_dagster.lake.schema import Table

PROVENANCE = ("source", "published_at", "known_at", "known_basis")


def identity(table: Table) -> list[str]:
    """The columns that name a value, whatever its vintage."""
    return [name for name in table.key if name != "known_at"]


def known_by(rows: pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
    """The rows known at `as_of` (aware); a fault of a whole file has no time of its own and always shows."""
    return rows.filter(pl.col("known_at").is_null() | (pl.col("known_at") <= as_of))


def latest_vintages(rows: pl.LazyFrame, table: Table, as_of: datetime) -> pl.LazyFrame:
    """One row a value: the last vintage known at `as_of` (aware), sorted by key."""
    known = known_by(rows, as_of)
    return known.sort("known_at").unique(identity(table), keep="last", maintain_order=True).sort(identity(table))


def new_vintages(held: pl.DataFrame, incoming: pl.DataFrame, table: Table, arrived_at: datetime) -> pl.DataFrame:
    """The rows of `incoming` that say something `held` does not, each with `known_at` and `known_basis`.

    Args:
        held: every vintage stored, in the table's columns.
        incoming: one row a value, in the table's columns without `known_at` and `known_basis`.
        arrived_at: when a late or changed value was first seen (aware); never earlier than its publication.

    A value dated after everything held of its series is known from its source's publication (basis rule). A changed
    value, or one that fills a gap, is known from its arrival (basis observed), so that no past night changes.
    """
    keys, date_column = identity(table), date_column_of(table)
    series = [name for name in keys if name != date_column] if date_column in keys else []
    last = held.lazy().sort("known_at").unique(keys, keep="last", maintain_order=True)
    reach = held.lazy().group_by(series).agg(pl.col(date_column).max().alias("held_through")) if series else None
    values = [name for name in table.dtypes if name not in (*keys, *PROVENANCE)]
    joined = incoming.lazy().join(last.select(*keys, *(pl.col(n).alias(f"held_{n}") for n in values), held=pl.lit(True)), on=keys, how="left")
    joined = joined.join(reach, on=series, how="left") if reach is not None else joined.with_columns(
        held_through=pl.lit(held[date_column].max(), dtype=table.dtypes[date_column]))
    changed = pl.any_horizontal(pl.lit(False), *(pl.col(n).ne_missing(pl.col(f"held_{n}")) for n in values))
    fresh = pl.col("held").is_null() & (pl.col("held_through").is_null() | (pl.col(date_column) > pl.col("held_through")))
    arrival = pl.max_horizontal("published_at", pl.lit(arrived_at).cast(table.dtypes["known_at"]))
    return (
        joined.filter(pl.col("held").is_null() | changed)
        .with_columns(
            known_at=pl.when(fresh).then("published_at").otherwise(arrival),
            known_basis=pl.when(fresh).then(pl.lit("rule")).otherwise(pl.lit("observed")),
        )
        .select(table.dtypes.names())
        .collect()
    )


def date_column_of(table: Table) -> str:
    """The column with the day (or time) a value speaks of."""
    return next(name for name in ("price_date", "report_date", "rate_date", "published_at") if name in table.dtypes)
