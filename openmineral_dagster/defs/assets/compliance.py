"""Everyone on a deal screened, and every rule's finding with its evidence."""

import polars as pl

from openmineral_dagster.compliance.parties import facts_of
from openmineral_dagster.compliance.rules import evaluate
from openmineral_dagster.compliance.screening import Screener
from openmineral_dagster.deals.intake import deals_of
from openmineral_dagster.defs.nightly import Night, night_asset
from openmineral_dagster.lake.tables import FINDINGS, TERMS
from openmineral_dagster.sources.sanctions import read_lists


@night_asset(FINDINGS, {"python"}, reads={"terms": TERMS})
def findings(night: Night, terms: pl.DataFrame) -> pl.DataFrame:
    """Screening and rules, deal by deal, on the lists as fresh as they are on the night."""
    if terms.is_empty():
        return FINDINGS.empty()
    screener = Screener(read_lists(*night.root.list_folders))
    return pl.concat([FINDINGS.empty(), *(evaluate(facts_of(deal), screener, night.as_of) for deal in deals_of(terms))])
