"""News feeds, RSS or Atom, read as news lines: the markup in them is dropped, their text is data and nothing else."""

import re
from calendar import timegm
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.news import read_items
from openmineral_dagster.sources.parsed import Reading

FEED = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(rss|feed|rdf:RDF)\b", re.IGNORECASE | re.DOTALL)
MARKUP = re.compile(r"<[^>]*>")


def matches(landed: Landed) -> bool:
    """Whether the file is a feed."""
    return FEED.match(landed.data[:4_000]) is not None


def read(landed: Landed) -> Reading:
    """`market.news`, an item an entry; one without a time of publication is quarantined.

    Raises:
        BadInput: it defines entities of its own, as no feed needs to, or is no feed.
    """
    import feedparser

    if b"<!ENTITY" in landed.data or b"<!entity" in landed.data:
        raise BadInput(landed.file, "", "definitions of entities", "a feed without them")
    feed = feedparser.parse(landed.data, sanitize_html=True, resolve_relative_uris=False)
    if not feed.version:
        raise BadInput(landed.file, "", "another document", "an RSS or Atom feed")
    publisher = str(feed.feed.get("title") or landed.stem)
    return read_items(landed, _items(feed.entries, publisher))


def _items(entries: list[Mapping[str, Any]], publisher: str) -> Iterator[Mapping[str, object]]:
    for entry in entries:
        url = str(entry.get("link") or "")
        yield {
            "id": str(entry.get("id") or url),
            "published_at": _time(entry),
            "source": publisher,
            "headline": _plain(entry.get("title")),
            "body": _plain(entry.get("summary")),
            "url": url or None,
        }


def _time(entry: Mapping[str, Any]) -> str:
    """The time of publication in UTC, as the parser understood it; "" where there is none."""
    parts = entry.get("published_parsed") or entry.get("updated_parsed")
    return datetime.fromtimestamp(timegm(parts), UTC).isoformat() if parts else ""


def _plain(text: object) -> str:
    return " ".join(MARKUP.sub(" ", str(text or "")).split())
