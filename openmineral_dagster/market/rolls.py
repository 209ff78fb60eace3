"""Rolls of continuous front-month futures, from the contract calendar alone: the step between two contracts is no return.

Last trading days (CME Group contract specifications and NYMEX/COMEX rulebooks):

- GC, SI, HG, PL, PA: the third last business day of the delivery month.
- CL: the third business day before the 25th of the month before delivery; where the 25th is no business day, the third
  before the last business day ahead of it.

A business day is one the exchange settles on: no weekend, no New York holiday it keeps, no Good Friday.

A free vendor's front month is the nearest contract *listed*, and a contract of every calendar month is listed, the thin serial
months between the active ones included; so each symbol has one roll a month, on the first price date after the last trading
day. Yahoo's GC=F, SI=F, HG=F, PL=F and PA=F show it: in serial months bars are flat and volume is a few hundred lots or none.
On the last trading day the price is still the ending contract's, though its volume is the next one's: 10,000 lots of platinum
on a bar without a range, and COMEX copper of 2021-04-28, which opens at the squeezed price of the April contract.
"""

from datetime import date, timedelta
from functools import cache

import holidays
import polars as pl

from openmineral_dagster.reference.calendars import is_business_day

METALS = ("GC", "SI", "HG", "PL", "PA")
SYMBOLS = (*METALS, "CL")
SERIES = ["instrument", "tenor"]


@cache
def _exchange_holidays() -> holidays.HolidayBase:
    return holidays.financial_holidays("NYSE")


@cache
def settles(day: date) -> bool:
    """Whether COMEX and NYMEX settle on `day`: the regular holidays of the New York exchanges are kept.

    Federal holidays the exchanges trade on (Columbus, Veterans) are open, as are days on which only the stock exchange closed.
    """
    if day.weekday() >= 5:
        return False
    closed = _exchange_holidays().get(day, "")
    return not closed or (closed != "Good Friday" and is_business_day(day, "new_york"))


@cache
def last_trading_day(symbol: str, month: date) -> date:
    """The last trading day of `symbol` that falls in the calendar month of `month`: one contract ends in each.

    Raises:
        ValueError: `symbol` is none of SYMBOLS.
    """
    first = month.replace(day=1)
    if symbol in METALS:
        return _settlement_before(_next_month(first), 3)
    if symbol == "CL":
        return _settlement_before(_settlement_before(first.replace(day=26), 1), 3)
    raise ValueError(f"no contract calendar for {symbol}: one of {', '.join(SYMBOLS)}")


def _settlement_before(day: date, count: int) -> date:
    """The `count`-th settlement day before `day` (count >= 1)."""
    while count:
        day -= timedelta(days=1)
        count -= settles(day)
    return day


def _settlement_after(day: date) -> date:
    day += timedelta(days=1)
    while not settles(day):
        day += timedelta(days=1)
    return day


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _last_trading_days(symbol: str, start: date, end: date) -> list[date]:
    """Of every month from the one before `start` through that of `end`, oldest first."""
    month = (start.replace(day=1) - timedelta(days=1)).replace(day=1)
    days = []
    while month <= end:
        days.append(last_trading_day(symbol, month))
        month = _next_month(month)
    return days


def roll_dates(symbol: str, start: date, end: date) -> pl.Series:
    """The first price date of each next contract, from `start` to `end` (both included), oldest first.

    Returns:
        `roll_date`, of type Date, one a month.

    Raises:
        ValueError: `symbol` is none of SYMBOLS.
    """
    rolls = [_settlement_after(day) for day in _last_trading_days(symbol, start, end)]
    return pl.Series("roll_date", [day for day in rolls if start <= day <= end], dtype=pl.Date)


def returns_without_rolls(prices: pl.DataFrame) -> pl.DataFrame:
    """The log returns of every series within one contract, in the order of instrument, tenor and price date.

    Args:
        prices: instrument, tenor, price_date, price (in the instrument's unit), one row a key; other columns are kept.

    Returns:
        The rows with `log_return` (a fraction: 0.01 is about one percent; null on the first row of a series, where a price is
        missing or not above zero on either side, and on a roll) and `rolled`: a contract ended on or after the day of the row
        before and before the day of this one. Only the "front" series of SYMBOLS roll. A row says nothing of later ones.
    """
    price = pl.col("price")
    log_price = pl.when(price.is_finite() & (price > 0)).then(price.log())
    return (
        prices.sort("price_date")
        .join_asof(
            _contract_ends(prices["price_date"]),
            left_on="price_date",
            right_on="ended",
            by=SERIES,
            allow_exact_matches=False,
            coalesce=False,
            check_sortedness=False,
        )
        .sort([*SERIES, "price_date"])
        .with_columns(rolled=(pl.col("ended") != pl.col("ended").shift()).fill_null(False).over(SERIES))
        .with_columns(log_return=pl.when(~pl.col("rolled")).then(log_price.diff().over(SERIES)))
        .select(*prices.columns, "log_return", "rolled")
    )


def _contract_ends(price_dates: pl.Series) -> pl.DataFrame:
    """Last trading days around the span of `price_dates` as (instrument, tenor, ended), oldest first within each symbol."""
    start, end = price_dates.min(), price_dates.max()
    ends: list[tuple[str, str, date]] = []
    if isinstance(start, date) and isinstance(end, date):
        ends = [(symbol, "front", day) for symbol in SYMBOLS for day in _last_trading_days(symbol, start, end)]
    return pl.DataFrame(ends, schema={"instrument": pl.String, "tenor": pl.String, "ended": pl.Date}, orient="row")
