"""What a reader hands on: rows in a table's columns with their source and publication time, and what was not used."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from openmineral_dagster.lake.schema import Table
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.reference.instruments import INSTRUMENTS, Instrument, find
from openmineral_dagster.sources.faults import publication_times
from openmineral_dagster.sources.text_table import TextTable

UNDATED = ("known_at", "known_basis", "as_of_date")
"""Columns that are filled when a night takes the rows up, not by a reader."""


@dataclass(frozen=True)
class Parsed:
    """The rows of one file for one table of the lake.

    Attributes:
        table: name of the table, such as "market.prices".
        rows: the table's columns without `known_at`, `known_basis` and `as_of_date`.
        file: path inside the landing folder.
        vintage: the date the file carries in its name, or None.
    """

    table: str
    rows: pl.DataFrame
    file: str
    vintage: date | None


@dataclass(frozen=True)
class Reading:
    """What one file held: rows by table, its faults in the columns of `market.quarantine`, and what a person should be told."""

    parsed: tuple[Parsed, ...]
    faults: pl.DataFrame
    notices: tuple[str, ...] = ()


def parsed(table: Table, text: TextTable, rows: pl.DataFrame, source: str, **constants: str | None) -> Parsed:
    """`rows` as a Parsed of `table`, with `source` and `published_at` from the publication rules.

    Args:
        rows: the table's own columns, with `day` for its date column.
        constants: columns with one value throughout.
    """
    dates = next(name for name in table.dtypes if name.endswith("_date"))
    times = publication_times(rows["day"], source)
    fixed = {name: pl.lit(value, dtype=pl.String) for name, value in {"source": source, **constants}.items()}
    full = rows.join(times, on="day", how="left", maintain_order="left").with_columns(**fixed).rename({"day": dates})
    return Parsed(table.name, in_columns(full, table), text.file, text.vintage)


def in_columns(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """`rows` in the columns and types of `table`, without those a night fills."""
    return rows.select(pl.col(name).cast(dtype) for name, dtype in table.dtypes.items() if name not in UNDATED)


def price_terms(instrument: Instrument) -> dict[str, str | None]:
    """The columns of `market.prices` that say what is priced and how it is quoted."""
    return {"instrument": instrument.symbol, "unit": instrument.unit, "currency": instrument.currency}


def named_instrument(text: TextTable, venues: Iterable[str]) -> Instrument:
    """The instrument of one of `venues` that the file is named after: henry-hub-daily.csv, HG=F.2000-2021.csv.

    Raises:
        BadInput: no known instrument is named, with the names that are known.
    """
    words = [word for word in re.split(r"[\s._=\-]+", text.stem) if word]
    names = [" ".join(words[:count]) for count in range(len(words), 0, -1)]
    offered = tuple(venues)
    matching = (item for item in map(find, names) if item is not None and item.venue in offered)
    instrument = next(matching, None)
    if instrument is None:
        known = ", ".join(
            item.aliases[0] if item.venue == "LME" else item.symbol for item in INSTRUMENTS if item.venue in offered
        )
        raise BadInput(text.file, "", text.stem, f"a file named after a known instrument: {known}")
    return instrument
