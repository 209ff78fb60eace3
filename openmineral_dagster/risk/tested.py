"""The book under stress, its margin calls and its limits: one call for what the desk's files ask of a night."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from openmineral_dagster.lake.tables import STRESS
from openmineral_dagster.risk.book import measured, sensitivities, unmeasured
from openmineral_dagster.risk.desk import Desk
from openmineral_dagster.risk.history import Histories
from openmineral_dagster.risk.limits import Measured, check_limits
from openmineral_dagster.risk.liquidity import called, margin_calls
from openmineral_dagster.risk.measure import scaled_var
from openmineral_dagster.risk.reverse import reverse_stress
from openmineral_dagster.risk.stress import stress

HEADLINE = 0.99


@dataclass(frozen=True, eq=False)
class Tested:
    """`risk.stress`, `.margin_calls` and `.limits` of a night, and `risk.excluded` rows of what had no answer."""

    stress: pl.DataFrame
    margin_calls: pl.DataFrame
    limits: pl.DataFrame
    excluded: pl.DataFrame


def stressed(exposed: pl.DataFrame, var: pl.DataFrame, owed: pl.DataFrame, desk: Desk, market: Histories, as_of: date) -> Tested:
    """Scenarios, reverse stress, margin calls and limits.

    Args:
        exposed: `risk.exposures` of the night, all that can be marked; stresses count also what is too young to be measured.
        var: `risk.var` of the night, gated.
        owed: counterparty and exposure_usd (what it owes the desk), a row a leg of a deal.
    """
    moving = sensitivities(exposed, market, as_of)
    settled = sensitivities(measured(exposed, unmeasured(exposed, market, as_of)), market, as_of)
    scenarios = stress(moving, market, desk.scenarios, as_of)
    backwards, without = reverse_stress(settled, market, _published(var), desk.scenarios.reverse, as_of)
    calls, unmargined = called(settled, market, desk.margins, as_of)
    tested = pl.concat([scenarios, backwards]).sort(STRESS.key)
    night = Measured(as_of, exposed, settled, market, var, tested, calls, _by_counterparty(owed))
    limits, on_nothing = check_limits(desk.limits, night, scaled_var(var, market, as_of))
    return Tested(tested, margin_calls(calls, as_of), limits, pl.concat([without, unmargined, on_nothing]))


def _by_counterparty(owed: pl.DataFrame) -> pl.DataFrame:
    exposure = pl.col("exposure_usd").cast(pl.Float64).sort().sum()
    return owed.group_by("counterparty").agg(exposure).filter(pl.col("exposure_usd") > 0).sort("counterparty")


def _published(var: pl.DataFrame) -> dict[str, float]:
    """The one-day figure at 99 percent the desk reads, by portfolio."""
    at = (pl.col("confidence") - HEADLINE).abs() < 1e-9
    read = var.filter(pl.col("published") & at & (pl.col("horizon_days") == 1))
    return dict(read.select("portfolio", "var_usd").iter_rows())
