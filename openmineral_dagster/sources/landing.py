"""A landing folder read as a whole: each file recognised by what is in it, its rows by table, its faults, the notices."""

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import ModuleType

import polars as pl

from openmineral_dagster.lake.root import SAMPLE_MARKER
from openmineral_dagster.lake.tables import PRICES
from openmineral_dagster.reference.calendars import LONDON
from openmineral_dagster.reference.errors import BadInput, UsageFault
from openmineral_dagster.reference.instruments import lme_metals
from openmineral_dagster.sources import deal_files, energy, futures, fx, lme, macro, news, positions, rates
from openmineral_dagster.sources.faults import FAULTS, whole_file
from openmineral_dagster.sources.folder import Found, landing_files
from openmineral_dagster.sources.overlaps import reconcile
from openmineral_dagster.sources.parsed import Parsed, Reading
from openmineral_dagster.sources.text_table import decoded, header_line, header_names, read_table, stem_and_vintage

__all__ = ["Landing", "Parsed", "price_span", "read_landing"]

READERS: dict[str, ModuleType] = {
    "lme": lme,
    "macro": macro,
    "futures": futures,
    "energy": energy,
    "fx": fx,
    "rates": rates,
    "positions": positions,
}
"""Comma-separated files by kind, in the order their headers are tried: an index is told from a future by its name."""
HEADERS = {
    "lme": "date,cash_settlement,three_month,lme_stock",
    "futures": "Date,Open,High,Low,Close[,Adj Close,Volume]",
    "macro": "DATE,OPEN,HIGH,LOW,CLOSE",
    "energy": "Date,Price",
    "fx": "Date,USD and other currencies",
    "rates": "observation_date and a FRED series, or Date,1 Mo,...,30 Yr",
    "positions": ",".join(positions.REQUIRED),
    "news": "JSON objects with id, published_at, source, headline, body, url",
}
DATA_SUFFIXES = (".csv", ".jsonl", ".yaml", ".yml")
"""Endings that claim to be data: such a file is quarantined when it is not, any other is ignored."""
READ_ELSEWHERE = "sanctions"
NOT_READ = ("worldbank", "cftc", "lme_stocks", "orderbook")
HEAD = 262_144
"""Bytes a file is recognised by: more than the longest line of news."""


@dataclass(frozen=True)
class Landing:
    """What a landing folder held.

    Attributes:
        parsed: rows by file and table; within one vintage a key has one row.
        faults: the columns of FAULTS; `known_at` is null for a file as a whole.
        notices: one line each, for the person who reads the log.
        deals: path and text of each deal file, sorted by path.
    """

    parsed: tuple[Parsed, ...]
    faults: pl.DataFrame
    notices: tuple[str, ...]
    deals: tuple[tuple[str, str], ...]


@dataclass
class _Collected:
    readings: list[Reading] = field(default_factory=list)
    faults: list[pl.DataFrame] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    deals: list[tuple[str, str]] = field(default_factory=list)


def read_landing(folder: Path) -> Landing:
    """Everything `folder` holds for the platform; the same files give the same result.

    Raises:
        UsageFault: the folder is missing, no folder, unreadable or empty.
    """
    collected = _Collected()
    for found in landing_files(folder):
        _collect(found, collected)
    parts, overlaps = reconcile(part for reading in collected.readings for part in reading.parsed if part.rows.height)
    faults = pl.concat([FAULTS.to_frame(), *collected.faults, *(reading.faults for reading in collected.readings)])
    order = ["source", "file", "row", "field", "reason"]
    return Landing(parts, faults.sort(order), tuple(dict.fromkeys([*collected.notices, *overlaps])), tuple(collected.deals))


def _collect(found: Found, collected: _Collected) -> None:
    """Put what one file holds where it belongs; a file that cannot be used is a fault, never the end of the reading."""
    top = found.file.split("/")[0]
    if top == READ_ELSEWHERE or found.file == SAMPLE_MARKER:
        return
    if top in NOT_READ:
        collected.notices.append(f"{top}: no reader in this version")
        return
    if found.notice:
        collected.notices.append(f"{found.file}: {found.notice}")
        return
    try:
        _read(found, collected)
    except BadInput as fault:
        collected.faults.append(whole_file(_kind(found.file), fault))


def _read(found: Found, collected: _Collected) -> None:
    data = found.content()
    if deal_files.matches(found.file):
        collected.deals.append((found.file, deal_files.read(found.file, data)))
        return
    try:
        reader = _recognised(found.file, data)
    except BadInput as fault:
        if found.file.casefold().endswith(DATA_SUFFIXES):
            raise
        collected.notices.append(f"{found.file}: ignored, not a file the platform reads ({fault.value or 'empty'})")
        return
    reading = reader.read(found.file, data) if reader is news else reader.read(read_table(found.file, data))
    collected.readings.append(reading)
    if not reading.faults.height and not any(part.rows.height for part in reading.parsed):
        collected.notices.append(f"{found.file}: no rows")


def _recognised(file: str, data: bytes) -> ModuleType:
    """The reader of a file, by its first line and where that says too little by its name.

    Raises:
        BadInput: no reader knows it.
    """
    text = decoded(file, data[:HEAD])
    if news.matches(text):
        return news
    line = header_line(text)
    names, stem = header_names(line), stem_and_vintage(file)[0]
    for reader in READERS.values():
        if reader.matches(names, stem):
            return reader
    raise BadInput(file, "", line, HEADERS.get(_kind(file), f"a header the platform knows: of {', '.join(READERS)}"))


def _kind(file: str) -> str:
    """The kind of a file that could not be read: the folder it landed in, else "landing"."""
    top, inside, _ = file.partition("/")
    return top if inside and top in (*HEADERS, deal_files.FOLDER) else "landing"


def price_span(landing: Landing, today: date | None = None) -> tuple[date, date]:
    """First and last day with an LME price; with any price where the landing has none from the LME.

    Args:
        today: no day after it counts, for a price of tomorrow is a slip of the pen; the clock's where none is given.

    Raises:
        UsageFault: there is no price at all.
    """
    frames = [part.rows.select("instrument", "price_date") for part in landing.parsed if part.table == PRICES.name]
    prices = pl.concat([PRICES.empty().select("instrument", "price_date"), *frames])
    metals = prices.filter(pl.col("instrument").is_in([metal.symbol for metal in lme_metals()]))
    days = (metals if metals.height else prices)["price_date"]
    days = days.filter(days <= (today or datetime.now(LONDON).date()))
    first, last = days.min(), days.max()
    if not isinstance(first, date) or not isinstance(last, date):
        raise UsageFault("no usable price in the landing: nothing can be computed")
    return first, last
