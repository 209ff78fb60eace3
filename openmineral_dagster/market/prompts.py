"""LME prompt dates, and the forward price of a prompt between cash and three months."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from openmineral_dagster.lake.tables import CURVE
from openmineral_dagster.reference.calendars import add_business_days, business_day_on_or_before, is_business_day
from openmineral_dagster.reference.errors import UsageFault
from openmineral_dagster.reference.instruments import lme_metals

WEDNESDAY = 2
MONTHS_SHOWN = 6
"""Third Wednesdays on the published curve; those beyond three months are extrapolated and marked."""


@dataclass(frozen=True)
class Forward:
    """A price for a prompt date in the unit of its instrument; extrapolated beyond the three-month prompt."""

    price: float
    extrapolated: bool


def cash_prompt(trade_day: date) -> date:
    """Two London business days after the trade. Source: LME rulebook."""
    return add_business_days(trade_day, 2)


def three_month_prompt(trade_day: date) -> date:
    """The same day of the month three months on, its last where it has none; a day without trading moves to the next
    business day, or back where that lies in another month. Source: LME rulebook, modified following."""
    first = _month(trade_day, 3)
    day = min(trade_day.day, (_month(first, 1) - timedelta(days=1)).day)
    return _trading_day(first.replace(day=day))


def third_wednesday(month: date) -> date:
    """The monthly prompt of the month of a date: its third Wednesday, moved as the three-month prompt is."""
    first = month.replace(day=1)
    return _trading_day(first + timedelta(days=(WEDNESDAY - first.weekday()) % 7 + 14))


def forward(cash: float, three_month: float, trade_day: date, prompt: date) -> Forward:
    """The price for `prompt`: linear in calendar days between the two, flat at three months beyond and marked.

    Formula: cash + (three_month - cash) x (prompt - cash prompt) / (three-month prompt - cash prompt).

    Raises:
        UsageFault: the prompt lies before the cash prompt: it is settled already.
    """
    near, far = cash_prompt(trade_day), three_month_prompt(trade_day)
    if prompt < near:
        raise UsageFault(f"prompt {prompt}: expected {near} or later, the cash prompt of {trade_day}")
    if prompt > far:
        return Forward(three_month, True)
    return Forward(cash + (three_month - cash) * ((prompt - near).days / (far - near).days), False)


def curve(marks: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`market.curve` of the night: cash, three months, and the third Wednesdays of six months, for each LME metal.

    Args:
        marks: `market.marks` of the night.

    Only for metals whose last cash and three-month prices are of one day: a curve between two days is none.
    """
    rows = [row for metal in lme_metals() for row in _curve(metal.symbol, marks.filter(instrument=metal.symbol), as_of)]
    return pl.DataFrame(rows, schema=CURVE.dtypes, orient="row")


def _curve(symbol: str, marks: pl.DataFrame, as_of: date) -> list[tuple[object, ...]]:
    last = {row["tenor"]: row for row in marks.iter_rows(named=True)}
    if {"cash", "3m"} - set(last) or last["cash"]["price_date"] != last["3m"]["price_date"]:
        return []
    day, cash, three_month = last["cash"]["price_date"], last["cash"]["price"], last["3m"]["price"]
    months = [third_wednesday(_month(day, count)) for count in range(MONTHS_SHOWN + 1)]
    prompts = {cash_prompt(day), three_month_prompt(day), *(prompt for prompt in months if prompt > cash_prompt(day))}
    found = [(prompt, forward(cash, three_month, day, prompt)) for prompt in sorted(prompts)]
    return [(as_of, symbol, prompt, day, price.price, price.extrapolated) for prompt, price in found]


def _month(day: date, count: int) -> date:
    """The first day of the month `count` months on."""
    months = day.year * 12 + day.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def _trading_day(day: date) -> date:
    """`day`, else the next business day of its month, else the last one before it."""
    later = day if is_business_day(day) else add_business_days(day, 1)
    return later if later.month == day.month else business_day_on_or_before(day)
