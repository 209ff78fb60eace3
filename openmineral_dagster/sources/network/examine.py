"""What a received file is worth: it must be what its address promises, and no step back from the one before it."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from openmineral_dagster.lake.tables import TABLES
from openmineral_dagster.lake.vintages import date_column_of
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.sources import sanctions
from openmineral_dagster.sources.landed import unpacked
from openmineral_dagster.sources.landing import READ_ELSEWHERE, READERS, recognised
from openmineral_dagster.sources.network.source import Address
from openmineral_dagster.sources.parsed import Parsed

NEWS = ("rss", "gdelt")
LEAST_SHARE = sanctions.LEAST_SHARE_OF_PREVIOUS


@dataclass(frozen=True)
class Worth:
    """What a file holds: usable rows (entries of a list), and the last day it speaks of or says it is of, if any."""

    rows: int
    last_day: date | None


def worth_of(address: Address, data: bytes, today: date) -> Worth:
    """What `data` holds, read as if it had landed: as the one kind of file its address may be, and no other.

    A day after `today` is a slip of the pen in a series, and does not count as its last.

    Raises:
        BadInput: it is something else, or a list dated after tomorrow.
    """
    if address.file.startswith(f"{READ_ELSEWHERE}/"):
        return _worth_of_list(address, data, today)
    landed = unpacked(address.file, data)
    reader = recognised(landed)
    if reader is not READERS[address.holds]:
        raise BadInput(address.file, "", "another kind of file", f"a file of the kind {address.holds}")
    if address.series and address.series.casefold() not in landed.names:
        raise BadInput(address.file, "", ",".join(landed.names), f"a column {address.series}")
    parts = [part for part in reader.read(landed).parsed if part.rows.height]
    last = max(map(_last_day, parts), default=None)
    return Worth(sum(part.rows.height for part in parts), min(last, today) if last else None)


def _worth_of_list(address: Address, data: bytes, today: date) -> Worth:
    part, entries, day = sanctions.examine(address.file, data)
    if part != address.holds:
        raise BadInput(address.file, "", part, f"the part {address.holds} of a list")
    if day and day > today + timedelta(days=1):
        raise BadInput(address.file, "", f"a list dated {day}", "one that is not of the future")
    return Worth(entries, day)


def _last_day(part: Parsed) -> date:
    last = part.rows.select(pl.col(date_column_of(TABLES[part.table])).max().cast(pl.Date)).item()
    if not isinstance(last, date):
        raise TypeError(f"{part.file}: rows of {part.table} without a day")
    return last


def require_no_step_back(address: Address, found: Worth, before: Worth | None) -> None:
    """Refuse what holds nothing, ends earlier than the file before it, or lost more than a tenth of its rows.

    A moving window may hold any number of rows; news may end earlier, and an hour of the world's may be without any of ours.

    Raises:
        BadInput: saying which.
    """
    if not found.rows and address.holds != "gdelt":
        raise BadInput(address.file, "", "no usable row", "rows")
    if before is None:
        return
    ends_earlier = found.last_day and before.last_day and found.last_day < before.last_day
    if ends_earlier and address.holds not in NEWS:
        raise BadInput(address.file, "", f"a file that ends {found.last_day}", f"one that ends {before.last_day} or later")
    if not address.each and found.rows < LEAST_SHARE * before.rows:
        raise BadInput(address.file, "", f"{found.rows} rows", f"at least nine tenths of the {before.rows} held")
