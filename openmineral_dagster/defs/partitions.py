"""When things are computed for: a partition a night, and one a quarter for trained models."""

import os
from datetime import date, timedelta

import dagster as dg

FIRST_NIGHT = "2006-01-02"
LAST_NIGHT = "OPENMINERAL_LAST_NIGHT"
"""Environment variable: the last night of a landing that no longer grows. Its latest partition is then one that has prices."""


def _nights() -> dg.DailyPartitionsDefinition:
    """Through today where the landing is alive, through its last night where it is history."""
    last = os.environ.get(LAST_NIGHT)
    end = (date.fromisoformat(last) + timedelta(days=1)).isoformat() if last else None
    return dg.DailyPartitionsDefinition(FIRST_NIGHT, end_date=end, timezone="Europe/London", end_offset=0 if end else 1)


NIGHTS = _nights()
"""A partition is the night that ends that day at 23:00 London; today's is there before midnight."""

WEEKS = dg.WeeklyPartitionsDefinition("2005-10-01", day_offset=6, timezone="Europe/London", end_offset=1)
"""A partition is the Saturday on which challengers are trained through the Friday before; they serve the nights after it."""

FRIDAY = 4
"""Weekday training reads through."""
LAST_WEEK = dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)


def week_of(trained_through: date) -> str:
    """Partition key of the training through a Friday."""
    return (trained_through + timedelta(days=1)).isoformat()


def trained_through_of(key: str) -> date:
    """The Friday a partition's training reads through."""
    return date.fromisoformat(key) - timedelta(days=1)
