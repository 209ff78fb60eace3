"""Everyone on a deal screened, and every rule's finding with its evidence."""

import dagster as dg
import polars as pl

from openmineral_dagster.compliance.parties import facts_of
from openmineral_dagster.compliance.rules import evaluate
from openmineral_dagster.compliance.screening import Screener
from openmineral_dagster.deals.intake import deals_of
from openmineral_dagster.defs.nightly import night_asset, night_of, reads
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.lake.tables import FINDINGS, TERMS
from openmineral_dagster.sources.sanctions import read_lists


@night_asset(FINDINGS, {"python"}, ins=reads(terms=TERMS))
def findings(context: dg.AssetExecutionContext, terms: pl.DataFrame, data_root: DataRootResource) -> pl.DataFrame:
    """Screening and rules, deal by deal, on the lists as fresh as they are on the night."""
    screener = Screener(read_lists(data_root.root.landing / "sanctions"))
    judged = [evaluate(facts_of(deal), screener, night_of(context)) for deal in deals_of(terms)]
    return pl.concat([FINDINGS.empty(), *judged])
