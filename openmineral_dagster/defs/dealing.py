"""What valuing deals reads of the lake: the market of any night, the deals of the night before, values of earlier terms."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from pathlib import Path

import polars as pl

from openmineral_dagster.deals.intake import deals_of
from openmineral_dagster.deals.quotes import Market, Markets
from openmineral_dagster.deals.terms import Deal
from openmineral_dagster.defs.nightly import known
from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.store import VINTAGES, Lake
from openmineral_dagster.lake.tables import FX, PRICES, TERMS, VALUATION
from openmineral_dagster.lake.vintages import latest_vintages, new_vintages
from openmineral_dagster.market.intake import arrivals
from openmineral_dagster.reference.calendars import night_before, night_end
from openmineral_dagster.sources.landing import Landing


def markets(lake: Lake) -> Markets:
    """What the night of a date knew of prices and exchange rates."""
    files = tuple(path for table in (PRICES, FX) for path in lake.files(table, VINTAGES))
    return lambda day: _market(lake, files, day)


@lru_cache(maxsize=16)
def _market(lake: Lake, files: Sequence[Path], day: date) -> Market:
    """The files, which never change, are named so that a new one is a new market."""
    return Market(known(lake, PRICES, day), known(lake, FX, day), day)


def landed_markets(lake: Lake, landed: Landing, as_of: date) -> Markets:
    """The same with what a landing adds to the lake by the night of `as_of`; nothing is stored."""
    arrived = arrivals(landed, as_of, datetime.now(UTC))
    rows = {table.name: _with_arrivals(lake, table, arrived[table.name]) for table in (PRICES, FX)}

    @cache
    def market(day: date) -> Market:
        prices, fx = (
            latest_vintages(rows[table.name].lazy(), table, night_end(day)).collect().sort(table.key) for table in (PRICES, FX)
        )
        return Market(prices, fx, day)

    return market


def _with_arrivals(lake: Lake, table: Table, arrived: pl.DataFrame) -> pl.DataFrame:
    held = lake.scan(table).collect()
    return pl.concat([held, new_vintages(held, arrived, table)])


def deals_before(lake: Lake, as_of: date) -> tuple[date, list[Deal] | None]:
    """The business day before, and the deals it knew; None where it did not take the landing up."""
    previous = night_before(as_of)
    return previous, deals_of(lake.read_night(TERMS, previous)) if lake.taken_up(previous) else None


def with_superseded(lake: Lake, as_of: date, rows: pl.DataFrame) -> pl.DataFrame:
    """The night's valuations beside those it held of earlier terms of the same deals."""
    held = lake.read_night(VALUATION, as_of).join(rows, on="deal_id", how="semi")
    return pl.concat([rows, held.join(rows, on=["deal_id", "deal_hash"], how="anti")])
