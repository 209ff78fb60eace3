"""Landed bytes as a table of text: lines numbered, damaged lines set apart, nothing yet read as a date or a number."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

import polars as pl

from openmineral_dagster.reference.errors import BadInput

REPLACEMENT = "\ufffd"
# One field is quoted throughout or has no quotation mark at all; anything else would shift the fields after it.
WELL_QUOTED = r'^(?:"(?:[^"]|"")*"|[^",]*)(?:,(?:"(?:[^"]|"")*"|[^",]*))*$'
MAGIC = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive or Excel file",
    b"\xd0\xcf\x11\xe0": "an old Office file",
    b"\x1f\x8b": "a gzip archive",
}
LONGEST_HEADER = 60_000
_VINTAGE = re.compile(r"[_.\- ](\d{4}-\d{2}-\d{2})$")
# A value cut short shows beside those just above it; this many rows are looked at.
ROWS_COMPARED = 5


@dataclass(frozen=True)
class TextTable:
    """A comma-separated file as text.

    Attributes:
        file: path inside the landing folder.
        names: header names in order, trimmed and in lower case; "" for a column without a name.
        rows: String columns by name (unnamed ones left out) and `row`, the line's number after the header (Int64).
        damaged: row, line and reason of the lines that could not be split into the header's fields.
        cut: row and column of a last value that seems cut short, or None.
        torn: whether the file stops in the middle of its last row.
    """

    file: str
    names: tuple[str, ...]
    rows: pl.DataFrame
    damaged: pl.DataFrame
    cut: tuple[int, str] | None
    torn: bool = False

    @property
    def stem(self) -> str:
        """The file's name without folder, ending and vintage date."""
        return stem_and_vintage(self.file)[0]

    @property
    def vintage(self) -> date | None:
        """The date the file carries in its name, as in copper_2026-11-20.csv."""
        return stem_and_vintage(self.file)[1]


Refused = tuple[int, str, str]
"""Number, text and reason of an entry that is no row."""


def table_of(file: str, names: tuple[str, ...], rows: Iterable[tuple[object, ...]], refused: Iterable[Refused]) -> TextTable:
    """A table of text from a file that is none, such as JSON or HTML.

    Args:
        rows: the number of each entry, then its fields as text in the order of `names`.
    """
    schema = {"row": pl.Int64, **dict.fromkeys(names, pl.String)}
    damaged = pl.DataFrame(list(refused), schema={"row": pl.Int64, "line": pl.String, "reason": pl.String}, orient="row")
    return TextTable(file, names, pl.DataFrame(list(rows), schema=schema, orient="row"), damaged, None)


def stem_and_vintage(file: str) -> tuple[str, date | None]:
    """A file's name without folder and ending, and the vintage date split off its end (None where there is none)."""
    name = PurePosixPath(file).name.removesuffix(".gz")
    stem = name.rsplit(".", 1)[0] if "." in name.lstrip(".") else name
    carried = _VINTAGE.search(stem)
    if not carried:
        return stem, None
    try:
        return stem[: carried.start()], date.fromisoformat(carried.group(1))
    except ValueError:
        return stem, None


def decoded(file: str, data: bytes) -> str:
    """The text of `data`, UTF-8 with or without a byte order mark, lines ended by a line feed.

    Bytes that are not UTF-8 become the replacement character, so that only their own line is lost.

    Raises:
        BadInput: the file is empty, or no text at all.
    """
    if not data.strip():
        raise BadInput(file, "", "", "a file with something in it")
    for magic, kind in MAGIC.items():
        if data.startswith(magic):
            raise BadInput(file, "", kind, "text")
    text = data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    if REPLACEMENT in header_line(text) or "\0" in header_line(text):
        raise BadInput(file, "", "bytes that are no text", "text in UTF-8")
    return text


def header_line(text: str) -> str:
    """The first line that is not blank."""
    return text.lstrip().split("\n", 1)[0]


def header_names(line: str) -> tuple[str, ...]:
    """The column names of a header line, trimmed and in lower case; none where the line is too long to be a header."""
    if len(line) > LONGEST_HEADER:
        return ()
    return tuple(name.strip().casefold() for name in next(csv.reader([line]), []))


