"""Stress of the book: what every line would gain in historical windows and in the desk's own scenarios."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from openmineral_dagster.lake.tables.risk import STRESS
from openmineral_dagster.risk.history import Histories
from openmineral_dagster.risk.moves import SERIES, line_results, series_of
from openmineral_dagster.risk.shocks import Scenario, Scenarios
from openmineral_dagster.risk.windows import historical_moves

FROM_FILE, UNTOUCHED = "scenario file", "not in the scenario"


def stress(sensitivities: pl.DataFrame, market: Histories, scenarios: Scenarios, as_of: date) -> pl.DataFrame:
    """`risk.stress` of the night: every portfolio's lines under every historical and hypothetical scenario, gains positive.

    Args:
        sensitivities: portfolio, instrument, tenor, delivery, series_tenor, quantity, spot; a row a line and series.
        market: prices as the night knew them.

    A historical window that was not over by the night is not applied: there is no hindsight.
    """
    series = series_of(sensitivities)
    windows = historical_moves(series, market, scenarios.proxies, as_of).with_columns(kind=pl.lit("historical"))
    desk = hypothetical_moves(series, scenarios.scenarios).with_columns(kind=pl.lit("hypothetical"))
    moves = pl.concat([windows, desk])
    return stress_rows(sensitivities, moves, as_of)


def stress_rows(sensitivities: pl.DataFrame, moves: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`risk.stress` rows of `moves`: scenario, kind, SERIES, move, basis."""
    results = line_results(sensitivities, moves, ["scenario", "kind"])
    return (
        results.with_columns(as_of_date=pl.lit(as_of))
        .with_columns(pl.col("pnl_usd").round(2) + 0.0)
        .select(STRESS.dtypes.names())
        .cast(STRESS.dtypes)
        .sort(STRESS.key)
    )


def hypothetical_moves(series: pl.DataFrame, scenarios: Sequence[Scenario]) -> pl.DataFrame:
    """The move of every series in every scenario of the file: scenario, SERIES, move, basis."""
    rows = [
        (
            scenario.id,
            instrument,
            tenor,
            scenario.move(instrument, tenor, spot),
            FROM_FILE if scenario.hits(instrument) else UNTOUCHED,
        )
        for scenario in scenarios
        for instrument, tenor, spot in series.select(*SERIES, "spot").iter_rows()
    ]
    schema = {**dict.fromkeys(["scenario", *SERIES], pl.String), "move": pl.Float64, "basis": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
