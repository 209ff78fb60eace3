"""Facts: single cells of published tables, each with its unit and the keys that select its row, gathered in a ledger."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from openmineral_dagster.lake.schema import Column, Table
from openmineral_dagster.lake.tables import TABLES
from openmineral_dagster.reference.errors import GateFailure
from openmineral_dagster.reference.instruments import find

JsonScalar = str | int | float | bool
FactValue = str | Decimal | float | date | int
FRACTION = "fraction"
"""Unit of shares, probabilities and levels: one is the whole."""
FACT_ID = re.compile(r"[a-z0-9_.\-]+")
_SCOPE = ("deal_id", "deal_hash", "as_of_date")


class GroundingError(GateFailure):
    """A figure that cannot be followed to its row, or text that would print one. The message says which and why."""


@dataclass(frozen=True)
class Source:
    """Where facts come from: a table or view of the publication and the columns that select one row of it."""

    name: str
    table: Table
    key: tuple[str, ...]

    def column(self, name: str) -> Column:
        """The declared column called `name`.

        Raises:
            GroundingError: the table has no such column.
        """
        for column in self.table.columns:
            if column.name == name:
                return column
        raise GroundingError(f"{self.name} has no column {name!r}")


SOURCES: dict[str, Source] = {name: Source(name, table, tuple(table.key)) for name, table in TABLES.items()}
"""Every table of the contract."""


@dataclass(frozen=True)
class Fact:
    """One cell.

    Attributes:
        value: exactly as stored, before any formatting.
        unit: measurement unit such as "USD", "USD/t", "fraction"; None for dates, names and counts.
        source_row: key columns and their values, dates as ISO text; selects one row of `source_table`.
    """

    fact_id: str
    value: FactValue
    unit: str | None
    source_table: str
    source_column: str
    source_row: Mapping[str, JsonScalar]


class Ledger:
    """The facts one memo may print, by id, in the order they were added."""

    def __init__(self) -> None:
        self._facts: dict[str, Fact] = {}

    def __contains__(self, fact_id: object) -> bool:
        return fact_id in self._facts

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts.values())

    def __len__(self) -> int:
        return len(self._facts)

    def add(self, fact: Fact) -> None:
        """Take up a fact.

        Raises:
            GroundingError: its id is taken, or is not made of lower-case letters, digits, dots, dashes and underscores.
        """
        if not FACT_ID.fullmatch(fact.fact_id):
            raise GroundingError(f"fact id {fact.fact_id!r} has characters other than a-z, 0-9, '.', '-' and '_'")
        if fact.fact_id in self._facts:
            raise GroundingError(f"fact {fact.fact_id} is in the ledger already")
        self._facts[fact.fact_id] = fact

    def lookup(self, fact_id: str) -> Fact:
        """The fact called `fact_id`.

        Raises:
            GroundingError: the ledger has no such fact.
        """
        if fact_id not in self._facts:
            raise GroundingError(f"unknown fact {fact_id!r}")
        return self._facts[fact_id]

    def cite(self, fact: Fact) -> str:
        """Take up `fact` unless this very cell is held; its id here, with a count where other rows have the same id."""
        fact_id, count = fact.fact_id, 1
        while fact_id in self._facts and not _same_cell(self._facts[fact_id], fact):
            count += 1
            fact_id = f"{fact.fact_id}.{count}"
        if fact_id not in self._facts:
            self.add(Fact(fact_id, fact.value, fact.unit, fact.source_table, fact.source_column, fact.source_row))
        return fact_id


def _same_cell(one: Fact, other: Fact) -> bool:
    return (one.source_table, one.source_column, one.source_row) == (
        other.source_table,
        other.source_column,
        other.source_row,
    )


def fact_of(source: str, row: Mapping[str, object], column: str) -> Fact | None:
    """The cell `column` of `row` as a fact, or None where it is null.

    Args:
        source: a name of `SOURCES`.
        row: one row of that table as a dict, with at least its key columns and `column`.

    The id is made of the table's name, the row's keys other than deal and night, and the column.

    Raises:
        GroundingError: the table is not of the contract, the row lacks a key, or the value is of no printable type.
    """
    if source not in SOURCES:
        raise GroundingError(f"no table {source!r} in the publication")
    origin = SOURCES[source]
    declared = origin.column(column)
    missing = [name for name in (*origin.key, column) if name not in row]
    if missing:
        raise GroundingError(f"{source}: the row has no {', '.join(missing)}")
    value = row[column]
    if value is None:
        return None
    keys = {name: _json_scalar(row[name]) for name in origin.key}
    return Fact(_fact_id(source, keys, column), _printable(value), _unit(declared, row), source, column, keys)


def _fact_id(source: str, keys: Mapping[str, JsonScalar], column: str) -> str:
    parts = [source.split(".")[1], *(str(value) for name, value in keys.items() if name not in _SCOPE), column]
    slugs = (re.sub(r"[^a-z0-9_\-]+", "-", part.casefold()).strip("-")[:40] for part in parts)
    return ".".join(slug for slug in slugs if slug)


def _printable(value: object) -> FactValue:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal, date)) or isinstance(value, datetime):
        raise GroundingError(f"a fact is text, a number or a date, not {type(value).__name__}")
    return value


def _json_scalar(value: object) -> JsonScalar:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (str, int, float)):
        return value
    raise GroundingError(f"a row is selected by text, numbers and dates, not by {type(value).__name__}")


def _unit(column: Column, row: Mapping[str, object]) -> str | None:
    """The unit of a cell: the column's, the row's own where the column leaves it to the row, a fraction where bounded by it."""
    if not column.dtype.is_numeric():
        return None
    if column.unit == "instrument unit":
        instrument = find(str(row["instrument"]))
        return instrument.unit if instrument else None
    if (column.low, column.high) == (0.0, 1.0):
        return FRACTION
    own = row.get("unit") if not column.unit else None
    return str(own) if own else column.unit or None
