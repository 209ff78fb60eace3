"""What each deal is worth."""

import dagster as dg
import polars as pl

from openmineral_dagster.deals.intake import valuations
from openmineral_dagster.defs.nightly import night_asset, night_of, reads
from openmineral_dagster.lake.tables import TERMS, VALUATION


@night_asset(VALUATION, {"python"}, ins=reads(terms=TERMS))
def valuation(context: dg.AssetExecutionContext, terms: pl.DataFrame) -> pl.DataFrame:
    """Every line of every deal's value, to the cent."""
    return valuations(terms, night_of(context))
