"""Which nights can be computed from the prices a landing holds."""

from collections.abc import Collection
from datetime import date, timedelta

from openmineral_dagster.reference.calendars import business_day_on_or_before, is_business_day
from openmineral_dagster.reference.errors import UsageFault

HOLES = timedelta(days=30)
"""Nights further back that were never computed are a choice: `openmineral backfill` computes them."""


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


def nights_due(published: Collection[date], last: date) -> list[date]:
    """The business days up to the last price that were not published, oldest first; only the last where none ever was.

    Those after the last published night, and holes before it that are not older than HOLES.
    """
    if not published:
        return [last]
    start, reached = min(published), max(published)
    days = (start + timedelta(days=step) for step in range(1, (last - start).days + 1))
    missing = (day for day in days if day not in published and is_business_day(day))
    return [day for day in missing if day > reached or last - day <= HOLES]
