"""From positions to exposures, profit and loss, value at risk and expected shortfall."""

import polars as pl

from openmineral_dagster.defs.nightly import Night, night_asset
from openmineral_dagster.lake.tables import EXPOSURES, PNL, POSITIONS, PRICES, VAR
from openmineral_dagster.risk import book, simulation


@night_asset(EXPOSURES, {"polars"}, reads={"positions": POSITIONS, "prices": PRICES})
def exposures(night: Night, positions: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """Open exposures by portfolio and priced series."""
    for position in book.unpriced(positions, prices, night.as_of).iter_rows(named=True):
        night.log.warning(f"{position['position_id']}: no {position['instrument']} {position['tenor']} price, left out of risk")
    return book.exposures(positions, prices, night.as_of)


@night_asset(PNL, {"polars"}, reads={"held": EXPOSURES, "prices": PRICES})
def clean_pnl(night: Night, held: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """Clean one-day profit and loss."""
    return simulation.clean_pnl(held, prices, night.as_of)


@night_asset(VAR, {"polars", "numpy"}, reads={"held": EXPOSURES, "prices": PRICES})
def value_at_risk(night: Night, held: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """Value at risk and expected shortfall by historical simulation."""
    return simulation.value_at_risk(held, prices, night.as_of)
