"""Trading calendars and the clock of the desk: London business days and the end of a night in UTC."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
NIGHT_ENDS = time(23, 0)


OPEN_ON_HOLIDAY = frozenset({("london", date(2022, 9, 19))})
"""Days a market traded on although its country kept a holiday: the LME on the day of the Queen's funeral."""


@cache
def _holidays(market: str) -> holidays.HolidayBase:
    if market == "london":
        return holidays.country_holidays("GB", subdiv="ENG")
    if market == "new_york":
        return holidays.country_holidays("US")
    raise ValueError(f"no calendar for {market}")


@cache
def is_business_day(day: date, market: str = "london") -> bool:
    """Whether `market` ("london": England and Wales bank holidays, as the LME; "new_york": US federal) trades on `day`."""
    return day.weekday() < 5 and (day not in _holidays(market) or (market, day) in OPEN_ON_HOLIDAY)


def business_day_on_or_before(day: date, market: str = "london") -> date:
    """`day` itself when it is a business day, else the last one before it."""
    while not is_business_day(day, market):
        day -= timedelta(days=1)
    return day


def night_before(as_of: date) -> date:
    """The London business day before a night."""
    return business_day_on_or_before(as_of - timedelta(days=1))


def add_business_days(day: date, count: int, market: str = "london") -> date:
    """The `count`-th business day after `day` (count >= 0; 0 gives `day`, whether or not it is one)."""
    for _ in range(count):
        day += timedelta(days=1)
        while not is_business_day(day, market):
            day += timedelta(days=1)
    return day


def at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """`clock` on `day` in `zone`, as an aware UTC time."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def night_end(as_of: date) -> datetime:
    """The last moment the night of `as_of` knows of: 23:00 London, in UTC."""
    return at(as_of, NIGHT_ENDS, LONDON)
