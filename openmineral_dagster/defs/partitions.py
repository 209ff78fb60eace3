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

QUARTERS = dg.TimeWindowPartitionsDefinition(
    start="2005-10-01", cron_schedule="0 0 1 1,4,7,10 *", fmt="%Y-%m-%d", timezone="Europe/London"
)
"""A partition is a calendar quarter: the model trained through its last day serves the nights of the next one."""

LAST_QUARTER = dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)


def quarter_of(day: date) -> str:
    """Partition key of the quarter `day` lies in."""
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1).isoformat()
