"""Two dates on every row: which incoming values are new, when each could first be known, and what was known at a time."""

from datetime import datetime

import polars as pl
import polars.selectors as cs

from openmineral_dagster.lake.schema import Table

PROVENANCE = ("source", "published_at", "known_at", "known_basis")


def identity(table: Table) -> list[str]:
    """The columns that name a value, whatever its vintage."""
    return [name for name in table.key if name != "known_at"]


def known_by(rows: pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
    """The rows known at `as_of` (aware); a fault of a whole file has no time of its own and always shows."""
    return rows.filter(pl.col("known_at").is_null() | (pl.col("known_at") <= as_of))


def latest_vintages(rows: pl.LazyFrame, table: Table, as_of: datetime) -> pl.LazyFrame:
    """One row a value: the last vintage known at `as_of` (aware), in no particular order.

    Only a value that was ever observed can have another vintage before or after it: all others are taken as they are.
    """
    known, keys = known_by(rows, as_of), identity(table)
    observed = known.filter(pl.col("known_basis") == "observed").select(keys).unique()
    several = known.join(observed, on=keys, how="semi").sort("known_at").unique(keys, keep="last", maintain_order=True)
    return pl.concat([known.join(observed, on=keys, how="anti"), several])


def new_vintages(held: pl.DataFrame, incoming: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The rows of `incoming` that say something `held` does not, each with `known_at` and `known_basis`.

    Args:
        held: every vintage stored, in the table's columns.
        incoming: one row a value and arrival, in the table's columns without `known_at` and `known_basis`, and with
            `arrived_at` (UTC): the vintage its file carries, else when it was first seen.

    A value dated after everything held of its series is known from its source's publication (basis rule). A changed
    value, or one that fills a gap, is known from its arrival but never before its publication (basis observed). It is
    compared with what was known then, so that an old file read again says nothing new. Arrivals are taken in order.

    A value that contradicts one with its very arrival, as when a dated file is corrected under its old name, is known from
    `seen_at`, where `incoming` has that column: the time its file was read.
    """
    found: list[pl.DataFrame] = []
    for _, batch in sorted(incoming.group_by("arrived_at"), key=lambda group: group[0]):
        found.append(_one_arrival(pl.concat([held, *found]), batch, table))
    return pl.concat(found) if found else table.empty()


def _one_arrival(held: pl.DataFrame, batch: pl.DataFrame, table: Table) -> pl.DataFrame:
    date_column = date_column_of(table)
    by_then = held.filter(pl.col("known_at") <= pl.max_horizontal("published_at", pl.lit(batch["arrived_at"][0])))
    different = _different(_with_reach(batch.lazy(), held, table).collect(), by_then, table)
    extends = pl.col("held_known_at").is_null() & (
        pl.col("held_through").is_null() | (pl.col(date_column) > pl.col("held_through"))
    )
    dated = different.with_columns(
        known_at=pl.when(extends).then("published_at").otherwise(pl.max_horizontal("published_at", "arrived_at")),
        known_basis=pl.when(extends).then(pl.lit("rule")).otherwise(pl.lit("observed")),
    )
    contradicts = (pl.col("known_at") == pl.col("held_known_at")).fill_null(False)
    corrected = dated.filter(contradicts)
    if corrected.is_empty():
        return dated.select(table.dtypes.names())
    return pl.concat([dated.filter(~contradicts).select(table.dtypes.names()), _corrected(held, corrected, table)])


def _corrected(held: pl.DataFrame, rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Rows that contradict one of their own arrival: known since they were seen, where the last word is not theirs already."""
    seen = pl.col("seen_at") if "seen_at" in rows.columns else pl.col("arrived_at")
    again = _different(rows.drop(cs.starts_with("held_"), "known_at", "known_basis"), held, table)
    known = again.with_columns(known_at=pl.max_horizontal("published_at", seen), known_basis=pl.lit("observed"))
    return known.filter(pl.col("known_at") > pl.col("held_known_at")).select(table.dtypes.names())


def _different(batch: pl.DataFrame, held: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The rows of `batch` that are not the last word in `held`, with `held_known_at` (null where nothing is held)."""
    keys = identity(table)
    values = [name for name in table.dtypes if name not in (*keys, *PROVENANCE)]
    last = held.lazy().sort("known_at").unique(keys, keep="last", maintain_order=True)
    last = last.select(*keys, *(pl.col(name).alias(f"held_{name}") for name in (*values, "known_at")))
    changed = pl.any_horizontal(pl.lit(False), *(pl.col(name).ne_missing(pl.col(f"held_{name}")) for name in values))
    return batch.lazy().join(last, on=keys, how="left").filter(pl.col("held_known_at").is_null() | changed).collect()


def _with_reach(batch: pl.LazyFrame, held: pl.DataFrame, table: Table) -> pl.LazyFrame:
    """`batch` with `held_through`: the last day held of each row's series, null where none is."""
    keys, date_column = identity(table), date_column_of(table)
    series = [name for name in keys if name != date_column] if date_column in keys else []
    if not series:
        return batch.with_columns(held_through=pl.lit(held[date_column].max(), dtype=table.dtypes[date_column]))
    reach = held.lazy().group_by(series).agg(held_through=pl.col(date_column).max())
    return batch.join(reach, on=series, how="left")


def date_column_of(table: Table) -> str:
    """The column with the day (or time) a value speaks of."""
    return next(name for name in ("price_date", "report_date", "rate_date", "month_date", "published_at") if name in table.dtypes)
