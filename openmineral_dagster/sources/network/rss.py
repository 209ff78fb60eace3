"""News feeds, RSS or Atom: those the settings name, else one of the mining trade."""

import re
from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from urllib.parse import urlsplit

from openmineral_dagster.sources.network.settings import Settings
from openmineral_dagster.sources.network.source import Address, Get, Source

LONGEST_NAME = 80
FEEDS = ("https://www.mining.com/feed/",)


def addresses(get: Get, today: date, settings: Settings) -> Iterable[Address]:
    """A file a feed, named after its host and path, and told from feeds of other queries by a digest of all of it."""
    for feed in settings.feeds or FEEDS:
        parts = urlsplit(feed)
        named = re.sub(r"[^a-z0-9]+", "-", f"{parts.hostname}{parts.path}".casefold()).strip("-")[:LONGEST_NAME]
        own = sha256(feed.encode()).hexdigest()[:6]
        yield Address(feed, f"news/{named}-{own}.xml", "rss", each=True)


SOURCE = Source("rss", "News feeds", "headlines for internal use under each publisher's terms", addresses)
