"""The World Bank's Pink Sheet, whose address changes with every year: it is read off the page that leads to it."""

import re
from collections.abc import Iterable
from datetime import date

from openmineral_dagster.reference.errors import PermanentFault
from openmineral_dagster.sources.network.settings import Settings
from openmineral_dagster.sources.network.source import Address, Get, Source

PAGE = "https://www.worldbank.org/en/research/commodity-markets"
WORKBOOK = re.compile(r"https://thedocs\.worldbank\.org/[^\"'\s<>]+CMO-Historical-Data-Monthly\.xlsx")


def addresses(get: Get, today: date, settings: Settings) -> Iterable[Address]:
    """The workbook the page names."""
    named = WORKBOOK.search(get(PAGE).decode("utf-8", "replace"))
    if named is None:
        raise PermanentFault(f"{PAGE}: names no workbook of monthly prices")
    return [Address(named.group(), "worldbank/CMO-Historical-Data-Monthly.xlsx", "worldbank")]


SOURCE = Source(
    "worldbank",
    "Monthly commodity prices (Pink Sheet)",
    "CC BY 4.0; some series under the terms of third parties",
    addresses,
    ("worldbank",),
)
