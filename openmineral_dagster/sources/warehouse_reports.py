"""LME warehouse reports as JSON lines: stock on live and on cancelled warrants, metal by metal."""

import json
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from openmineral_dagster.lake.tables import STOCKS
from openmineral_dagster.reference.instruments import find
from openmineral_dagster.sources.columns import EARLIEST, LATEST, Number, damaged, dated, iso_day, read_numbers
from openmineral_dagster.sources.faults import found, quarantined
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.lme import LARGEST_STOCK
from openmineral_dagster.sources.parsed import Parsed, Reading, parsed
from openmineral_dagster.sources.text_table import TextTable, table_of

SOURCE = "lme_stocks"
FIELDS = ("metal", "observation_date", "on_warrant", "cancelled", "total")
NUMBERS = tuple(Number(name, low=0, high=LARGEST_STOCK, required=True) for name in FIELDS[2:])
LONGEST_LINE, ROUNDING = 10_000, 1.0
PREFIXES = ("primary ", "special high grade ")
"""What the exchange writes before the name of a metal."""


def matches(landed: Landed) -> bool:
    """Whether one of the first lines is a report: a JSON object with its fields."""
    return any(set(FIELDS) <= set(_object(line) or {}) for line in landed.first_lines)


def read(landed: Landed) -> Reading:
    """`market.stocks` in tonnes, a row a metal and day the report is dated.

    A line that says the same as another is the same download again and goes without a fault; one that says something
    else of the same metal and day is a fault, and the first stays.

    Raises:
        BadInput: the file is empty or no text.
    """
    table = _table(landed)
    said = table.rows.with_columns(_metal()).filter(_content().is_first_distinct())
    unknown = found(_with_day(said), pl.when(pl.col("symbol").is_null()).then(pl.lit("no LME metal")), "metal", "metal")
    faults, parts = [damaged(table, iso_day), unknown], []
    for (symbol,), rows in said.filter(pl.col("symbol").is_not_null()).group_by("symbol", maintain_order=True):
        part, wrong = _one_metal(replace(table, rows=rows, damaged=table.damaged.clear()), str(symbol))
        parts.append(part)
        faults += wrong
    return Reading(tuple(parts), quarantined("lme_stocks", landed.file, faults, SOURCE))


def _one_metal(table: TextTable, symbol: str) -> tuple[Parsed, list[pl.DataFrame]]:
    rows, faults = dated(table, "observation_date", iso_day)
    rows, wrong = read_numbers(table, rows, NUMBERS)
    whole = rows.filter(pl.all_horizontal(pl.col(number.column).is_not_null() for number in NUMBERS))
    apart = (pl.col("on_warrant") + pl.col("cancelled") - pl.col("total")).abs() > ROUNDING
    odd = found(whole, pl.when(apart).then(pl.lit("not on_warrant plus cancelled")), "total", pl.col("total").cast(pl.String))
    return parsed(STOCKS, table, whole.filter(~apart), SOURCE, instrument=symbol), [*faults, *wrong, odd]


def _table(landed: Landed) -> TextTable:
    """The lines as a table of text; lines that are no such object are its damaged ones."""
    rows, refused = [], []
    for number, line in enumerate(landed.text.split("\n"), 1):
        fields = _object(line)
        if fields is not None and set(FIELDS) <= set(fields):
            rows.append((number, *(_text(fields[name]) for name in FIELDS)))
        elif line.strip():
            refused.append((number, line, "not a report in JSON with " + ", ".join(FIELDS)))
    return table_of(landed.file, FIELDS, rows, refused)


def _object(line: str) -> Mapping[str, object] | None:
    if len(line) > LONGEST_LINE:
        return None
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, Mapping) else None


def _text(value: object) -> str:
    return "" if value is None else str(value).encode("utf-8", "replace").decode().strip()


def _content() -> pl.Expr:
    """What a line says, however its numbers are written."""
    numbers = [pl.col(number.column).cast(pl.Float64, strict=False).cast(pl.String) for number in NUMBERS]
    written = [pl.coalesce(value, number.column) for value, number in zip(numbers, NUMBERS, strict=True)]
    return pl.struct(pl.coalesce("symbol", "metal").alias("metal"), "observation_date", *written)


def _metal() -> pl.Expr:
    return pl.col("metal").map_elements(_symbol, return_dtype=pl.String).alias("symbol")


def _symbol(name: str) -> str | None:
    """The LME metal of a name, such as CU of Copper and ZN of Special High Grade Zinc."""
    plain = name.casefold()
    for prefix in PREFIXES:
        plain = plain.removeprefix(prefix)
    item = find(plain)
    return item.symbol if item and item.venue == "LME" else None


def _with_day(rows: pl.DataFrame) -> pl.DataFrame:
    day = iso_day(pl.col("observation_date"))
    return rows.with_columns(day=pl.when(day.is_between(EARLIEST, LATEST)).then(day))
