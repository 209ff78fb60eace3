"""The sanctions lists as they lie in a folder: files recognised by content, grouped into dated copies, one table of names."""

import codecs
import csv
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, TextIO
from xml.etree.ElementTree import ParseError

import polars as pl

from openmineral_dagster.lake.atomic import UNFINISHED
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.sources.faults import FAULT_KEY, FAULTS
from openmineral_dagster.sources.sanctions_formats import (
    ListedName,
    Page,
    RowFault,
    parse_day,
    read_eu,
    read_ofac,
    read_uk,
    read_un,
)

ListName = Literal["OFAC", "UN", "EU", "UK"]
REQUIRED_LISTS: tuple[ListName, ...] = ("OFAC", "UN", "EU", "UK")
# The UK file, the largest, is about 50 MB; anything far beyond that is no list and would only exhaust memory.
MAX_BYTES = 400_000_000
CHUNK = 1_000_000
LAST_BYTES = b"\x1a\r\n\t "
# A copy with fewer entries than this share of the one before it was cut short on its way.
LEAST_SHARE_OF_PREVIOUS = 0.9
PARTS: dict[str, ListName] = {"sdn": "OFAC", "un": "UN", "eu": "EU", "uk": "UK"}
Day = date
ENTRY_COLUMNS = pl.Schema(
    {
        "list": pl.String,
        "version": pl.String,
        "uid": pl.String,
        "entity_type": pl.String,
        "name": pl.String,
        "alias_kind": pl.String,
        "programme": pl.String,
        "country": pl.String,
        "imo": pl.String,
    }
)


@dataclass(frozen=True)
class ListVersion:
    """One dated copy of a list.

    Attributes:
        list: OFAC, UN, EU or UK.
        date: the publisher's date in the file, else the date in the file's name, else None.
        confirmed: the later date in the file's name, on which this was still the publisher's copy, or None.
        entries: listed persons, entities and vessels.
        sha256: of the files' bytes; `entries.version` of its rows.
        gap: what this copy lacks to be the whole list, or "".
    """

    list: ListName
    date: date | None
    entries: int
    sha256: str
    gap: str = ""
    confirmed: Day | None = None


@dataclass(frozen=True)
class Lists:
    """Every name of every list copy found.

    Attributes:
        entries: a row a name: list, version (SHA-256 of its copy), uid, entity_type (person, entity, vessel), name,
            alias_kind (primary, strong, weak), programme, country (as the list writes it, "; " between several), imo.
        versions: the copies, by list and date.
        faults: what could not be used, in the columns of FAULTS.
    """

    entries: pl.DataFrame
    versions: tuple[ListVersion, ...]
    faults: pl.DataFrame


@dataclass(frozen=True)
class _File:
    """A file of the folder, unpacked, and the part of a list its content shows it to be."""

    name: str
    part: str
    sha256: str
    body: bytes

    @property
    def lines(self) -> TextIO:
        """Its text, a line at a time: the largest list is not held twice.

        UTF-8, with or without its mark; OFAC's legacy files were written in a single-byte Western encoding.
        """
        return io.TextIOWrapper(io.BytesIO(self.body), "utf-8-sig" if _is_utf8(self.body) else "latin-1", newline="")

    @property
    def name_date(self) -> date | None:
        """The date in the file's name, written 2026-11-20 or 20261120."""
        found = re.search(r"(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)(?!\d)", Path(self.name).name)
        return parse_day("-".join(found.groups()), "%Y-%m-%d") if found else None


@dataclass(frozen=True)
class _Copy:
    version: ListVersion
    page: Page


Fault = dict[str, str | int]


def read_lists(*folders: Path) -> Lists:
    """Every list copy in the folders and below them.

    A file is recognised by its content, and several dated copies of a list may lie side by side. A folder that is missing
    or empty gives empty lists; a file that is no list, or cannot be read, becomes a fault.
    """
    faults: list[Fault] = []
    files = [file for folder in folders for file in _files(folder, faults)]
    copies = [copy for group in _groups(files, faults) if (copy := _parse(group, faults))]
    # The same bytes met twice, in another folder or under another name, are one copy.
    distinct = {copy.version.sha256: copy for copy in reversed(copies)}.values()
    kept = sorted(distinct, key=lambda copy: (copy.version.list, copy.version.date or date.min, copy.version.sha256))
    sound = tuple(_not_cut_short(kept, faults))
    return Lists(_entries(sound), tuple(copy.version for copy in sound), _fault_frame(faults))


def examine(name: str, raw: bytes) -> tuple[str, int, date | None]:
    """The part of a list a file is, its entries (lines of OFAC's aliases and addresses) and the publisher's date in it, if any.

    Raises:
        BadInput: it is no part of a list, or cannot be read as one.
    """
    file, faults = _opened(name, raw), list[Fault]()
    if file.part in ("alt", "add"):
        return file.part, sum(1 for _ in file.lines), None
    copy = _parse([file], faults)
    if copy is None:
        raise BadInput(name, "", faults[0]["reason"], "a sanctions list")
    return file.part, copy.version.entries, copy.page.day


def _files(folder: Path, faults: list[Fault]) -> Iterator[_File]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []:
        if path.name.startswith(UNFINISHED):
            continue
        name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
        try:
            yield _opened(name, path.read_bytes())
        except BadInput as error:
            faults.append(_fault(name, f"expected {error.expectation}", value=error.value))
        except OSError as error:
            faults.append(_fault(name, f"cannot be read: {error.strerror or error}"))


