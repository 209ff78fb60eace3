"""The US Treasury's par yield curve: a file a year."""

from collections.abc import Iterable
from datetime import date, timedelta

from openmineral_dagster.sources.network.settings import Settings
from openmineral_dagster.sources.network.source import Address, Get, Source

FILE = "https://home.treasury.gov/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv"
BEHIND = (timedelta(days=5), timedelta(days=40))
"""A new year's file is asked for once it has rows, and the old one's for a while longer."""


def addresses(get: Get, today: date, settings: Settings) -> Iterable[Address]:
    """This year's file, and last year's in January."""
    for year in sorted({(today - behind).year for behind in BEHIND}):
        query = f"type=daily_treasury_yield_curve&field_tdr_date_value={year}&page&_format=csv"
        yield Address(f"{FILE}/{year}/all?{query}", f"rates/daily-treasury-rates-{year}.csv", "rates")


SOURCE = Source("treasury", "US par yield curve", "public domain", addresses, ("treasury",))
