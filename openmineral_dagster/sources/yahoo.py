"""Charts of continuous futures as Yahoo serves them: arrays of times and quotes, with nulls where nothing was quoted."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.sources.bars import QUOTES, read_bars
from openmineral_dagster.sources.columns import iso_day
from openmineral_dagster.sources.futures import VENUES
from openmineral_dagster.sources.json_text import document
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.parsed import Reading, named_instrument
from openmineral_dagster.sources.text_table import Refused, table_of

COLUMNS = ("date", *QUOTES, "volume")


def matches(landed: Landed) -> bool:
    """Whether the file is a chart."""
    chart = document(landed)
    return isinstance(chart, Mapping) and isinstance(chart.get("chart"), Mapping)


def read(landed: Landed) -> Reading:
    """`market.bars` and front prices of the contract the file is named after; the bar of a session still open is left out.

    Raises:
        BadInput: it is an answer without a chart, or the name is no contract the desk knows.
    """
    try:
        rows = list(_bars(document(landed)["chart"]["result"][0]))
    except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
        raise BadInput(landed.file, "", f"{type(error).__name__} {error}", "a chart with times and quotes") from error
    refused: list[Refused] = []
    table = table_of(landed.file, COLUMNS, rows, refused)
    instrument = named_instrument(table, VENUES)
    return read_bars(table, instrument, instrument.venue.lower(), "futures", iso_day)


def _bars(result: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    """Number and texts of each bar, dated in the exchange's own zone."""
    zone, quotes = timedelta(seconds=int(result["meta"]["gmtoffset"])), result["indicators"]["quote"][0]
    open_since = _open_since(result["meta"])
    for number, stamp in enumerate(result["timestamp"]):
        if open_since is None or int(stamp) < open_since:
            day = (datetime.fromtimestamp(int(stamp), UTC) + zone).date()
            quoted = (quotes[name][number] for name in COLUMNS[1:])
            yield number + 1, day.isoformat(), *("" if value is None else str(value) for value in quoted)


def _open_since(meta: Mapping[str, Any]) -> int | None:
    """When the session of the last trade began (epoch seconds), where it had not ended by that trade."""
    session = meta["currentTradingPeriod"]["regular"]
    traded = int(meta["regularMarketTime"])
    return int(session["start"]) if int(session["start"]) <= traded < int(session["end"]) else None
