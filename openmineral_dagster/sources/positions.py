"""The desk's own positions, as people write them: a row is used whole or not at all."""

from datetime import time

import polars as pl

from openmineral_dagster.lake.schema import UTC_TIME
from openmineral_dagster.lake.tables import POSITIONS
from openmineral_dagster.reference.calendars import LONDON, at
from openmineral_dagster.reference.instruments import INSTRUMENTS, Instrument, find, find_tenor
from openmineral_dagster.sources.columns import HIGHEST_PRICE, Number, damaged, is_missing, iso_day, read_numbers
from openmineral_dagster.sources.faults import FOUND, UNPRINTABLE, found, shaped
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.parsed import Parsed, Reading, in_columns

REQUIRED = ("portfolio", "instrument", "tenor", "quantity", "unit", "entered_on")
OPTIONAL = ("closed_on", "price", "prompt_date")
MASSES = ("t", "lb", "oz", "kg")
RESERVED = {"ALL": "the name of the whole book", "DEALS": "the name of what deals leave open"}
"""Portfolios that stand for others; no file may use the name for one."""
LONGEST_NAME = 100
LARGEST_QUANTITY = 1e9
"""In any unit: beyond what the world mines in a year, so a slip of the pen."""
NUMBERS = (
    Number("quantity", low=-LARGEST_QUANTITY, high=LARGEST_QUANTITY, required=True),
    Number("price", low=-HIGHEST_PRICE, high=HIGHEST_PRICE),
)
_TERMS = pl.Schema(
    {
        **dict.fromkeys(("instrument", "tenor", "unit", "symbol", "quoted", "measure"), pl.String),
        **dict.fromkeys(("no_instrument", "no_tenor", "no_unit"), pl.String),
    }
)


def matches(landed: Landed) -> bool:
    """Whether a header has every column a position needs."""
    return set(REQUIRED) <= set(landed.names)


def read(landed: Landed) -> Reading:
    """`market.positions`: quantities signed, long positive, in the row's unit; known from `entered_on`.

    A row with any field that cannot be used is quarantined with each such field.
    """
    table = landed.table
    rows = _with_terms(_with_dates(table.rows))
    rows, faults = read_numbers(table, rows, NUMBERS)
    faults += [found(rows, reason, field, pl.col(shown)) for field, shown, reason in _checks()]
    wrong = pl.concat(faults)["row"].unique()
    usable = rows.filter(~pl.col("row").is_in(wrong.implode())).with_columns(
        position_id=pl.format("{}:{}", pl.lit(table.file), "row"),
        portfolio=_portfolio(),
        instrument="symbol",
        tenor="quoted",
        unit="measure",
        entered_on="day",
        closed_on="closed",
        prompt_date="prompt",
    )
    book = Parsed(POSITIONS.name, in_columns(usable, POSITIONS), table.file, table.vintage)
    return Reading((book,), _quarantined(table.file, [damaged(table, iso_day), *faults]))


def _with_dates(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with day (entered), closed and prompt as dates; optional columns the file lacks are blank."""
    absent = [pl.lit("").alias(name) for name in OPTIONAL if name not in rows.columns]
    return rows.with_columns(absent).with_columns(
        day=iso_day(pl.col("entered_on")), closed=iso_day(pl.col("closed_on")), prompt=iso_day(pl.col("prompt_date"))
    )


def _portfolio() -> pl.Expr:
    return pl.col("portfolio").str.replace_all(UNPRINTABLE, "").str.strip_chars()


def _checks() -> list[tuple[str, str, pl.Expr]]:
    """Field, column with its text, and why the field cannot be used (null where it can)."""
    name = _portfolio()
    return [
        (
            "portfolio",
            "portfolio",
            pl.when(name == "")
            .then(pl.lit("missing"))
            .when(name.str.len_chars() > LONGEST_NAME)
            .then(pl.lit(f"longer than {LONGEST_NAME} characters"))
            .otherwise(name.str.to_uppercase().replace_strict(RESERVED, default=None)),
        ),
        ("instrument", "instrument", pl.col("no_instrument")),
        ("tenor", "tenor", pl.col("no_tenor")),
        ("unit", "unit", pl.col("no_unit")),
        ("entered_on", "entered_on", pl.when(pl.col("day").is_null()).then(pl.lit("not a date (YYYY-MM-DD)"))),
        ("closed_on", "closed_on", _later("closed_on", "closed", pl.col("closed") < pl.col("day"), "before entered_on")),
        (
            "prompt_date",
            "prompt_date",
            _later("prompt_date", "prompt", pl.col("prompt") <= pl.col("day"), "not after entered_on"),
        ),
    ]


def _later(text: str, day: str, too_early: pl.Expr, reason: str) -> pl.Expr:
    """Why an optional date cannot be used: a position ends after it was entered."""
    return (
        pl.when(is_missing(pl.col(text)))
        .then(pl.lit(None, dtype=pl.String))
        .when(pl.col(day).is_null())
        .then(pl.lit("not a date (YYYY-MM-DD)"))
        .when(too_early)
        .then(pl.lit(reason))
    )


def _with_terms(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with symbol, quoted tenor and unit as the desk writes them, or why one of them is not known."""
    written = rows.select("instrument", "tenor", "unit").unique()
    terms = pl.DataFrame([_terms(*row) for row in written.iter_rows()], schema=_TERMS, orient="row")
    return rows.join(terms, on=["instrument", "tenor", "unit"], how="left", maintain_order="left")


def _terms(name: str, tenor: str, unit: str) -> tuple[str | None, ...]:
    item = find(name)
    if item is None:
        known = ", ".join(known.symbol for known in INSTRUMENTS)
        return (name, tenor, unit, None, None, None, f"unknown instrument; known: {known}", None, None)
    quoted = find_tenor(item, tenor)
    measures = _measures(item)
    measure = {word.casefold(): word for word in measures}.get(unit.casefold())
    no_tenor = None if quoted else f"{item.symbol} is quoted for {', '.join(item.tenors)}"
    no_unit = None if measure else f"{item.symbol} is measured in {', '.join(measures)}"
    return (name, tenor, unit, item.symbol, quoted, measure, None, no_tenor, no_unit)


def _measures(item: Instrument) -> tuple[str, ...]:
    """The units a position in `item` may be written in."""
    if item.quantity_unit in MASSES:
        return (*MASSES, "lots")
    if item.venue == "ECB":
        return (item.quantity_unit,)
    return ("lots",) if item.quantity_unit not in ("bbl", "MMBtu") else (item.quantity_unit, "lots")


def _quarantined(file: str, faults: list[pl.DataFrame]) -> pl.DataFrame:
    """Faults known from the start of the day the position was entered on, in London."""
    together = pl.concat([FOUND.to_frame(), *faults])
    days = together["day"].drop_nulls().unique()
    times = pl.DataFrame(
        {"day": days, "known_at": [at(day, time(0), LONDON) for day in days]}, schema={"day": pl.Date, "known_at": UTC_TIME}
    )
    return shaped(together.join(times, on="day", how="left", maintain_order="left"), "positions", file)
