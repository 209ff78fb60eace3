"""The tables of the contract, declared once: from here come the checks, the DuckDB comments and the catalogue schemas."""

from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables.deals import FIGURES, FINDINGS, MEMOS, TERMS, VALUATION
from openmineral_dagster.lake.tables.market import (
    BARS,
    CROSS_SOURCE,
    CURVE,
    FX,
    MARKS,
    MONTHLY,
    NEWS,
    POSITIONS,
    POSITIONS_COT,
    PRICES,
    QUALITY,
    QUARANTINE,
    QUOTATIONAL_PERIODS,
    RATES,
    STOCKS,
)
from openmineral_dagster.lake.tables.ops import FILES, FRESHNESS, RUNS
from openmineral_dagster.lake.tables.research import DAILY_PANEL, PRICE_DISTRIBUTION, PROMOTIONS, SCORECARD
from openmineral_dagster.lake.tables.risk import EXPOSURES, PNL, VAR

__all__ = [
    "BARS",
    "CROSS_SOURCE",
    "CURVE",
    "DAILY_PANEL",
    "EXPOSURES",
    "FIGURES",
    "FILES",
    "FINDINGS",
    "FRESHNESS",
    "FX",
    "MARKS",
    "MEMOS",
    "MONTHLY",
    "NEWS",
    "PNL",
    "POSITIONS",
    "POSITIONS_COT",
    "PRICES",
    "PRICE_DISTRIBUTION",
    "PROMOTIONS",
    "QUALITY",
    "QUARANTINE",
    "QUOTATIONAL_PERIODS",
    "RATES",
    "RUNS",
    "SCORECARD",
    "STOCKS",
    "TABLES",
    "TERMS",
    "VALUATION",
    "VAR",
]

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        PRICES,
        BARS,
        STOCKS,
        FX,
        RATES,
        MONTHLY,
        POSITIONS_COT,
        QUARANTINE,
        POSITIONS,
        MARKS,
        QUALITY,
        CROSS_SOURCE,
        CURVE,
        QUOTATIONAL_PERIODS,
        NEWS,
        DAILY_PANEL,
        PRICE_DISTRIBUTION,
        SCORECARD,
        PROMOTIONS,
        EXPOSURES,
        PNL,
        VAR,
        TERMS,
        VALUATION,
        FINDINGS,
        MEMOS,
        FIGURES,
        RUNS,
        FILES,
        FRESHNESS,
    )
}
