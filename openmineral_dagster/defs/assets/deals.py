"""What each deal is worth."""

import polars as pl

from openmineral_dagster.deals.intake import valuations
from openmineral_dagster.defs.nightly import Night, night_asset
from openmineral_dagster.lake.tables import TERMS, VALUATION


@night_asset(VALUATION, {"python"}, reads={"terms": TERMS})
def valuation(night: Night, terms: pl.DataFrame) -> pl.DataFrame:
    """Every line of every deal's value, to the cent."""
    return valuations(terms, night.as_of)
