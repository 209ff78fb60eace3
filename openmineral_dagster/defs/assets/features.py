"""From prices to the daily panel of features."""

import dagster as dg
import polars as pl

from openmineral_dagster.defs.nightly import night_asset, night_of, reads
from openmineral_dagster.features.panel import daily_panel
from openmineral_dagster.lake.tables import DAILY_PANEL, PRICES


@night_asset(DAILY_PANEL, {"polars"}, ins=reads(prices=PRICES))
def panel(context: dg.AssetExecutionContext, prices: pl.DataFrame) -> pl.DataFrame:
    """One row of features a series, as the night knew it."""
    return daily_panel(prices, night_of(context))
