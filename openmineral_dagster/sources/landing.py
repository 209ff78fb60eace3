"""A landing folder read as a whole: each file recognised by what is in it, its rows by table, its faults, the notices."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import polars as pl

from openmineral_dagster.lake.root import SAMPLE_MARKER
from openmineral_dagster.lake.tables import PRICES
from openmineral_dagster.reference.calendars import LONDON
from openmineral_dagster.reference.errors import BadInput, UsageFault
from openmineral_dagster.reference.instruments import lme_metals
from openmineral_dagster.sources import (
    cftc,
    comex_stocks,
    deal_files,
    energy,
    fred,
    futures,
    fx,
    gdelt,
    lbma,
    lme,
    macro,
    news,
    positions,
    rates,
    rss,
    warehouse_reports,
    westmetall,
    worldbank,
    yahoo,
)
from openmineral_dagster.sources.faults import FAULTS, whole_file
from openmineral_dagster.sources.folder import DESK, RECEIVED, SETTINGS, Found, landing_files, received_files
from openmineral_dagster.sources.landed import Landed, unpacked
from openmineral_dagster.sources.overlaps import reconcile
from openmineral_dagster.sources.parsed import Parsed, Reading

__all__ = ["Landing", "Parsed", "landing_digest", "price_span", "read_landing"]


class Reader(Protocol):
    """One kind of file: told by its content, and where that says too little by its name."""

    def matches(self, landed: Landed) -> bool:
        """Whether the file is of this kind.

        Raises:
            BadInput: it is no text where text is looked for.
        """

    def read(self, landed: Landed) -> Reading:
        """The file's rows by table, and its faults.

        Raises:
            BadInput: nothing of it can be used.
        """


READERS: dict[str, Reader] = {
    "worldbank": worldbank,
    "comex_stocks": comex_stocks,
    "westmetall": westmetall,
    "rss": rss,
    "yahoo": yahoo,
    "lbma": lbma,
    "gdelt": gdelt,
    "news": news,
    "lme_stocks": warehouse_reports,
    "cftc": cftc,
    "lme": lme,
    "macro": macro,
    "futures": futures,
    "energy": energy,
    "fx": fx,
    "rates": rates,
    "fred": fred,
    "positions": positions,
}
"""By kind, in the order they are asked: an index is told from a future by its name."""
HEADERS = {
    "lme": "date,cash_settlement,three_month,lme_stock",
    "futures": "Date,Open,High,Low,Close[,Adj Close,Volume]",
    "macro": "DATE,OPEN,HIGH,LOW,CLOSE",
    "energy": "Date,Price",
    "fx": "Date,USD and other currencies",
    "rates": "Date,1 Mo,...,30 Yr, or observation_date and a FRED series",
    "positions": ",".join(positions.REQUIRED),
    "worldbank": "the Pink Sheet, an Excel workbook",
    "lbma": "a JSON list of days with their prices",
    "comex_stocks": "a stock report, an old Excel workbook",
    "cftc": "a legacy or disaggregated report with its header, or date,all,long,short,net",
    "lme_stocks": f"JSON objects with {', '.join(warehouse_reports.FIELDS)}",
    "news": "JSON objects with id, published_at, source, headline, body, url",
}
DATA_SUFFIXES = (".csv", ".json", ".jsonl", ".yaml", ".yml", ".xls", ".xlsx", ".zip")
"""Endings that claim to be data: such a file is quarantined when it is not, any other is ignored."""
Keep = Callable[[bytes], str]
READ_ELSEWHERE = "sanctions"
NOT_READ = ("orderbook",)


@dataclass(frozen=True)
class Landing:
    """What a landing folder held.

    Attributes:
        parsed: rows by file and table; within one vintage a key has one row.
        faults: the columns of FAULTS; `known_at` is null for a file as a whole.
        notices: one line each, for the person who reads the log.
        deals: path and text of each deal file, sorted by path.
        files: path, SHA-256 and size of every file whose bytes were read, sorted by path.
    """

    parsed: tuple[Parsed, ...]
    faults: pl.DataFrame
    notices: tuple[str, ...]
    deals: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str, int], ...]

    @property
    def digest(self) -> str:
        """SHA-256 of all files, their names included: equal for equal landings."""
        return _digest(self.files)


@dataclass
class _Collected:
    readings: list[Reading] = field(default_factory=list)
    faults: list[pl.DataFrame] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    deals: list[tuple[str, str]] = field(default_factory=list)
    files: list[tuple[str, str, int]] = field(default_factory=list)


def digest_of(content: bytes) -> str:
    """SHA-256 of what was received."""
    return sha256(content).hexdigest()


def landing_digest(folder: Path, received: Path | None = None) -> str:
    """SHA-256 of everything readable in both folders, names included: equal to `Landing.digest`, without parsing anything.

    Raises:
        UsageFault: the folder is missing, no folder, unreadable or empty.
    """
    collected = _Collected()
    for found in [*landing_files(folder), *received_files(received)]:
        with suppress(BadInput):
            _received(found, collected, digest_of)
    return _digest(collected.files)


def _digest(files: Iterable[tuple[str, str, int]]) -> str:
    return digest_of(repr(tuple(files)).encode())


def read_landing(folder: Path, received: Path | None = None, keep: Keep = digest_of) -> Landing:
    """Everything a landing holds for the platform, and what was received beside it; the same files give the same result.

    Args:
        received: the folder of what came over the network, laid out like a landing.
        keep: is handed the bytes of every file as received, and returns their SHA-256.

    Raises:
        UsageFault: the folder is missing, no folder, unreadable or empty.
    """
    collected = _Collected()
    for found in [*landing_files(folder), *received_files(received)]:
        _collect(found, collected, keep)
    parts, overlaps = reconcile(part for reading in collected.readings for part in reading.parsed if part.rows.height)
    faults = pl.concat([FAULTS.to_frame(), *collected.faults, *(reading.faults for reading in collected.readings)])
    order = ["source", "file", "row", "field", "reason"]
    notices = tuple(dict.fromkeys([*collected.notices, *overlaps]))
    return Landing(parts, faults.sort(order), notices, tuple(collected.deals), tuple(collected.files))


def _collect(found: Found, collected: _Collected, keep: Keep) -> None:
    """Put what one file holds where it belongs; a file that cannot be used is a fault, never the end of the reading."""
    top = _kind_folder(found.file)
    if found.notice:
        collected.notices.append(f"{found.file}: {found.notice}")
        return
    try:
        data = _received(found, collected, keep)
        if top in NOT_READ:
            collected.notices.append(f"{top}: kept as received, read by no stage yet")
        elif top not in (READ_ELSEWHERE, DESK) and found.file not in (SAMPLE_MARKER, SETTINGS):
            _read(found, data, collected)
    except BadInput as fault:
        collected.faults.append(whole_file(_kind(found.file), fault))


def _received(found: Found, collected: _Collected, keep: Keep) -> bytes:
    """The bytes of a file, noted with their hash; none of what is passed over.

    Raises:
        BadInput: it cannot be read.
    """
    if found.notice:
        return b""
    data = found.content()
    collected.files.append((found.file, keep(data), len(data)))
    return data


def _read(found: Found, data: bytes, collected: _Collected) -> None:
    if deal_files.matches(found.file):
        collected.deals.append((found.file, deal_files.read(found.file, data)))
        return
    landed = unpacked(found.file, data)
    try:
        reader = recognised(landed)
    except BadInput as fault:
        if found.file.casefold().removesuffix(".gz").endswith(DATA_SUFFIXES):
            raise
        collected.notices.append(f"{found.file}: ignored, not a file the platform reads ({fault.value or 'empty'})")
        return
    reading = reader.read(landed)
    collected.readings.append(reading)
    collected.notices += reading.notices
    if not reading.faults.height and not any(part.rows.height for part in reading.parsed):
        collected.notices.append(f"{found.file}: no rows")


def recognised(landed: Landed) -> Reader:
    """The reader of a file.

    Raises:
        BadInput: no reader knows it.
    """
    for reader in READERS.values():
        if reader.matches(landed):
            return reader
    expected = HEADERS.get(_kind(landed.file), f"a header the platform knows: of {', '.join(READERS)}")
    raise BadInput(landed.file, "", landed.line, expected)


def _kind_folder(file: str) -> str:
    """The folder that says what kind of file it is; "" for a file outside any."""
    top, inside, _ = file.removeprefix(f"{RECEIVED}/").partition("/")
    return top if inside else ""


def _kind(file: str) -> str:
    """The kind of a file that could not be read: the folder it landed in, else "landing"."""
    top = _kind_folder(file)
    return top if top in (*HEADERS, deal_files.FOLDER) else "landing"


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
