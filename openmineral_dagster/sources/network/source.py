"""What a publisher is to the platform: its addresses, what may be done with its data, and where each answer lands."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from openmineral_dagster.sources.network.settings import Settings

Get = Callable[[str], bytes]
"""Fetches a page that leads to others."""


@dataclass(frozen=True)
class Address:
    """One file of a publisher.

    Attributes:
        file: where it lands below the received folder, laid out like a landing, without a date in its name.
        holds: the only kind of file it may be: a reader of the landing, or the part of a sanctions list.
        series: the column it must have beside its dates; "" where any will do.
        each: the address shows a moving window: every answer is kept beside those before it.
    """

    url: str
    file: str
    holds: str
    each: bool = False
    series: str = ""


Find = Callable[[Get, date, Settings], Iterable[Address]]


@dataclass(frozen=True)
class Source:
    """A publisher.

    Attributes:
        name: how settings name it.
        title: what it publishes.
        licence: what its data may be used for.
        addresses: the addresses to ask on a day; may fetch a page that names them.
        feeds: the sources of the publication rules its values are of; none for lists and news.
        off_because: why it is never on unless it is named; "" where "all" includes it.
        pause_s: between two requests.
        together: all its files or none: they are parts of one copy.
    """

    name: str
    title: str
    licence: str
    addresses: Find
    feeds: tuple[str, ...] = ()
    off_because: str = ""
    pause_s: float = 0.0
    together: bool = False


def fixed(*addresses: Address) -> Find:
    """Addresses that are always the same."""
    return lambda get, today, settings: addresses
