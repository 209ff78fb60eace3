"""From positions and deals to exposures, profit and loss, value at risk with its exams, stresses and limits."""

from collections.abc import Mapping

import polars as pl

from openmineral_dagster.defs.desk_risk import kept_fits, knows_deals_before, market_of, open_legs, record_through
from openmineral_dagster.defs.nightly import Night, asset_key, night_asset, night_assets
from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables import (
    BACKTEST,
    CONTRIBUTIONS,
    DEAL_EXPOSURES,
    DEAL_LEGS,
    EXCLUDED,
    EXPOSURES,
    FX,
    INCREMENTS,
    LIMITS,
    MARGIN_CALLS,
    PNL,
    PNL_EXPLAIN,
    POSITIONS,
    PRICES,
    QUARANTINE,
    STRESS,
    VAR,
)
from openmineral_dagster.reference.calendars import night_before
from openmineral_dagster.risk import book, excluded, gate, measure
from openmineral_dagster.risk.desk import read_desk
from openmineral_dagster.risk.explain import clean_pnl, explain, unknown_entries
from openmineral_dagster.risk.increments import increments
from openmineral_dagster.risk.tested import stressed

MARKET = (PRICES, FX)
HOLDS = {"positions": POSITIONS}
"""Positions are read as tables, legs of deals of the night asked for, prices through the histories of the run."""


@night_asset(EXPOSURES, {"polars"}, reads=HOLDS, deps=[*map(asset_key, (*MARKET, DEAL_EXPOSURES))])
def exposures(night: Night, positions: pl.DataFrame) -> pl.DataFrame:
    """Open lines at the last price known."""
    held = book.lines(positions, open_legs(night, night.as_of), night.as_of)
    return book.exposures(held, market_of(night), night.as_of)


@night_assets(
    "profit_and_loss",
    {PNL: {"polars"}, PNL_EXPLAIN: {"polars"}},
    reads=HOLDS,
    after=[*MARKET, EXPOSURES, DEAL_EXPOSURES],
)
def profit_and_loss(night: Night, positions: pl.DataFrame) -> Mapping[Table, pl.DataFrame]:
    """What the lines of the night before made, and of what."""
    market = market_of(night)
    explained = explain(positions, open_legs(night, night_before(night.as_of)), market, night.as_of)
    return {PNL_EXPLAIN: explained, PNL: clean_pnl(explained, market, night.as_of)}


@night_assets(
    "value_at_risk",
    {BACKTEST: {"polars", "numpy"}, VAR: {"polars", "numpy"}, CONTRIBUTIONS: {"polars", "numpy"}},
    reads={"exposed": EXPOSURES},
    after=[*MARKET, PNL],
)
def value_at_risk(night: Night, exposed: pl.DataFrame) -> Mapping[Table, pl.DataFrame]:
    """Every method's figures, how each has done, and the figure that is read."""
    market = market_of(night)
    counted = book.measured(exposed, book.unmeasured(exposed, market, night.as_of))
    with kept_fits(night.root) as fits:
        figures = measure.figures(counted, market, night.as_of, fits)
    exams = record_through(night).examine(night.as_of)
    var = gate.gated(figures, exams)
    return {BACKTEST: exams, VAR: var, CONTRIBUTIONS: measure.contributions(counted, var, market, night.as_of)}


@night_assets(
    "stress_and_limits",
    {table: {"polars"} for table in (STRESS, MARGIN_CALLS, LIMITS, INCREMENTS, EXCLUDED)},
    reads={"exposed": EXPOSURES, "var": VAR, **HOLDS, "quarantined": QUARANTINE, "legs": DEAL_EXPOSURES, "owed": DEAL_LEGS},
    after=MARKET,
)
def stress_and_limits(
    night: Night,
    exposed: pl.DataFrame,
    var: pl.DataFrame,
    positions: pl.DataFrame,
    quarantined: pl.DataFrame,
    legs: pl.DataFrame,
    owed: pl.DataFrame,
) -> Mapping[Table, pl.DataFrame]:
    """What the book would lose, the cash it would need, what its limits say, and what is in none of it."""
    market, desk = market_of(night), read_desk(night.root.landing, night.as_of)
    unmeasured = book.unmeasured(book.lines(positions, open_legs(night, night.as_of), night.as_of), market, night.as_of)
    tested = stressed(exposed, var, owed, desk, market, night.as_of)
    with kept_fits(night.root) as fits:
        counted = book.measured(exposed, unmeasured)
        added = increments(counted, legs, var, desk.limits, market, night.as_of, fits)
    left_out = [
        excluded.quarantined_positions(quarantined),
        unmeasured,
        unknown_entries(positions, night.as_of),
        excluded.unknown_profit(legs.clear() if knows_deals_before(night) else legs, night.as_of),
        desk.excluded,
        tested.excluded,
    ]
    return {
        STRESS: tested.stress,
        MARGIN_CALLS: tested.margin_calls,
        LIMITS: tested.limits,
        INCREMENTS: added,
        EXCLUDED: excluded.together(left_out, night.as_of),
    }
