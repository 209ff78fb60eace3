"""Text columns as days and numbers: what does not read as one is a fault of its field, with the value as it was written."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.sources.faults import found
from openmineral_dagster.sources.text_table import TextTable

DayParser = Callable[[pl.Expr], pl.Expr]
MISSING = ("", "na", "n/a", "nan", "null", "none", ".", "-", "..", "...", "…", "#n/a")
"""How sources write that there is no value, in lower case."""
EARLIEST, LATEST = date(1900, 1, 1), date(2099, 12, 31)
"""A day outside these is a slip of the pen. The clock is not asked: a landing reads the same on any day."""
HIGHEST_PRICE = 10_000_000.0
"""In any unit an instrument is quoted in: a hundred times the dearest price of nickel, a thousand times gold's."""
_GROUPED = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"


@dataclass(frozen=True)
class Number:
    """How one numeric column is read.

    Attributes:
        low, high: inclusive bounds in the file's unit, or None.
        positive: whether zero and less are refused.
        grouped: whether "8,821.50" may be read as 8821.5; only where a decimal comma cannot be meant.
        required: whether a missing value is a fault; otherwise it is how the source says there was none.
    """

    column: str
    low: float | None = None
    high: float | None = None
    positive: bool = False
    grouped: bool = False
    required: bool = False


def iso_day(text: pl.Expr) -> pl.Expr:
    """2024-12-31, with or without a clock time and zone after it: the day as written, local to the exchange."""
    return text.str.extract(r"^(\d{4}-\d{2}-\d{2})(?:[ T]\d{2}:\d{2}[0-9:.+\-Z ]*)?$").str.to_date("%Y-%m-%d", strict=False)


def us_day(text: pl.Expr) -> pl.Expr:
    """12/31/24 or 12/31/2024, month first; two-digit years run from 1969 to 2068."""
    short = text.str.extract(r"^(\d{1,2}/\d{1,2}/\d{2})$").str.to_date("%m/%d/%y", strict=False)
    return pl.coalesce(short, text.str.extract(r"^(\d{1,2}/\d{1,2}/\d{4})$").str.to_date("%m/%d/%Y", strict=False))


def dated(table: TextTable, column: str, parse: DayParser) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The rows of `table` with their `day`, one row a day, and the faults of the others.

    Of several rows with one day the first is used.

    Raises:
        BadInput: the file begins with the newest day and is torn: the days that are missing may land tomorrow, and would be
            known then only.
    """
    rows = table.rows.with_columns(day=parse(pl.col(column)))
    known = rows["day"].drop_nulls()
    if table.torn and known.len() > 1 and known[0] > known[-1]:
        raise BadInput(table.file, "", "it ends in the middle of a row", "the whole of a file that begins with its newest day")
    reason = _undatable(pl.col("day"))
    # A row with a wrong day could be known at any time: a fault dated by it would never be shown.
    wrong = found(rows.with_columns(reason=reason, day=pl.lit(None, dtype=pl.Date)), pl.col("reason"), column, column)
    usable = rows.filter(reason.is_null())
    first = pl.col("row").min().over("day")
    repeated = pl.when(pl.col("row") != first).then(pl.format("the date of row {} again", first))
    return usable.filter(repeated.is_null()), [damaged(table, parse), wrong, found(usable, repeated)]


def _undatable(day: pl.Expr) -> pl.Expr:
    return (
        pl.when(day.is_null())
        .then(pl.lit("not a date of this format"))
        .when(day < EARLIEST)
        .then(pl.lit(f"dated before {EARLIEST}"))
        .when(day > LATEST)
        .then(pl.lit(f"dated after {LATEST}"))
    )


def damaged(table: TextTable, parse: DayParser) -> pl.DataFrame:
    """The faults of the lines that could not be split, dated where their first field still reads as a day."""
    day = parse(pl.col("line").str.extract(r'^\s*"?([^",]*)').str.strip_chars())
    known = pl.when(_undatable(day).is_null()).then(day)
    return found(table.damaged.with_columns(day=known), pl.col("reason"), "", pl.col("line"))


def read_numbers(table: TextTable, rows: pl.DataFrame, numbers: Iterable[Number]) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """`rows` with the given columns as Float64 (null where missing or not usable), and the faults of their fields.

    A column the file does not have is null throughout, without a fault.
    """
    faults = []
    for number in numbers:
        if number.column not in rows.columns:
            rows = rows.with_columns(pl.lit(None, dtype=pl.Float64).alias(number.column))
            continue
        here = pl.lit(number.column)
        faults.append(found(rows, _unusable(number, table, here), number.column, number.column))
        value = pl.when(_unusable(number, table, here).is_null()).then(_value(number))
        rows = rows.with_columns(value.alias(number.column))
    return rows, faults


def read_cells(table: TextTable, cells: pl.DataFrame, number: Number, field: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Long-format cells read as numbers: the usable ones with the value as Float64, and the faults of the others.

    Args:
        cells: row, day, `field` (column name in the file) and the text in `number.column`; missing ones are left out.
    """
    present = cells.filter(~is_missing(pl.col(number.column)))
    reason = _unusable(number, table, pl.col(field))
    faults = found(present, reason, pl.col(field), number.column)
    return present.filter(reason.is_null()).with_columns(_value(number).alias(number.column)), faults


def is_missing(text: pl.Expr) -> pl.Expr:
    """Whether the text is one of the ways to write that there is no value."""
    return text.str.to_lowercase().is_in(MISSING)


def _value(number: Number) -> pl.Expr:
    """The number in the column's text, null where there is none."""
    text = pl.col(number.column)
    if number.grouped:
        text = pl.when(text.str.contains(_GROUPED)).then(text.str.replace_all(",", "", literal=True)).otherwise(text)
    value = text.cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def _unusable(number: Number, table: TextTable, column: pl.Expr) -> pl.Expr:
    """Why the value of `number` in the file's `column` cannot be used, or null: also null where it is rightly missing."""
    value, missing = _value(number), is_missing(pl.col(number.column))
    cut = (pl.col("row") == table.cut[0]) & (column == table.cut[1]) if table.cut else pl.lit(False)
    return (
        pl.when(missing)
        .then(pl.lit("missing") if number.required else pl.lit(None, dtype=pl.String))
        .when(cut)
        .then(pl.lit("the file ends without a line break: the value may be cut short"))
        .when(value.is_null())
        .then(pl.lit("not a number"))
        .when(value <= 0 if number.positive else pl.lit(False))
        .then(pl.lit("not above zero"))
        .when(value < number.low if number.low is not None else pl.lit(False))
        .then(pl.lit(f"below {number.low:g}" if number.low is not None else ""))
        .when(value > number.high if number.high is not None else pl.lit(False))
        .then(pl.lit(f"above {number.high:g}" if number.high is not None else ""))
    )
