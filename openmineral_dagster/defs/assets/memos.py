"""A memo for each deal by the rule-based writer, and the row behind each of its figures."""

from collections.abc import Mapping

import polars as pl

from openmineral_dagster.deals.intake import deals_of
from openmineral_dagster.defs.nightly import Night, night_assets
from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables import (
    FIGURES,
    FINDINGS,
    FRESHNESS,
    INCREMENTS,
    MARKS,
    MEMOS,
    PRICE_DISTRIBUTION,
    SCORECARD,
    TERMS,
    VALUATION,
    VAR,
)
from openmineral_dagster.memos.gather import write_all

INPUTS = {
    "terms": TERMS,
    "valuation": VALUATION,
    "findings": FINDINGS,
    "marks": MARKS,
    "price_distribution": PRICE_DISTRIBUTION,
    "scorecard": SCORECARD,
    "var": VAR,
    "increments": INCREMENTS,
    "freshness": FRESHNESS,
}


@night_assets("memos", {MEMOS: {"markdown"}, FIGURES: {"polars"}}, reads=INPUTS)
def memos(night: Night, **tables: pl.DataFrame) -> Mapping[Table, pl.DataFrame]:
    """A memo a deal; a figure that cannot be followed to its row stops the night."""
    written, figures = write_all(deals_of(tables["terms"]), tables, night.as_of, night.root.sample_data)
    return {MEMOS: written, FIGURES: figures}
