"""GDELT's knowledge graph, a file every quarter of an hour; its search interface refuses most calls and is not asked."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from openmineral_dagster.reference.errors import PermanentFault
from openmineral_dagster.sources.network.settings import Settings
from openmineral_dagster.sources.network.source import Address, Get, Source

BULK = "http://data.gdeltproject.org/gdeltv2"
LATEST = re.compile(r"gdeltv2/(\d{14})\.gkg\.csv\.zip")
QUARTER_HOURS = 4
STAMP = "%Y%m%d%H%M%S"


def addresses(get: Get, today: date, settings: Settings) -> Iterable[Address]:
    """The files of the last hour."""
    named = LATEST.search(get(f"{BULK}/lastupdate.txt").decode("utf-8", "replace"))
    if named is None:
        raise PermanentFault(f"{BULK}/lastupdate.txt: names no file of the knowledge graph")
    try:
        last = datetime.strptime(named.group(1), STAMP).replace(tzinfo=UTC)
    except ValueError as error:
        raise PermanentFault(f"{BULK}/lastupdate.txt: {named.group(1)} is no time") from error
    for back in reversed(range(QUARTER_HOURS)):
        stamp = (last - timedelta(minutes=15 * back)).strftime(STAMP)
        yield Address(f"{BULK}/{stamp}.gkg.csv.zip", f"news/gdelt-{stamp}.zip", "gdelt", each=True)


SOURCE = Source("gdelt", "News of the world by GDELT", "free with attribution", addresses, pause_s=1.0)
