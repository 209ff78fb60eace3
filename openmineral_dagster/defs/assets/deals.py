"""What each deal is worth, what it leaves open, where it stands, what changed since the night before, and what it may make."""

from collections.abc import Mapping

import polars as pl

from openmineral_dagster.deals.intake import deals_of
from openmineral_dagster.deals.margins import margins
from openmineral_dagster.deals.remark import mark
from openmineral_dagster.defs.dealing import deals_before, markets, with_superseded
from openmineral_dagster.defs.nightly import Night, night_assets
from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables import (
    DEAL_CHANGES,
    DEAL_EXPOSURES,
    DEAL_LEGS,
    FX,
    MARGIN_CONTRIBUTIONS,
    MARGINS,
    PRICE_DISTRIBUTION,
    PRICES,
    PRICING,
    TERMS,
    VALUATION,
)

MARKED = {table: {"python"} for table in (VALUATION, PRICING, DEAL_EXPOSURES, DEAL_LEGS, DEAL_CHANGES)}
SIMULATED = {table: {"numpy"} for table in (MARGINS, MARGIN_CONTRIBUTIONS)}
MARKET = (PRICES, FX)


@night_assets("marked_deals", MARKED, reads={"terms": TERMS}, after=MARKET)
def marked_deals(night: Night, terms: pl.DataFrame) -> Mapping[Table, pl.DataFrame]:
    """Every deal marked again, to the cent; valuations of the terms a deal had before stay beside."""
    previous, before = deals_before(night.lake, night.as_of)
    tables = mark(deals_of(terms), before, markets(night.lake), night.as_of, previous)
    return tables | {VALUATION: with_superseded(night.lake, night.as_of, tables[VALUATION])}


@night_assets("deal_margins", SIMULATED, reads={"terms": TERMS, "distribution": PRICE_DISTRIBUTION}, after=MARKET)
def deal_margins(night: Night, terms: pl.DataFrame, distribution: pl.DataFrame) -> Mapping[Table, pl.DataFrame]:
    """What each deal may make, by simulation."""
    tables, without = margins(deals_of(terms), markets(night.lake), distribution, night.as_of)
    for line in without:
        night.log.warning(f"no distribution of {line}")
    return tables
