"""The CFTC's disaggregated commitments of traders, futures only: the year so far, and the file of the week."""

from collections.abc import Iterable
from datetime import date, timedelta

from openmineral_dagster.sources.network.settings import Settings
from openmineral_dagster.sources.network.source import Address, Get, Source

FIRST_REPORT = timedelta(days=14)
"""Into a year before its file exists."""


def addresses(get: Get, today: date, settings: Settings) -> Iterable[Address]:
    """The year's archive, and the headerless file of the week."""
    year = (today - FIRST_REPORT).year
    yield Address(f"https://www.cftc.gov/files/dea/history/fut_disagg_txt_{year}.zip", f"cftc/fut_disagg_{year}.zip", "cftc")
    yield Address("https://www.cftc.gov/dea/newcot/f_disagg.txt", "cftc/f_disagg.txt", "cftc", each=True)


SOURCE = Source("cftc", "Commitments of traders", "public domain", addresses, ("cftc",))
