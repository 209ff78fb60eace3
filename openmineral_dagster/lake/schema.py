"""What a table is: typed, described columns with bounds, and the validation every stored frame passes."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from openmineral_dagster.reference.errors import GateFailure

UTC_TIME = pl.Datetime("us", "UTC")
Layout = Literal["vintages", "nights"]


@dataclass(frozen=True)
class Column:
    """One column: polars type, meaning with its unit, and what its values must satisfy.

    Attributes:
        unit: measurement unit, "" where it has none.
        key: part of the row's identity; never null.
        low, high: inclusive bounds of finite numbers, or None.
        choices: allowed values, or empty for any.
    """

    name: str
    dtype: pl.DataType | type[pl.DataType]
    meaning: str
    unit: str = ""
    key: bool = False
    nullable: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def comment(self) -> str:
        """Meaning and unit, as DuckDB and the Dagster catalogue show it."""
        return f"{self.meaning} [{self.unit}]" if self.unit else self.meaning


@dataclass(frozen=True)
class Table:
    """One table of the contract.

    Attributes:
        name: "schema.table".
        layout: "vintages" for tables that only grow, a row a vintage with `known_at`; "nights" for tables
            computed anew for each night and stored by `as_of_date`.
    """

    name: str
    layout: Layout
    meaning: str
    columns: tuple[Column, ...]

    @property
    def key(self) -> list[str]:
        """Names of the columns that identify a row."""
        return [column.name for column in self.columns if column.key]

    @property
    def dtypes(self) -> pl.Schema:
        """Column names and types, in order."""
        return pl.Schema({column.name: column.dtype for column in self.columns})

    def empty(self) -> pl.DataFrame:
        """A frame of this table without rows."""
        return pl.DataFrame(schema=self.dtypes)


def conform(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """`frame` with the table's columns in order and in its types, NaN as null, sorted by key.

    Raises:
        GateFailure: a column is missing, unknown, or a value does not fit its type.
    """
    wrong = set(frame.columns).symmetric_difference(table.dtypes)
    if wrong:
        raise GateFailure(f"{table.name}: columns differ from the schema: {', '.join(sorted(wrong))}")
    try:
        cast = frame.select(pl.col(name).cast(dtype) for name, dtype in table.dtypes.items())
    except pl.exceptions.PolarsError as error:
        raise GateFailure(f"{table.name}: {error}") from error
    floats = [name for name, dtype in table.dtypes.items() if dtype == pl.Float64]
    return cast.with_columns(pl.col(floats).fill_nan(None)).sort(table.key, maintain_order=True)


def violations(frame: pl.DataFrame, table: Table) -> list[str]:
    """What a conformed `frame` breaks of its table's schema, a line a broken rule; empty when it keeps them all."""
    found = [line for column in table.columns for line in _column_violations(frame, column)]
    if table.key and frame.select(table.key).is_duplicated().any():
        found.append(f"key {', '.join(table.key)} is not unique")
    return found


def _column_violations(frame: pl.DataFrame, column: Column) -> list[str]:
    values = frame[column.name]
    found = []
    if not column.nullable and values.null_count():
        found.append(f"{column.name}: {values.null_count()} rows are null")
    if column.low is not None and (values < column.low).any():
        found.append(f"{column.name}: below {column.low}")
    if column.high is not None and (values > column.high).any():
        found.append(f"{column.name}: above {column.high}")
    if column.choices and not values.drop_nulls().is_in(column.choices).all():
        found.append(f"{column.name}: not one of {', '.join(column.choices)}")
    if values.dtype == pl.Float64 and values.is_infinite().any():
        found.append(f"{column.name}: infinite")
    return found


def require_valid(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """`frame` conformed to `table`.

    Raises:
        GateFailure: naming the table and every broken rule.
    """
    conformed = conform(frame, table)
    broken = violations(conformed, table)
    if broken:
        raise GateFailure(f"{table.name}: {'; '.join(broken)}")
    return conformed
