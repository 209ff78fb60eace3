"""Small fictional lists for tests of screening and of the rules."""

from datetime import date

import polars as pl

from openmineral_dagster.lake.tables import QUARANTINE
from openmineral_dagster.sources.sanctions import ENTRY_COLUMNS, REQUIRED_LISTS, Lists, ListVersion

NIGHT = date(2026, 11, 20)

# Filler that gives common words a low and the names under test a high rarity.
FILLER = tuple(
    f"{first} {second}"
    for first in ("Orvik", "Tandel", "Kresh", "Munto")
    for second in ("Trading", "Metals", "Group", "Resources")
)


def entry(
    name: str,
    of: str = "OFAC",
    kind: str = "primary",
    entity_type: str = "entity",
    uid: str = "",
    country: str | None = None,
    imo: str | None = None,
) -> dict[str, str | None]:
    """One list row."""
    return {
        "list": of,
        "version": of.lower(),
        "uid": uid or f"{of}-{name}",
        "entity_type": entity_type,
        "name": name,
        "alias_kind": kind,
        "programme": "TEST",
        "country": country,
        "imo": imo,
    }


def lists(*entries: dict[str, str | None], dates: dict[str, date | None] | None = None, without: tuple[str, ...] = ()) -> Lists:
    """Lists with `entries` and filler on each, dated the night unless `dates` says otherwise, those in `without` missing."""
    days = dict.fromkeys(REQUIRED_LISTS, NIGHT) | (dates or {})
    rows = [*entries, *(entry(name, of) for of in REQUIRED_LISTS for name in FILLER)]
    kept = [row for row in rows if row["list"] not in without]
    versions = tuple(
        ListVersion(name, days[name], sum(row["list"] == name for row in kept), name.lower())
        for name in REQUIRED_LISTS
        if name not in without
    )
    return Lists(pl.DataFrame(kept, schema=ENTRY_COLUMNS), versions, QUARANTINE.empty())
