"""From landing files to point-in-time tables, and how fresh each source is."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
import polars as pl

from openmineral_dagster.deals.intake import admit
from openmineral_dagster.defs.nightly import night_asset, night_of, night_out, reads
from openmineral_dagster.defs.partitions import NIGHTS
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.lake.root import bind
from openmineral_dagster.lake.tables import BARS, FRESHNESS, FX, MARKS, NEWS, POSITIONS, PRICES, QUARANTINE, RATES, STOCKS, TERMS
from openmineral_dagster.market.freshness import freshness
from openmineral_dagster.market.intake import arrivals, faults_known, positions_known
from openmineral_dagster.market.marks import last_prices
from openmineral_dagster.market.nights import require_computable
from openmineral_dagster.sources.landing import price_span, read_landing

LANDED = (PRICES, BARS, STOCKS, FX, RATES, NEWS, POSITIONS, TERMS, QUARANTINE)


@dg.multi_asset(
    name="landing",
    outs={table.name.replace(".", "_"): night_out(table, {"polars", "parquet"}) for table in LANDED},
    partitions_def=NIGHTS,
)
def landing(context: dg.AssetExecutionContext, data_root: DataRootResource) -> Iterator[dg.Output[pl.DataFrame]]:
    """Every row the landing held and the night could know; what cannot be used goes to quarantine with its reason."""
    as_of = night_of(context)
    bind(data_root.root)
    landed = read_landing(data_root.root.landing)
    require_computable(as_of, *price_span(landed))
    terms, deal_faults = admit(landed.deals, as_of)
    tables = {
        **arrivals(landed, as_of, datetime.now(UTC)),
        POSITIONS.name: positions_known(landed, as_of),
        TERMS.name: terms,
        QUARANTINE.name: faults_known(pl.concat([landed.faults, deal_faults], how="vertical_relaxed"), as_of),
    }
    for notice in landed.notices:
        context.log.info(notice)
    for table in LANDED:
        yield dg.Output(tables[table.name], output_name=table.name.replace(".", "_"))


@night_asset(MARKS, {"polars"}, ins=reads(prices=PRICES))
def marks(context: dg.AssetExecutionContext, prices: pl.DataFrame) -> pl.DataFrame:
    """The last price of every series."""
    return last_prices(prices, night_of(context))


@night_asset(FRESHNESS, {"polars"}, ins=reads(prices=PRICES, stocks=STOCKS, fx=FX, rates=RATES))
def source_freshness(
    context: dg.AssetExecutionContext, prices: pl.DataFrame, stocks: pl.DataFrame, fx: pl.DataFrame, rates: pl.DataFrame
) -> pl.DataFrame:
    """The age of each source's latest value."""
    return freshness(((PRICES, prices), (STOCKS, stocks), (FX, fx), (RATES, rates)), night_of(context))
