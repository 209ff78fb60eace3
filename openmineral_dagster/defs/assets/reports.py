"""The pages of a night that are read by themselves."""

import base64
from datetime import date
from pathlib import Path

import dagster as dg

from openmineral_dagster.defs.freshness import NIGHT
from openmineral_dagster.defs.nightly import MANY_NIGHTS_IN_ONE_RUN, OWNERS, asset_key, nights_of
from openmineral_dagster.defs.partitions import NIGHTS
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.lake.atomic import write_atomically
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.tables import (
    BACKTEST,
    CONTRIBUTIONS,
    EXCLUDED,
    EXPOSURES,
    LIMITS,
    MARGIN_CALLS,
    PNL,
    PNL_EXPLAIN,
    STRESS,
    VAR,
)
from openmineral_dagster.reference.calendars import night_before
from openmineral_dagster.reporting import risk as pages
from openmineral_dagster.reporting.risk_markdown import markdown
from openmineral_dagster.reporting.risk_tables import RiskTables, published
from openmineral_dagster.risk.record import NIGHTS as EXAMINED

RISK = (EXPOSURES, EXCLUDED, VAR, CONTRIBUTIONS, BACKTEST, STRESS, MARGIN_CALLS, LIMITS, PNL_EXPLAIN, PNL)


@dg.asset(
    key=["reports", "risk"],
    group_name="risk",
    kinds={"html"},
    owners=[OWNERS["risk"]],
    partitions_def=NIGHTS,
    backfill_policy=MANY_NIGHTS_IN_ONE_RUN,
    deps=[asset_key(table) for table in RISK],
    freshness_policy=NIGHT,
)
def risk_report(context: dg.AssetExecutionContext, data_root: DataRootResource) -> dg.MaterializeResult:
    """The risk report of the last night of a run: what can be lost, how that changed and why, limits, stresses, exams."""
    as_of = nights_of(context)[-1]
    tables = risk_tables(data_root.root, as_of)
    page = write_risk_report(data_root.root, as_of, tables)
    return dg.MaterializeResult(
        metadata={
            "report": dg.MetadataValue.md(markdown(as_of, tables)),
            "page": dg.MetadataValue.path(str(page)),
            **{name: _picture(content) for name, content in pages.charts(tables).items()},
        }
    )


def write_risk_report(root: DataRoot, as_of: date, tables: RiskTables | None = None) -> Path:
    """The page of a night; returns its path."""
    path = root.reports / as_of.isoformat() / "risk.html"
    write_atomically(path, pages.page(as_of, tables or risk_tables(root, as_of), root.sample_data).encode())
    return path


def risk_tables(root: DataRoot, as_of: date) -> RiskTables:
    """What a night's report reads."""
    lake, before = root.lake, night_before(as_of)
    earlier = lake.read_before(PNL, as_of, EXAMINED - 1)
    return RiskTables(
        exposures=lake.read_night(EXPOSURES, as_of),
        excluded=lake.read_night(EXCLUDED, as_of),
        var=lake.read_night(VAR, as_of),
        contributions=lake.read_night(CONTRIBUTIONS, as_of),
        backtest=lake.read_night(BACKTEST, as_of),
        stress=lake.read_night(STRESS, as_of),
        margin_calls=lake.read_night(MARGIN_CALLS, as_of),
        limits=lake.read_night(LIMITS, as_of),
        pnl_explain=lake.read_night(PNL_EXPLAIN, as_of),
        pnl=PNL.empty().vstack(earlier).vstack(lake.read_night(PNL, as_of)),
        published=published(lake.read_before(VAR, as_of, EXAMINED)),
        var_before=lake.read_night(VAR, before),
        contributions_before=lake.read_night(CONTRIBUTIONS, before),
        exposures_before=lake.read_night(EXPOSURES, before),
    )


def _picture(content: bytes) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md(f"![](data:image/png;base64,{base64.b64encode(content).decode()})")
