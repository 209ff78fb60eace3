"""News feeds, RSS or Atom: those the settings name, else one of the mining trade."""

import re
from collections.abc import Iterable
from datetime import date
from urllib.parse import urlsplit

from openmineral_dagster.sources.network.settings import Settings
from openmineral_dagster.sources.network.source import Address, Get, Source

FEEDS = ("https://www.mining.com/feed/",)


def addresses(get: Get, today: date, settings: Settings) -> Iterable[Address]:
    """A file a feed, named after its host and path."""
    for feed in settings.feeds or FEEDS:
        parts = urlsplit(feed)
        named = re.sub(r"[^a-z0-9]+", "-", f"{parts.netloc}{parts.path}".casefold()).strip("-")
        yield Address(feed, f"news/{named}.xml", each=True)


SOURCE = Source("rss", "News feeds", "headlines for internal use under each publisher's terms", addresses)
