"""What the risk assets of a run share: the histories of one view, the fits already made, and the record of past figures."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import polars as pl

from openmineral_dagster.defs.nightly import Night, known
from openmineral_dagster.defs.views import nights_alike
from openmineral_dagster.features import fits
from openmineral_dagster.features.gjr import Gjr
from openmineral_dagster.features.scales import Garch
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.store import VINTAGES
from openmineral_dagster.lake.tables import DEAL_EXPOSURES, EXPOSURES, FX, PNL, PRICES, VAR
from openmineral_dagster.reference.calendars import night_before
from openmineral_dagster.risk.book import NO_DEALS, WHOLE_BOOK, deal_lines, measured, unmeasured
from openmineral_dagster.risk.fits import Fits
from openmineral_dagster.risk.history import Histories, histories
from openmineral_dagster.risk.increments import COLUMNS, incremental_var, published_method
from openmineral_dagster.risk.record import Record

_running: dict[Path, Record] = {}
"""The record of the last night computed in each data root, for the night that follows it."""


def market_of(night: Night) -> Histories:
    """The prices and currencies the night knew, read once for all nights of a run that know the same."""
    files = _files(night.root)
    return _histories(night.root, files, nights_alike(files, night)[-1])


def _files(root: DataRoot) -> tuple[Path, ...]:
    return tuple(file for table in (PRICES, FX) for file in root.lake.files(table, VINTAGES))


@lru_cache(maxsize=2)
def _histories(root: DataRoot, files: tuple[Path, ...], last: date) -> Histories:
    """The files, which never change, are named so that a new one is a new view."""
    return histories(known(root.lake, PRICES, last), known(root.lake, FX, last), last)


@contextmanager
def kept_fits(root: DataRoot) -> Iterator[Fits]:
    """The fits of the data root; new ones are kept."""
    held = _fits(root)
    before = len(held)
    yield held
    if len(held) > before:
        folder = root.models / "risk"
        fits.save(folder, Garch, held.garch)
        fits.save(folder, Gjr, held.gjr)


@lru_cache(maxsize=2)
def _fits(root: DataRoot) -> Fits:
    folder = root.models / "risk"
    return Fits(fits.load(folder, Garch), fits.load(folder, Gjr))


def record_through(night: Night) -> Record:
    """The record of every stored night up to this one, with its profit and loss."""
    before = night_before(night.as_of)
    record = _running.pop(night.root.path, None)
    if record is None or before not in night.among or record.last_night != before:
        record = Record.of(night.lake.read_before(VAR, night.as_of), night.lake.read_before(PNL, night.as_of))
    record.add(night.as_of, night.lake.read_night(VAR, before), night.lake.read_night(PNL, night.as_of))
    _running[night.root.path] = record
    return record


@dataclass(frozen=True)
class Added:
    """What a deal would add to the book of a night: one-day value at risk at 99 percent without and with it, USD."""

    method: str
    without_usd: float
    with_usd: float


def added_by(root: DataRoot, deal_id: str, legs: pl.DataFrame, as_of: date) -> Added | None:
    """What the open legs of a deal add to the book of a stored night.

    None where it has none, where that night is not stored, or where one of its legs cannot be measured: a part would mislead.

    Args:
        legs: instrument, delivery, quantity in the instrument's unit; long positive.
    """
    var, exposed = root.lake.read_night(VAR, as_of), root.lake.read_night(EXPOSURES, as_of)
    if legs.is_empty() or var.is_empty():
        return None
    market, whole = _histories(root, _files(root), as_of), exposed.filter(portfolio=WHOLE_BOOK).select(COLUMNS)
    signed = root.lake.read_night(DEAL_EXPOSURES, as_of).filter(deal_id=deal_id)
    taken = deal_lines(signed).select(COLUMNS).with_columns(-pl.col("quantity"))
    extra, book = deal_lines(legs).select(COLUMNS), pl.concat([whole, taken])
    if unmeasured(extra, market, as_of).height:
        return None
    method = published_method(var)
    with kept_fits(root) as held:
        counted = measured(book, unmeasured(book, market, as_of))
        before, after = incremental_var(counted, extra, method, market, as_of, held)
    return Added(method, round(before, 2), round(after, 2))


def knows_deals_before(night: Night) -> bool:
    """Whether what deals left open on the night before is stored."""
    return bool(night.lake.files(DEAL_EXPOSURES, night_before(night.as_of).isoformat()))


def open_legs(night: Night, held_on: date) -> pl.DataFrame:
    """What the legs of deals exposed the desk to on a night, as `risk.book.lines` takes them."""
    return night.lake.read_night(DEAL_EXPOSURES, held_on).select(NO_DEALS.columns)
