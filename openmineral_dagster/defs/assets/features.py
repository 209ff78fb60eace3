"""From prices to the daily panel of features."""

import polars as pl

from openmineral_dagster.defs.nightly import Night, night_asset
from openmineral_dagster.features.panel import daily_panel
from openmineral_dagster.lake.tables import DAILY_PANEL, PRICES


@night_asset(DAILY_PANEL, {"polars"}, reads={"prices": PRICES})
def panel(night: Night, prices: pl.DataFrame) -> pl.DataFrame:
    """One row of features a series, as the night knew it."""
    return daily_panel(prices, night.as_of)