def read_table(file: str, data: bytes) -> TextTable:
    """`data` as a table of text.

    Raises:
        BadInput: it is no text, or no table with one name a column.
    """
    text = decoded(file, data)
    lines = _lines_after_header(text)
    names = header_names(header_line(text))
    named = [name for name in names if name]
    if len(set(named)) < len(named):
        raise BadInput(file, "", ",".join(names), "column names that differ")
    checked = lines.with_columns(reason=_damage(len(names)))
    good = checked.filter(pl.col("reason").is_null())
    damaged = _with_torn_end(checked.filter(pl.col("reason").is_not_null()), lines, text)
    rows = _fields(file, good, names)
    cut = _cut(rows, names, lines, text)
    torn = cut is not None or (not text.endswith("\n") and lines.height > 0 and good["row"].last() != lines["row"][-1])
    return TextTable(file, names, rows, damaged, cut, torn)


def _lines_after_header(text: str) -> pl.DataFrame:
    """row and line of every line below the header that is not blank."""
    lines = text.split("\n")
    header = next(number for number, line in enumerate(lines) if line.strip())
    below = pl.DataFrame({"line": lines[header + 1 :]}, schema={"line": pl.String}).with_row_index("row", offset=1)
    return below.with_columns(pl.col("row").cast(pl.Int64)).filter(pl.col("line").str.strip_chars() != "")


def _damage(width: int) -> pl.Expr:
    """Why a line cannot be split into `width` fields, or null."""
    line = pl.col("line")
    bare = pl.when(line.str.contains('"', literal=True)).then(line.str.replace_all('"[^"]*"', "")).otherwise(line)
    found = bare.str.count_matches(",", literal=True) + 1
    return (
        pl.when(line.str.contains("\0", literal=True))
        .then(pl.lit("a NUL byte in the row"))
        .when(line.str.contains(REPLACEMENT, literal=True))
        .then(pl.lit("not text in UTF-8"))
        .when(line.str.contains('"', literal=True) & ~line.str.contains(WELL_QUOTED))
        .then(pl.lit("quotation marks that do not pair"))
        .when(found != width)
        .then(pl.format("{} fields where the header has {}", found, pl.lit(width)))
    )


def _with_torn_end(damaged: pl.DataFrame, lines: pl.DataFrame, text: str) -> pl.DataFrame:
    """`damaged`, saying so where the file stops in the middle of its last row."""
    if text.endswith("\n") or lines.is_empty():
        return damaged
    last = pl.col("row") == lines["row"][-1]
    torn = pl.format("the file ends in the middle of this row: {}", "reason")
    return damaged.with_columns(reason=pl.when(last).then(torn).otherwise("reason"))


def _fields(file: str, good: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """The fields of the `good` lines as text, trimmed, with `row`."""
    keys = [f"field {number}" for number in range(len(names))]
    named = {key: name for key, name in zip(keys, names, strict=True) if name}
    if good.is_empty():
        return pl.DataFrame(schema={"row": pl.Int64, **dict.fromkeys(named.values(), pl.String)})
    body = io.BytesIO("\n".join(good["line"]).encode())
    try:
        split = pl.read_csv(body, has_header=False, new_columns=keys, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise BadInput(file, "", str(error), "a table of comma-separated values") from error
    if split.height != good.height:
        raise BadInput(file, "", f"{split.height} rows in {good.height} lines", "one row a line")
    return split.select(good["row"], pl.col(list(named)).fill_null("").str.strip_chars()).rename(named)


def _cut(rows: pl.DataFrame, names: tuple[str, ...], lines: pl.DataFrame, text: str) -> tuple[int, str] | None:
    """Where the last value of a file without a final line break has fewer digits than those just above it."""
    if text.endswith("\n") or rows.is_empty() or not names[-1] or rows["row"][-1] != lines["row"][-1]:
        return None
    *above, last = rows[names[-1]].tail(ROWS_COMPARED + 1).to_list()
    above = [value for value in above if value]
    if not above or not last:
        return None
    short = _decimals(last) < max(map(_decimals, above)) or len(last) < min(map(len, above))
    return (int(rows["row"][-1]), names[-1]) if short else None


def _decimals(value: str) -> int:
    return len(value.partition(".")[2])
