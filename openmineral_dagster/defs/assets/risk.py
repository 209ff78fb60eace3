"""From positions to exposures, profit and loss, value at risk and expected shortfall."""

import dagster as dg
import polars as pl

from openmineral_dagster.defs.nightly import night_asset, night_of, reads
from openmineral_dagster.lake.tables import EXPOSURES, PNL, POSITIONS, PRICES, VAR
from openmineral_dagster.risk import book, simulation


@night_asset(EXPOSURES, {"polars"}, ins=reads(positions=POSITIONS, prices=PRICES))
def exposures(context: dg.AssetExecutionContext, positions: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """Open exposures by portfolio and priced series."""
    as_of = night_of(context)
    for position in book.unpriced(positions, prices, as_of).iter_rows(named=True):
        context.log.warning(f"{position['position_id']}: no {position['instrument']} {position['tenor']} price, left out of risk")
    return book.exposures(positions, prices, as_of)


@night_asset(PNL, {"polars"}, ins=reads(held=EXPOSURES, prices=PRICES))
def clean_pnl(context: dg.AssetExecutionContext, held: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """Clean one-day profit and loss."""
    return simulation.clean_pnl(held, prices, night_of(context))


@night_asset(VAR, {"polars", "numpy"}, ins=reads(held=EXPOSURES, prices=PRICES))
def value_at_risk(context: dg.AssetExecutionContext, held: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """Value at risk and expected shortfall by historical simulation."""
    return simulation.value_at_risk(held, prices, night_of(context))
