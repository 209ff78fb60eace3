"""When a value could first be known: the documented publication hour and lag of every source."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from openmineral_dagster.reference.calendars import LONDON, NEW_YORK, add_business_days, at

LagFunction = Callable[[date], date]


def _same_day(day: date) -> date:
    return day


def _business_days(count: int, market: str = "london") -> LagFunction:
    return lambda day: add_business_days(day, count, market)


SHUTDOWNS = (
    (date(2018, 12, 24), date(2019, 2, 26), date(2019, 3, 8)),
    (date(2025, 9, 30), date(2025, 9, 30), date(2025, 11, 19)),
    (date(2025, 10, 1), date(2026, 1, 13), date(2026, 1, 23)),
)
"""First and last report the CFTC published late because the government was shut, and the day by which all of them were out.

Reports of the backlog came out one by one before that day: the day is right for the last, and late, never early, for the rest.
"""


def _friday_after(day: date) -> date:
    """The Friday of the week of a Tuesday; after a holiday in between the third business day, as the CFTC's calendar has it."""
    friday = day + timedelta(days=(4 - day.weekday()) % 7)
    delayed = [out for first, last, out in SHUTDOWNS if first <= day <= last]
    return max(friday, add_business_days(day, 3, "new_york"), *delayed)


def _second_business_day_after(day: date) -> date:
    """The second New York business day of the month after the month of `day`."""
    next_month = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return add_business_days(next_month - timedelta(days=1), 2, "new_york")


def _five_weeks_after_month(day: date) -> date:
    """Five weeks after the last day of the month of `day`: the slowest the IMF usually is."""
    next_month = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return next_month + timedelta(weeks=5)


@dataclass(frozen=True)
class PublicationRule:
    """The rule that dates a source: a value for day d is published at `clock` in `zone` on `lag(d)`."""

    source: str
    clock: time
    zone: ZoneInfo
    lag: LagFunction
    basis: str

    def published_at(self, day: date) -> datetime:
        """First publication of the value for `day`, in UTC."""
        return at(self.lag(day), self.clock, self.zone)


RULES: dict[str, PublicationRule] = {
    rule.source: rule
    for rule in (
        PublicationRule("lme", time(13, 30), LONDON, _same_day, "official prices, 13:30 London on the day"),
        PublicationRule("lme_stocks", time(9), LONDON, _business_days(1), "report dated R, 09:00 London next business day"),
        PublicationRule("comex", time(19), LONDON, _same_day, "settlement, 19:00 London on the day"),
        PublicationRule("nymex", time(19), LONDON, _same_day, "settlement, 19:00 London on the day"),
        PublicationRule("eia", time(23), LONDON, _business_days(5, "new_york"), "EIA spot, five business days later"),
        PublicationRule("cboe", time(21, 30), LONDON, _same_day, "VIX close, 21:30 London on the day"),
        PublicationRule("ecb", time(16), ZoneInfo("Europe/Berlin"), _same_day, "reference rates, 16:00 Frankfurt on the day"),
        PublicationRule("treasury", time(23), LONDON, _same_day, "par curve, 23:00 London on the day"),
        PublicationRule("sofr", time(8), NEW_YORK, _business_days(1, "new_york"), "08:00 New York next business day"),
        PublicationRule("fed", time(9), NEW_YORK, _business_days(1, "new_york"), "09:00 New York next business day"),
        PublicationRule("fred", time(12), NEW_YORK, _business_days(1, "new_york"), "computed by FRED the next business day"),
        PublicationRule("imf", time(17), NEW_YORK, _five_weeks_after_month, "monthly averages, five weeks after the month"),
        PublicationRule("lbma", time(20), LONDON, _same_day, "auction prices, the same evening"),
        PublicationRule("comex_stocks", time(23), LONDON, _same_day, "report of the day, by 23:00 London"),
        PublicationRule("worldbank", time(17), NEW_YORK, _second_business_day_after, "second business day of the next month"),
        PublicationRule("cftc", time(15, 30), NEW_YORK, _friday_after, "Friday 15:30 New York, later after holidays"),
    )
}


def published_at(source: str, day: date) -> datetime:
    """When `source` first published its value for `day`, in UTC.

    Raises:
        KeyError: the source has no documented rule.
    """
    return RULES[source].published_at(day)