def _opened(name: str, raw: bytes) -> _File:
    """The file with its text, unpacked where it is gzip.

    Raises:
        BadInput: it is empty, too large, torn, or no part of a list.
    """
    try:
        body = gzip.GzipFile(fileobj=io.BytesIO(raw)).read(MAX_BYTES + 1) if raw[:2] == b"\x1f\x8b" else raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadInput(name, "", error, "a whole gzip file") from error
    if len(body) > MAX_BYTES:
        raise BadInput(name, "", f"{len(body)} bytes or more", f"a list of at most {MAX_BYTES} bytes")
    whole = body.rstrip(LAST_BYTES) if body[-1:] == LAST_BYTES[:1] else body
    return _File(name, _part_of(name, whole), hashlib.sha256(raw).hexdigest(), whole)


def _is_utf8(body: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(body), CHUNK):
            decoder.decode(body[start : start + CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _part_of(name: str, body: bytes) -> str:
    head = body[:4000].decode("utf-8-sig", "replace").strip()
    if not head:
        raise BadInput(name, "", "", "a sanctions list, the file is empty")
    if re.match(r"(?i)<(!doctype html|html)", head):
        raise BadInput(name, "", head[:40], "a sanctions list, the file is an HTML page")
    if "<CONSOLIDATED_LIST" in head:
        return "un"
    if "Entity_LogicalId;" in head.partition("\n")[0]:
        return "eu"
    if head.lstrip('"').startswith("Report Date:"):
        return "uk"
    try:
        first = next(csv.reader(io.StringIO(head)), [])
    except csv.Error as error:
        raise BadInput(name, "", head[:40], "the layout of an OFAC, UN, EU or UK list") from error
    part = {12: "sdn", 5: "alt", 6: "add"}.get(len(first))
    if part and first[0].strip().isdigit() and (part != "alt" or first[2].strip().lower() in ("aka", "fka", "nka")):
        return part
    raise BadInput(name, "", head[:40], "the layout of an OFAC, UN, EU or UK list")


def _groups(files: list[_File], faults: list[Fault]) -> Iterator[list[_File]]:
    """Each list copy with its parts: OFAC's aliases and addresses go to the names of their folder and name date."""
    names = {(Path(file.name).parent, file.name_date): [file] for file in files if file.part == "sdn"}
    for file in files:
        if file.part in ("alt", "add"):
            group = names.get((Path(file.name).parent, file.name_date))
            if group is None:
                faults.append(_fault(file.name, "no OFAC names file of the same date lies beside it"))
            else:
                group.append(file)
    yield from names.values()
    yield from ([file] for file in files if file.part in ("un", "eu", "uk"))


def _parse(group: list[_File], faults: list[Fault]) -> _Copy | None:
    first, parts = group[0], {file.part: file for file in group}
    try:
        if first.part == "sdn":
            page = read_ofac({part: file.lines for part, file in parts.items()})
        elif first.part == "un":
            page = read_un(first.body.strip())
        else:
            page = {"eu": read_eu, "uk": read_uk}[first.part](first.lines)
    except (csv.Error, ParseError, ValueError) as error:
        faults.append(_fault(first.name, f"cannot be read as a list: {' '.join(str(error).split())}"[:200]))
        return None
    faults += [_row_fault(parts[found.part].name, found) for found in page.faults]
    listed = {(name.uid, name.entity_type) for name in page.names}
    digest = first.sha256 if len(group) == 1 else hashlib.sha256("".join(file.sha256 for file in group).encode()).hexdigest()
    gap = "its alias file (alt.csv) is missing" if first.part == "sdn" and "alt" not in parts else ""
    version = ListVersion(PARTS[first.part], page.day or first.name_date, len(listed), digest, gap, first.name_date)
    return _Copy(version, page)


def _not_cut_short(copies: list[_Copy], faults: list[Fault]) -> Iterator[_Copy]:
    """The copies without those that shrank far below the dated copy of their list before them."""
    last: dict[str, int] = {}
    for version, copy in ((copy.version, copy) for copy in copies):
        before = last.get(version.list, 0)
        if version.date and version.entries < LEAST_SHARE_OF_PREVIOUS * before:
            reason = (
                f"the copy of {version.date} holds {version.entries} entries, the one before it {before}: cut short, not used"
            )
            faults.append(_fault(f"{version.list} list", reason, value=version.sha256))
            continue
        if version.date:
            last[version.list] = version.entries
        yield copy


def _entries(copies: tuple[_Copy, ...]) -> pl.DataFrame:
    frames = [
        _frame(copy.page.names).select(
            pl.lit(copy.version.list).alias("list"), pl.lit(copy.version.sha256).alias("version"), pl.all()
        )
        for copy in copies
    ]
    return pl.concat([pl.DataFrame(schema=ENTRY_COLUMNS), *frames]).unique(maintain_order=True)


def _frame(names: list[ListedName]) -> pl.DataFrame:
    fields = list(ENTRY_COLUMNS)[2:]
    return pl.DataFrame({field: [getattr(name, field) for name in names] for field in fields}, schema_overrides=ENTRY_COLUMNS)


def _fault(file: str, reason: str, row: int = 0, value: str = "") -> Fault:
    # No market day is spoken of, so `known_at` stays null.
    return {"source": "sanctions", "file": file, "row": row, "field": "", "value": value[:120], "reason": reason}


def _row_fault(file: str, found: RowFault) -> Fault:
    return _fault(file, found.reason, found.row, found.value)


def _fault_frame(faults: list[Fault]) -> pl.DataFrame:
    frame = pl.DataFrame(faults, schema=FAULTS)
    return frame.unique(FAULT_KEY, maintain_order=True)
