"""LME daily files, one a metal: cash settlement, three-month price and the warehouse stock known that morning."""

from datetime import date, timedelta
from functools import cache

import polars as pl

from openmineral_dagster.lake.tables import PRICES, STOCKS
from openmineral_dagster.reference.calendars import business_day_on_or_before, is_business_day
from openmineral_dagster.sources.columns import HIGHEST_PRICE, Number, dated, iso_day, read_numbers
from openmineral_dagster.sources.faults import found, quarantined
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.parsed import Reading, named_instrument, parsed, price_terms
from openmineral_dagster.sources.slips import without, without_slips
from openmineral_dagster.sources.text_table import TextTable

SOURCE, STOCK_SOURCE = "lme", "lme_stocks"
TENORS = {"cash_settlement": "cash", "three_month": "3m"}
LARGEST_STOCK = 1e8
"""Tonnes; LME warehouses never held a tenth of it."""
NUMBERS = (
    Number("cash_settlement", high=HIGHEST_PRICE, positive=True, grouped=True, required=True),
    Number("three_month", high=HIGHEST_PRICE, positive=True, grouped=True, required=True),
    Number("lme_stock", low=0, high=LARGEST_STOCK, grouped=True, required=True),
)
UNIT_ERROR, NEIGHBOURS, FEWEST_NEIGHBOURS = 50, 21, 3
DAILY_LIMIT = 0.15
"""How far an LME price may move in a day since March 2022."""


def matches(landed: Landed) -> bool:
    """Whether a header has a date and one of the two LME prices."""
    return "date" in landed.names and not set(TENORS).isdisjoint(landed.names)


def read(landed: Landed) -> Reading:
    """`market.prices` (cash and 3m, USD/t) and `market.stocks` (t) of the metal the file is named after.

    The stock in the row of a day is the warehouse report dated the business day before. Moves a market can make stay;
    what goes is named in the faults: rows on days without trading, slipped decimals, cash repeated while a market is
    suspended, and stocks in a wrong unit.

    Raises:
        BadInput: the name is no LME metal.
    """
    return read_prices(landed.table)


def read_prices(table: TextTable) -> Reading:
    """What `read` returns, from a table of text with the columns of an LME file."""
    instrument = named_instrument(table, ("LME",))
    rows, faults = dated(table, "date", iso_day)
    closed = pl.when(~pl.col("day").map_elements(is_business_day, return_dtype=pl.Boolean)).then(pl.lit("no London business day"))
    faults.append(found(rows, closed))
    rows, wrong = read_numbers(table, rows.filter(closed.is_null()).sort("day"), NUMBERS)
    rows, slips = without_slips(rows, tuple(TENORS), instrument)
    suspended = _stale() if "three_month" in table.names else pl.lit(False)
    rows, stale = without(
        rows, "cash_settlement", suspended, "stale: repeated, or beyond the daily limit, while the three-month price is missing"
    )
    rows, misread = without(rows, "lme_stock", _unit_error(), f"unit error: below 1/{UNIT_ERROR} of the stocks before it")
    prices = parsed(PRICES, table, _long(rows), SOURCE, **(price_terms(instrument)))
    stocks = parsed(STOCKS, table, _stocks(rows), STOCK_SOURCE, instrument=instrument.symbol)
    return Reading((prices, stocks), quarantined("lme", table.file, [*faults, *wrong, *slips, stale, misread], SOURCE))


@cache
def report_day(day: date) -> date:
    """The date of the warehouse report that stands in the row of `day`: the business day before."""
    return business_day_on_or_before(day - timedelta(days=1))


def _stale() -> pl.Expr:
    """Cash settlements of a suspended market, as nickel's in March 2022: they stand without a three-month price, and
    lie beyond the daily limit from the one before, or repeat it after such a move, or repeat it a second time.

    A single repeat is a price. Only rows before are looked at, so that a night judges a row as it did when it was the last.
    """
    cash = pl.col("cash_settlement")
    before = cash.forward_fill().shift(1)
    move = (cash / before - 1).abs()
    last_move = pl.when(move > 0).then(move).forward_fill().shift(1)
    repeats = cash == before
    held = repeats & (repeats.shift(1) | (last_move > DAILY_LIMIT))
    return pl.col("three_month").is_null() & (held | (move > DAILY_LIMIT))


def _unit_error() -> pl.Expr:
    """Stocks far below the median of the rows before them: no warehouses are emptied of all but a fiftieth in a day."""
    stock = pl.col("lme_stock")
    return stock * UNIT_ERROR < stock.shift(1).rolling_median(NEIGHBOURS, min_samples=FEWEST_NEIGHBOURS)


def _long(rows: pl.DataFrame) -> pl.DataFrame:
    """day, tenor and price, a row a price."""
    prices = rows.select("day", *(pl.col(column).alias(tenor) for column, tenor in TENORS.items()))
    return prices.unpivot(list(TENORS.values()), index="day", variable_name="tenor", value_name="price").drop_nulls("price")


def _stocks(rows: pl.DataFrame) -> pl.DataFrame:
    """`market.stocks` with the day of the report; these files have the total only."""
    unknown = pl.lit(None, dtype=pl.Float64)
    known = rows.filter(pl.col("lme_stock").is_not_null())
    reported = pl.col("day").map_elements(report_day, return_dtype=pl.Date)
    return known.select(day=reported, on_warrant=unknown, cancelled=unknown, total="lme_stock")
