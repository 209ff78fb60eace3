"""GDELT's knowledge graph of the world's news: the items on mining and metals, by the themes GDELT gave them."""

import html
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.news import read_items
from openmineral_dagster.sources.parsed import Reading

WIDTH = 27
ID, STAMP, PUBLISHER, URL, THEMES, EXTRAS = 0, 1, 3, 4, 7, 26
OURS = frozenset({"ENV_MINING", "ENV_METALS", "WB_895_MINING_SYSTEMS", "WB_1699_METAL_ORE_MINING"})
TITLE = re.compile(r"<PAGE_TITLE>(.*?)</PAGE_TITLE>")
FIRST = re.compile(r"\d{14}-T?\d+")


def matches(landed: Landed) -> bool:
    """Whether the file has the graph's columns, separated by tabs and without a header."""
    fields = landed.line.split("\t")
    return len(fields) == WIDTH and FIRST.fullmatch(fields[ID]) is not None


def read(landed: Landed) -> Reading:
    """`market.news`: titles of the items with a mining theme. Items in translation keep GDELT's own title.

    Raises:
        BadInput: the file is empty or no text.
    """
    return read_items(landed, _items(landed.text))


def _items(text: str) -> Iterator[Mapping[str, object] | None]:
    """A news item a line, None for one on something else."""
    for line in text.split("\n"):
        fields = line.split("\t")
        if len(fields) == WIDTH and not OURS.isdisjoint(fields[THEMES].split(";")):
            title = TITLE.search(fields[EXTRAS])
            yield {
                "id": fields[ID],
                "published_at": _time(fields[STAMP]),
                "source": fields[PUBLISHER],
                "headline": html.unescape(title.group(1)) if title else "",
                "url": fields[URL],
            }
        else:
            yield None


def _time(stamp: str) -> str:
    try:
        return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC).isoformat()
    except ValueError:
        return stamp
