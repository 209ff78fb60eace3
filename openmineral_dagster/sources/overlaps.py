"""Two downloads of one series in a landing: of a day in both, the one whose data end later is used, else the last by name;
stocks split into live and cancelled warrants always before totals alone."""

from collections.abc import Iterable

import polars as pl

from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables import NEWS, POSITIONS, STOCKS, TABLES
from openmineral_dagster.lake.vintages import PROVENANCE, date_column_of, identity
from openmineral_dagster.sources.parsed import Parsed


def reconcile(parsed: Iterable[Parsed]) -> tuple[tuple[Parsed, ...], tuple[str, ...]]:
    """One row a key among files of the same vintage, and a notice for each file that gave way to another.

    Files of different vintages keep all their rows: what changed between them is history, not a repetition.
    """
    parts = list(parsed)
    kept = [part for part in parts if part.table == POSITIONS.name]
    notices = _twice_in_the_book(kept)
    groups: dict[tuple[str, str], list[Parsed]] = {}
    for part in parts:
        if part.table != POSITIONS.name:
            groups.setdefault((part.table, str(part.vintage)), []).append(part)
    for (name, _), group in groups.items():
        used, said = (group, []) if len(group) == 1 else _one_row_a_key(TABLES[name], group)
        kept += used
        notices += said
    return tuple(sorted(kept, key=lambda part: (part.file, part.table))), tuple(sorted(notices))


def _twice_in_the_book(books: Iterable[Parsed]) -> list[str]:
    """A line for each position that stands more than once: both may be true, or a row was copied, so all are counted."""
    rows = pl.concat([POSITIONS.empty().drop("as_of_date"), *(part.rows for part in books)], how="vertical_relaxed")
    alike = rows.group_by(pl.exclude("position_id"), maintain_order=True).agg(pl.col("position_id").sort())
    repeated = alike.filter(pl.col("position_id").list.len() > 1)["position_id"]
    return [f"{', '.join(ids)}: the same position more than once; all are counted" for ids in repeated]


def _one_row_a_key(table: Table, group: list[Parsed]) -> tuple[list[Parsed], list[str]]:
    keys = identity(table)
    everything = _ranked(table, group)
    repeated = everything.filter(pl.struct(keys).is_duplicated())
    if repeated.is_empty():
        return group, []
    used = everything.unique(keys, keep="last", maintain_order=True)
    columns = group[0].rows.columns
    parts = [
        Parsed(part.table, used.filter(pl.col("part") == number).select(columns), part.file, part.vintage)
        for number, part in enumerate(group)
    ]
    return [part for part in parts if not part.rows.is_empty()], _notices(table, repeated, group)


def _ranked(table: Table, group: list[Parsed]) -> pl.DataFrame:
    """All rows with the number of their part, those of the file whose data end later last; a stock with its split after all."""
    last = date_column_of(table)
    numbered = [part.rows.with_columns(part=pl.lit(number), end=pl.col(last).max()) for number, part in enumerate(group)]
    detailed = pl.col("on_warrant").is_not_null() if table is STOCKS else pl.lit(True)
    return pl.concat(numbered).with_columns(detailed=detailed).sort("detailed", "end", "part", maintain_order=True)


def _notices(table: Table, repeated: pl.DataFrame, group: list[Parsed]) -> list[str]:
    """One line for each file that gave way: to which one, on how many rows, and how many of these say something else."""
    keys = identity(table)
    values = [name for name in table.dtypes if name not in (*keys, *PROVENANCE) or (table is NEWS and name == "published_at")]
    if table is STOCKS:  # who gives the total only does not contradict a split
        split = ("on_warrant", "cancelled")
        repeated = repeated.with_columns(pl.col(name).fill_null(pl.col(name).last().over(keys)) for name in split)
    said = pl.struct(values)
    compared = repeated.with_columns(
        winner=pl.col("part").last().over(keys), differs=said.hash() != said.hash().last().over(keys)
    ).filter(pl.col("part") != pl.col("winner"))
    counts = compared.group_by("part", "winner").agg(rows=pl.len(), differing=pl.col("differs").sum()).sort("part", "winner")
    return [
        f"{group[part].file}: {rows} rows of {table.name} are taken from {group[winner].file} instead; {differing} of them differ"
        for part, winner, rows, differing in counts.iter_rows()
    ]
