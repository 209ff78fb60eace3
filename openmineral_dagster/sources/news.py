"""News lines as they landed, one JSON object a line. The text is untrusted: kept as plain data, never interpreted."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from openmineral_dagster.lake.schema import UTC_TIME
from openmineral_dagster.lake.tables import NEWS
from openmineral_dagster.sources.columns import EARLIEST, LATEST
from openmineral_dagster.sources.faults import FAULTS, UNPRINTABLE, shaped
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.parsed import Parsed, Reading, in_columns

LIMITS = {"source": 200, "headline": 500, "body": 20_000, "url": 2_000}
"""The most characters kept of each text."""
LONGEST_ID, LONGEST_LINE = 200, 200_000
REQUIRED = ("id", "published_at", "source", "headline")
_TEXT = pl.String()
_COLUMNS = pl.Schema(
    {"row": pl.Int64(), "news_id": _TEXT, "published_at": UTC_TIME, **dict.fromkeys(LIMITS, _TEXT)},
)
_FAULTS = pl.Schema({"row": pl.Int64(), "field": _TEXT, "value": _TEXT, "reason": _TEXT, "known_at": UTC_TIME})


@dataclass(frozen=True)
class _Refused(Exception):
    """Why a line is not used."""

    field: str
    value: str
    reason: str
    known_at: datetime | None = None


def matches(landed: Landed) -> bool:
    """Whether one of the first lines is a news item."""
    return any(_is_item(line) for line in landed.first_lines)


def _is_item(line: str) -> bool:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(fields, Mapping) and {"id", "headline"} <= set(fields)


def read(landed: Landed) -> Reading:
    """`market.news`: texts printable and cut to their limits, times in UTC; a line that is no such item is quarantined.

    Raises:
        BadInput: the file is empty or no text.
    """
    return read_items(landed, landed.text.split("\n"))


def read_items(landed: Landed, items: Iterable[str | Mapping[str, object] | None]) -> Reading:
    """What `read` returns, from lines or from items another format was turned into; None and a blank line are passed over."""
    rows: list[tuple[object, ...]] = []
    refused: list[tuple[object, ...]] = []
    seen: dict[str, int] = {}
    for number, given in enumerate(items, 1):
        if given is None or (isinstance(given, str) and not given.strip()):
            continue
        try:
            item = _item(_fields(given) if isinstance(given, str) else given, seen)
        except _Refused as fault:
            refused.append((number, fault.field, fault.value, fault.reason, fault.known_at))
            continue
        seen[str(item[0])] = number
        rows.append((number, *item))
    news = Parsed(NEWS.name, _printable(pl.DataFrame(rows, schema=_COLUMNS, orient="row")), landed.file, landed.vintage)
    faults = pl.DataFrame(refused, schema=_FAULTS, orient="row")
    return Reading((news,), shaped(faults, "news", landed.file) if refused else FAULTS.to_frame())


def _item(fields: Mapping[str, object], seen: Mapping[str, int]) -> tuple[object, ...]:
    """Id, time and texts of one item.

    Raises:
        _Refused: naming the field that cannot be used.
    """
    published = _time(fields)
    for name in REQUIRED:
        if not _text(fields, name, published):
            raise _Refused(name, "", "missing", published)
    news_id = str(fields["id"])
    if len(news_id) > LONGEST_ID:
        raise _Refused("id", news_id, f"longer than {LONGEST_ID} characters", published)
    if news_id in seen:
        raise _Refused("id", news_id, f"the id of row {seen[news_id]} again", published)
    return news_id, published, *(_text(fields, name, published) for name in LIMITS)


def _fields(line: str) -> Mapping[str, object]:
    if len(line) > LONGEST_LINE:
        raise _Refused("", line, f"longer than {LONGEST_LINE} characters")
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _Refused("", line, "not a JSON object") from error
    if not isinstance(fields, Mapping):
        raise _Refused("", line, "not a JSON object")
    return fields


def _time(fields: Mapping[str, object]) -> datetime:
    """The publication time in UTC; one without a zone could mean any hour of a day and is refused."""
    given = str(fields.get("published_at", ""))
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise _Refused("published_at", given, "not a time (YYYY-MM-DDTHH:MM:SSZ)") from error
    if moment.tzinfo is None:
        raise _Refused("published_at", given, "a time without its zone")
    try:
        utc = moment.astimezone(UTC)
    except OverflowError as error:
        raise _Refused("published_at", given, "not a time of this age") from error
    if not EARLIEST <= utc.date() <= LATEST:
        raise _Refused("published_at", given, "not a time of this age")
    return utc


def _text(fields: Mapping[str, object], name: str, published: datetime) -> str | None:
    """The text of a field, None where it is absent; half characters, which no file can hold, become question marks."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _Refused(name, str(value), "not a text", published)
    return value.encode("utf-8", "replace").decode().strip()


def _printable(rows: pl.DataFrame) -> pl.DataFrame:
    """`market.news` rows: line breaks and tabs as spaces, other control and invisible characters gone, lengths bounded."""
    texts = [
        pl.col(name).str.replace_all(r"[\n\r\t]+", " ").str.replace_all(UNPRINTABLE, "").str.slice(0, limit).alias(name)
        for name, limit in LIMITS.items()
    ]
    return in_columns(rows.with_columns(texts), NEWS)
