"""A memo for each deal by the rule-based writer, and the row behind each of its figures."""

import dagster as dg
import polars as pl

from openmineral_dagster.deals.intake import deals_of
from openmineral_dagster.defs.nightly import night_of, night_out, reads
from openmineral_dagster.defs.partitions import NIGHTS
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.lake.tables import (
    FIGURES,
    FINDINGS,
    FRESHNESS,
    MARKS,
    MEMOS,
    PRICE_DISTRIBUTION,
    SCORECARD,
    TERMS,
    VALUATION,
    VAR,
)
from openmineral_dagster.memos.gather import write_all

INPUTS = reads(
    terms=TERMS,
    valuation=VALUATION,
    findings=FINDINGS,
    marks=MARKS,
    price_distribution=PRICE_DISTRIBUTION,
    scorecard=SCORECARD,
    var=VAR,
    freshness=FRESHNESS,
)


@dg.multi_asset(
    name="memos",
    ins=INPUTS,
    outs={"memos": night_out(MEMOS, {"markdown"}), "figures": night_out(FIGURES, {"polars"})},
    partitions_def=NIGHTS,
)
def memos(
    context: dg.AssetExecutionContext,
    data_root: DataRootResource,
    terms: pl.DataFrame,
    valuation: pl.DataFrame,
    findings: pl.DataFrame,
    marks: pl.DataFrame,
    price_distribution: pl.DataFrame,
    scorecard: pl.DataFrame,
    var: pl.DataFrame,
    freshness: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A memo a deal; a figure that cannot be followed to its row stops the night."""
    tables = {
        "terms": terms,
        "valuation": valuation,
        "findings": findings,
        "marks": marks,
        "price_distribution": price_distribution,
        "scorecard": scorecard,
        "var": var,
        "freshness": freshness,
    }
    return write_all(deals_of(terms), tables, night_of(context), data_root.root.sample_data)
