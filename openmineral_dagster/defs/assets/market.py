"""From landing files to point-in-time tables, and how fresh each source is."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

import dagster as dg
import polars as pl

from openmineral_dagster.deals.intake import admit
from openmineral_dagster.deals.quotes import Markets
from openmineral_dagster.defs.dealing import markets
from openmineral_dagster.defs.nightly import MANY_NIGHTS_IN_ONE_RUN, Night, night_asset, nights_of, spec_of, stored
from openmineral_dagster.defs.partitions import NIGHTS
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.defs.retries import tried_again
from openmineral_dagster.lake.atomic import durable_together
from openmineral_dagster.lake.root import DataRoot, bind
from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables import (
    BARS,
    CROSS_SOURCE,
    CURVE,
    FETCHES,
    FILES,
    FRESHNESS,
    FX,
    MARKS,
    MONTHLY,
    NEWS,
    POSITIONS,
    POSITIONS_COT,
    PRICES,
    QUALITY,
    QUARANTINE,
    QUOTATIONAL_PERIODS,
    RATES,
    STOCKS,
    TABLES,
    TERMS,
)
from openmineral_dagster.market.averages import quotational_periods
from openmineral_dagster.market.freshness import freshness
from openmineral_dagster.market.intake import arrivals, faults_known, files_received, positions_ahead, positions_known
from openmineral_dagster.market.marks import last_prices
from openmineral_dagster.market.nights import require_computable
from openmineral_dagster.market.prompts import curve
from openmineral_dagster.market.quality import cross_source, quality
from openmineral_dagster.reference.calendars import night_end
from openmineral_dagster.reference.code import code_digest
from openmineral_dagster.sources.landing import Landing, landing_digest, price_span, read_landing
from openmineral_dagster.sources.network.catalogue import SOURCES
from openmineral_dagster.sources.network.rounds import asked_by

VINTAGES = (PRICES, BARS, STOCKS, FX, RATES, MONTHLY, POSITIONS_COT, NEWS)
NIGHTLY = (POSITIONS, TERMS, QUARANTINE, FILES)
DATED = {"prices": PRICES, "stocks": STOCKS, "fx": FX, "rates": RATES, "monthly": MONTHLY, "cot": POSITIONS_COT}


@dg.multi_asset(
    name="landing",
    specs=[spec_of(table, {"polars", "parquet"}) for table in (*VINTAGES, *NIGHTLY)],
    partitions_def=NIGHTS,
    backfill_policy=MANY_NIGHTS_IN_ONE_RUN,
)
def landing(context: dg.AssetExecutionContext, data_root: DataRootResource) -> Iterator[dg.MaterializeResult]:
    """Every row the landing held and the nights could know; what cannot be used goes to quarantine with its reason."""
    root, nights = data_root.root, nights_of(context)
    with tried_again(context):
        bind(root)
        digest = f"{landing_digest(root.landing, root.received)} {code_digest()}"
        if all(root.lake.taken_up(as_of) == digest for as_of in nights):
            context.log.info("the landing is unchanged since it was read")
        else:
            for notice in take_up(root, nights, digest):
                context.log.info(notice)
    for table in (*VINTAGES, *NIGHTLY):
        yield stored(Night(nights[-1], root, context.log), table)


def take_up(root: DataRoot, nights: Sequence[date], digest: str) -> tuple[str, ...]:
    """Read the landing and store what each of the nights could know of it; the notices for the log."""
    landed = read_landing(root.landing, root.received, root.lake.raw.keep)
    span = price_span(landed)
    for as_of in nights:
        require_computable(as_of, *span)
    for name, rows in arrivals(landed, nights[-1], datetime.now(UTC)).items():
        root.lake.merge(TABLES[name], rows)
    with durable_together(len(nights) > 1):
        for as_of in nights:
            for table, rows in own_rows(landed, as_of, markets(root.lake), is_last=as_of == span[1]).items():
                root.lake.write_night(table, as_of, rows)
            root.lake.take_up(as_of, digest)
    return landed.notices


def own_rows(landed: Landing, as_of: date, market: Markets, *, is_last: bool) -> dict[Table, pl.DataFrame]:
    """What one night takes from the landing beside the tables that grow."""
    terms, deal_faults = admit(landed.deals, as_of, market)
    ahead = [positions_ahead(landed, as_of)] if is_last else []
    faults = pl.concat([landed.faults, deal_faults, *ahead], how="vertical_relaxed")
    return {
        POSITIONS: positions_known(landed, as_of),
        TERMS: terms,
        QUARANTINE: faults_known(faults, as_of),
        FILES: files_received(landed, as_of),
    }


@night_asset(MARKS, {"polars"}, reads={"prices": PRICES})
def marks(night: Night, prices: pl.DataFrame) -> pl.DataFrame:
    """The last price of every series."""
    return last_prices(prices, night.as_of)


@night_asset(QUALITY, {"polars"}, reads={"prices": PRICES})
def price_quality(night: Night, prices: pl.DataFrame) -> pl.DataFrame:
    """Gaps, repeats, unit jumps, outliers and rolls of every series."""
    return quality(prices, night.as_of)


@night_asset(CROSS_SOURCE, {"polars"}, reads={"prices": PRICES})
def second_sources(night: Night, prices: pl.DataFrame) -> pl.DataFrame:
    """Prices that two sources give."""
    return cross_source(prices, night.as_of)


@night_asset(CURVE, {"python"}, reads={"last": MARKS})
def lme_curve(night: Night, last: pl.DataFrame) -> pl.DataFrame:
    """Forward prices by prompt."""
    return curve(last, night.as_of)


@night_asset(QUOTATIONAL_PERIODS, {"python"}, reads={"prices": PRICES})
def monthly_averages(night: Night, prices: pl.DataFrame) -> pl.DataFrame:
    """Averages of the months deals are priced in."""
    return quotational_periods(prices, night.as_of)


@night_asset(FETCHES, {"http"})
def fetches(night: Night) -> pl.DataFrame:
    """What came of asking publishers over the network."""
    return asked_by(night.root.network, night_end(night.as_of)).with_columns(as_of_date=pl.lit(night.as_of))


@night_asset(FRESHNESS, {"polars"}, reads={**DATED, "fetched": FETCHES})
def source_freshness(night: Night, fetched: pl.DataFrame, **tables: pl.DataFrame) -> pl.DataFrame:
    """The age of each source's latest value."""
    dated = [(DATED[name], rows) for name, rows in tables.items()]
    return freshness(dated, night.as_of, fetched, {source.name: source.feeds for source in SOURCES})
