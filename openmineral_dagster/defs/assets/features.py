"""From prices, bars, stocks, rates, currencies and commitments to the daily panel of features."""

import polars as pl

from openmineral_dagster.defs.nightly import Night, night_asset
from openmineral_dagster.defs.study import READS
from openmineral_dagster.features.inputs import Inputs
from openmineral_dagster.features.panel import daily_panel
from openmineral_dagster.lake.tables import DAILY_PANEL


@night_asset(DAILY_PANEL, {"polars"}, reads=READS)
def panel(night: Night, **tables: pl.DataFrame) -> pl.DataFrame:
    """One row of features a series, as the night knew it."""
    return daily_panel(Inputs(**tables), night.as_of)
