"""The distributions of a night's deals as tables; a deal whose open price has no forecast is named and left out."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl

from openmineral_dagster.deals.quotes import Markets
from openmineral_dagster.deals.schedule import closed_on
from openmineral_dagster.deals.simulation import Margins, simulate
from openmineral_dagster.deals.terms import Deal, deal_hash
from openmineral_dagster.deals.valuation import value_in
from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables import MARGIN_CONTRIBUTIONS, MARGINS
from openmineral_dagster.reference.errors import BadInput

LOW, MIDDLE, HIGH = 0.05, 0.50, 0.95


def margins(
    deals: Iterable[Deal], market: Markets, distribution: pl.DataFrame, as_of: date
) -> tuple[dict[Table, pl.DataFrame], list[str]]:
    """`deals.margins` and `deals.contributions` of the night, and why deals are left out; a closed deal has nothing uncertain.

    Args:
        market: what the night of a date knew.
        distribution: `forecasts.price_distribution` of the night.
    """
    rows, moved, without = [], [], []
    for deal in deals:
        closing = closed_on(deal)
        if closing is not None and closing <= as_of:
            continue
        try:
            found = simulate(value_in(deal, market, as_of), market(as_of), distribution)
        except BadInput as fault:
            without.append(f"{deal.deal_id}{fault}")
            continue
        identity = (deal.deal_id, deal_hash(deal), as_of)
        rows.append((*identity, *_summary(deal, found)))
        moved += [(*identity, *contribution) for contribution in contributions(found)]
    tables = {
        MARGINS: pl.DataFrame(rows, schema=MARGINS.dtypes, orient="row"),
        MARGIN_CONTRIBUTIONS: pl.DataFrame(moved, schema=MARGIN_CONTRIBUTIONS.dtypes, orient="row"),
    }
    return tables, without


def _summary(deal: Deal, found: Margins) -> tuple[object, ...]:
    """A loss is a word for deals with both legs only."""
    both = deal.legs.buy is not None and deal.legs.sell is not None
    quantiles = (found.quantile(level) for level in (LOW, MIDDLE, HIGH))
    spread = (float(found.results.mean()), float(found.results.std()), *quantiles)
    return (len(found.results), found.seed, found.loss_probability() if both else None, *spread, found.model, found.gate_status)


def margins_json(found: Margins) -> dict[str, Any]:
    """The distribution as `deal simulate` prints it, rounded to the dollar."""
    levels = (("q05_usd", LOW), ("q50_usd", MIDDLE), ("q95_usd", HIGH))
    return {
        "outcomes": len(found.results),
        "seed": found.seed,
        "loss_probability": found.loss_probability(),
        "mean_usd": round(float(found.results.mean())),
        "sd_usd": round(float(found.results.std())),
        **{name: round(found.quantile(level)) for name, level in levels},
        "contributions_usd": {name: round(alone) for name, alone in found.alone.items()},
        "model": found.model,
        "gate_status": found.gate_status,
    }


def contributions(found: Margins) -> list[tuple[str, float, float]]:
    """Factor, its standard deviation alone, and its share of all variances; the largest first."""
    total = sum(alone**2 for alone in found.alone.values())
    return [(name, alone, alone**2 / total if total else 0.0) for name, alone in found.alone.items()]
