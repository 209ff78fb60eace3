"""What a received file is worth: it must be what its address promises, and no step back from the one before it."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from openmineral_dagster.lake.tables import TABLES
from openmineral_dagster.lake.vintages import date_column_of
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.sources import sanctions
from openmineral_dagster.sources.landed import unpacked
from openmineral_dagster.sources.landing import READ_ELSEWHERE, recognised
from openmineral_dagster.sources.network.source import Address
from openmineral_dagster.sources.parsed import Parsed

LEAST_SHARE = sanctions.LEAST_SHARE_OF_PREVIOUS


@dataclass(frozen=True)
class Worth:
    """What a file holds: usable rows (entries of a list), and the last day it speaks of or says it is of, if any."""

    rows: int
    last_day: date | None


def worth_of(file: str, data: bytes) -> Worth:
    """What `data` holds, read as if it had landed as `file`.

    Raises:
        BadInput: it is nothing the platform reads.
    """
    if file.startswith(f"{READ_ELSEWHERE}/"):
        return Worth(*sanctions.examine(file, data))
    landed = unpacked(file, data)
    parts = [part for part in recognised(landed).read(landed).parsed if part.rows.height]
    return Worth(sum(part.rows.height for part in parts), max(map(_last_day, parts), default=None))


def _last_day(part: Parsed) -> date:
    last = part.rows.select(pl.col(date_column_of(TABLES[part.table])).max().cast(pl.Date)).item()
    if not isinstance(last, date):
        raise TypeError(f"{part.file}: rows of {part.table} without a day")
    return last


def require_no_step_back(address: Address, found: Worth, before: Worth | None) -> None:
    """Refuse what holds nothing, ends earlier than the file before it, or lost more than a tenth of its rows.

    A moving window may hold nothing new and any number of rows.

    Raises:
        BadInput: saying which.
    """
    if not found.rows and not address.each:
        raise BadInput(address.file, "", "no usable row", "rows")
    if before is None:
        return
    if found.last_day and before.last_day and found.last_day < before.last_day and not address.each:
        raise BadInput(address.file, "", f"a file that ends {found.last_day}", f"one that ends {before.last_day} or later")
    if not address.each and found.rows < LEAST_SHARE * before.rows:
        raise BadInput(address.file, "", f"{found.rows} rows", f"at least nine tenths of the {before.rows} held")
