"""Which nights can be computed from the prices a landing holds."""

from datetime import date, timedelta

from openmineral_dagster.reference.calendars import business_day_on_or_before, is_business_day
from openmineral_dagster.reference.errors import UsageFault


def resolve_night(asked: date | None, first: date, last: date) -> date:
    """The night to compute: the last one with a price, or the business day on or before the one asked for.

    Raises:
        UsageFault: it lies before the first price or after the last one.
    """
    if asked is None:
        return last
    night = business_day_on_or_before(asked)
    if night > last:
        raise UsageFault(f"{asked}: after the last price, which is of {last}")
    if night < first:
        raise UsageFault(f"{asked}: before the first price, which is of {first}")
    return night


def nights_between(start: date, end: date, first: date, last: date) -> list[date]:
    """The business days from `start` to `end` that have prices, oldest first.

    Raises:
        UsageFault: the dates are in the wrong order, or no such day lies between them.
    """
    if start > end:
        raise UsageFault(f"--start {start} is after --end {end}")
    days = (start + timedelta(days=step) for step in range((end - start).days + 1))
    nights = [day for day in days if first <= day <= last and is_business_day(day)]
    if not nights:
        raise UsageFault(f"no night from {start} to {end}: the prices run from {first} to {last}")
    return nights


def require_computable(night: date, first: date, last: date) -> None:
    """Refuse a night that is no business day or lies outside the prices.

    Raises:
        UsageFault: naming the night to compute instead.
    """
    if resolve_night(night, first, last) != night:
        raise UsageFault(f"{night} is no London business day: compute {business_day_on_or_before(night)}")


def nights_due(published_through: date | None, last: date) -> list[date]:
    """The business days after the last published night up to the last price, oldest first; only the last if none is."""
    if published_through is None:
        return [last]
    days = (published_through + timedelta(days=step) for step in range(1, (last - published_through).days + 1))
    return [day for day in days if is_business_day(day)]
