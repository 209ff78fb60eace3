"""Daily bars, whoever serves them: open, high, low, close and volume, with the fields that contradict each other set apart."""

from decimal import Decimal

import polars as pl

from openmineral_dagster.lake.tables import BARS, PRICES
from openmineral_dagster.reference.conversion import convert_price
from openmineral_dagster.reference.instruments import Instrument
from openmineral_dagster.sources.columns import HIGHEST_PRICE, DayParser, Number, dated, read_numbers
from openmineral_dagster.sources.faults import found, quarantined
from openmineral_dagster.sources.parsed import Reading, parsed, price_terms
from openmineral_dagster.sources.slips import without_slips
from openmineral_dagster.sources.text_table import TextTable

QUOTES = ("open", "high", "low", "close")
HIGHEST_PER_POUND = 20.0
DECIMALS = 6
"""No contract is quoted finer."""


def has_bars(names: tuple[str, ...]) -> bool:
    """Whether a header is that of daily bars."""
    return {"date", *QUOTES} <= set(names)


def read_bars(table: TextTable, instrument: Instrument, source: str, kind: str, parse: DayParser) -> Reading:
    """`market.bars` and, from the close, `market.prices` in the instrument's own tenor.

    The close is the settlement and stays; a high or low it lies beyond, and an open outside what is left of the
    range, are null and quarantined. Rows without any quote, or without a close, are quarantined.
    """
    rows, faults = dated(table, "date", parse)
    blank = _without_quotes()
    faults.append(found(rows, pl.when(blank).then(pl.lit("no values on this date"))))
    positive = not instrument.can_be_negative
    numbers = [Number(name, low=-HIGHEST_PRICE, high=HIGHEST_PRICE, positive=positive, required=True) for name in QUOTES]
    rows, wrong = read_numbers(table, rows.filter(~blank), [*numbers, Number("volume", low=0, high=1e12)])
    rows, notices = in_dollars(rows.with_columns(without_noise(pl.col(QUOTES))), instrument, table.file)
    rows, slips = without_slips(rows, QUOTES, instrument)
    rows, odd = _consistent(rows.filter(pl.col("close").is_not_null()))
    bars = parsed(BARS, table, rows, source, instrument=instrument.symbol)
    closes = rows.select("day", price="close")
    prices = parsed(PRICES, table, closes, source, tenor=instrument.tenors[0], **price_terms(instrument))
    return Reading((prices, bars), quarantined(kind, table.file, [*faults, *wrong, *slips, *odd], source), notices)


def in_dollars(rows: pl.DataFrame, instrument: Instrument, file: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """`rows` of a contract quoted per pound in dollars, and a notice where they came in cents.

    A file is in cents as a whole: where its median close lies beyond HIGHEST_PER_POUND, which is 44,000 dollars a tonne.
    """
    usual = rows["close"].median()
    if instrument.quantity_unit != "lb" or not isinstance(usual, float) or usual <= HIGHEST_PER_POUND:
        return rows, ()
    dollars = float(convert_price(Decimal(1), "USc/lb", instrument.unit))
    said = f"{file}: quoted in US cents a pound (median close {usual:g}), taken as {instrument.unit}"
    return rows.with_columns((pl.col(QUOTES) * dollars).round(DECIMALS)), (said,)


def without_noise(value: pl.Expr) -> pl.Expr:
    """A quote as it was made: a single-precision number written in full becomes the shortest decimal that stands for it.

    -37.630001068115234 is -37.63; a number with no more than DECIMALS decimals is what was quoted.
    """
    single = value.cast(pl.Float32)
    is_noise = (single.cast(pl.Float64) == value) & (value.round(DECIMALS) != value)
    return pl.when(is_noise).then(single.cast(pl.String).cast(pl.Float64)).otherwise(value).round(DECIMALS)


def _without_quotes() -> pl.Expr:
    """Whether a row of text has no quote at all, as on holidays."""
    return pl.all_horizontal(pl.col(QUOTES).str.to_lowercase().is_in(["", "null", "nan"]))


def _consistent(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """`rows` without the fields that contradict the close or the range, and the faults of those fields."""
    checks = (
        ("high", pl.col("close") > pl.col("high"), "below the close, which stays"),
        ("low", pl.col("close") < pl.col("low"), "above the close, which stays"),
        ("open", (pl.col("open") > pl.col("high")) | (pl.col("open") < pl.col("low")), "outside high and low"),
    )
    faults = []
    for field, contradicted, reason in checks:
        is_odd = contradicted.fill_null(False)
        faults.append(found(rows, pl.when(is_odd).then(pl.lit(reason)), field, pl.col(field).cast(pl.String)))
        rows = rows.with_columns(pl.when(~is_odd).then(field).alias(field))
    return rows, faults
