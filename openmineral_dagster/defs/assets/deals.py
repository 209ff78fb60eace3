"""What each deal is worth, what it leaves open, where it stands and what changed since the night before."""

from collections.abc import Mapping

import polars as pl

from openmineral_dagster.deals.intake import deals_of
from openmineral_dagster.deals.remark import mark
from openmineral_dagster.defs.dealing import markets, night_before, with_superseded
from openmineral_dagster.defs.nightly import Night, night_assets
from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables import DEAL_CHANGES, DEAL_EXPOSURES, DEAL_LEGS, FX, PRICES, PRICING, TERMS, VALUATION

MARKED = {table: {"python"} for table in (VALUATION, PRICING, DEAL_EXPOSURES, DEAL_LEGS, DEAL_CHANGES)}


@night_assets("marked_deals", MARKED, reads={"terms": TERMS, "prices": PRICES, "fx": FX})
def marked_deals(night: Night, terms: pl.DataFrame, prices: pl.DataFrame, fx: pl.DataFrame) -> Mapping[Table, pl.DataFrame]:
    """Every deal marked again, to the cent; valuations of the terms a deal had before stay beside."""
    previous, before = night_before(night)
    tables = mark(deals_of(terms), before, markets(night.lake), night.as_of, previous)
    return tables | {VALUATION: with_superseded(night, tables[VALUATION])}
