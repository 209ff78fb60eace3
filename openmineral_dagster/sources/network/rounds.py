"""Rounds of asking for a data root, and their record: one file a round, so that a night is told what was asked by then."""

import json
from collections.abc import Container, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from openmineral_dagster.lake.atomic import write_atomically
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.tables import FETCHES
from openmineral_dagster.sources.network.catalogue import turned_on
from openmineral_dagster.sources.network.received import Received, utc_now
from openmineral_dagster.sources.network.refresh import Outcome, refresh
from openmineral_dagster.sources.network.settings import Settings, read_settings
from openmineral_dagster.sources.network.source import Source
from openmineral_dagster.sources.network.transport import Transport

ASKED_LATELY = timedelta(days=10)
RECORDED = pl.Schema({name: dtype for name, dtype in FETCHES.dtypes.items() if name != "as_of_date"})


def sources_on(root: DataRoot) -> tuple[tuple[Source, ...], Settings]:
    """The publishers a data root may ask, and the settings that say so; generated data are never mixed with real ones.

    Raises:
        UsageFault: the settings cannot be read, or name a publisher nobody knows.
    """
    settings = read_settings(root.landing)
    return (() if root.sample_data else turned_on(settings)), settings


def make_round(root: DataRoot, among: Container[Source]) -> list[Outcome]:
    """Ask the publishers that are turned on and `among` those named, once; nothing is recorded where there are none.

    Raises:
        UsageFault: the settings cannot be read, or name a publisher nobody knows.
    """
    on, settings = sources_on(root)
    asked = [source for source in on if source in among]
    if not asked:
        return []
    received = Received(root.received, root.network, root.lake.raw)
    outcomes = refresh(asked, Transport(mirror=settings.mirror), received, settings, utc_now)
    record(root.network, outcomes, utc_now())
    return outcomes


def record(folder: Path, outcomes: Iterable[Outcome], now: datetime) -> None:
    """Note a round made at `now` (UTC) among the others in `folder`."""
    rows = [_row(outcome, now) for outcome in outcomes]
    write_atomically(_rounds(folder) / f"{now:%Y%m%dT%H%M%S}.json", json.dumps(rows, indent=1).encode())


def asked_by(folder: Path, moment: datetime) -> pl.DataFrame:
    """What came of each publisher's last round by `moment` (aware): the columns of `ops.fetches` without its night.

    A publisher that was not asked for longer than ASKED_LATELY is asked no more.
    """
    first, last = (f"{time:%Y%m%dT%H%M%S}" for time in (moment - ASKED_LATELY, moment))
    rounds = [file for file in sorted(_rounds(folder).glob("*.json")) if first <= file.stem <= last]
    rows = [row for file in rounds for row in json.loads(file.read_text())]
    times = {name: pl.col(name).str.to_datetime(time_unit="us", time_zone="UTC") for name in ("asked_at", "received_at")}
    written = pl.Schema({**RECORDED, **dict.fromkeys([*times, "last_date"], pl.String())})
    found = pl.DataFrame(rows, schema=written).with_columns(**times, last_date=pl.col("last_date").str.to_date())
    return found.filter(pl.col("asked_at") == pl.col("asked_at").max().over("source")).cast(RECORDED)


def _rounds(folder: Path) -> Path:
    return folder / "rounds"


def _row(outcome: Outcome, now: datetime) -> Mapping[str, object]:
    held = outcome.held
    return {
        "source": outcome.source,
        "file": outcome.file,
        "status": outcome.status,
        "reason": outcome.reason,
        "asked_at": now.isoformat(),
        "url": held.url if held else None,
        "received_at": held.received_at if held else None,
        "sha256": held.sha256 if held else None,
        "bytes": held.bytes if held else None,
        "rows": held.rows if held else None,
        "last_date": held.last_day if held else None,
    }
