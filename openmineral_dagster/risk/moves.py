"""Moves of priced series as stresses and margins take them, and what an exposure gains under a move.

A *series* is (instrument, series_tenor). Its move is relative, or absolute in its own unit where the price can be negative.
A *size* is what an exposure gains in USD for a move of one.
"""

from collections.abc import Iterable
from datetime import date

import numpy as np
import polars as pl

from openmineral_dagster.risk.history import ABSOLUTE, Histories, Series

LINE = ["instrument", "tenor", "delivery"]
SERIES = ["instrument", "series_tenor"]


def is_absolute() -> pl.Expr:
    """Whether moves of the row's instrument are absolute."""
    return pl.col("instrument").is_in(sorted(ABSOLUTE))


def size() -> pl.Expr:
    """Gain in USD of a sensitivity for a move of one."""
    return pl.col("quantity") * pl.when(is_absolute()).then(1.0).otherwise("spot")


def series_of(sensitivities: pl.DataFrame) -> pl.DataFrame:
    """The series a frame of sensitivities moves with, once each: instrument, series_tenor, spot; sorted."""
    return sensitivities.group_by(SERIES).agg(pl.col("spot").first()).sort(SERIES)


def moves_known(market: Histories, series: Iterable[Series], as_of: date, rows: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping moves of `rows` nights a night knows: the day each ends on, datetime64[D], (moves,), and (moves, series) in
    the order of the sorted series; none where one of them has no price."""
    names = tuple(sorted(set(series)))
    if not names or not set(names) <= set(market.series):
        return np.empty(0, dtype="datetime64[D]"), np.empty((0, len(names)))
    found = market.moves(names)
    whole = slice(rows - 1, found.known_by(as_of))
    return found.days[whole], market.moves_over(names, rows)[whole]


def line_results(sensitivities: pl.DataFrame, moves: pl.DataFrame, extra: list[str]) -> pl.DataFrame:
    """What every line gains: portfolio, `extra`, LINE, move, basis, pnl_usd.

    Args:
        moves: `extra` (such as scenario and kind), SERIES, move, basis; a row a scenario and series, and a portfolio where
            each has its own.

    A line that moves with two series shows the move of its value: gain over size, both summed.
    """
    own = [*SERIES, *({"portfolio"} & set(moves.columns))]
    gained = sensitivities.join(moves, on=own).with_columns(size=size()).with_columns(gain=pl.col("size") * pl.col("move"))
    # Sorted before it is added up, so that the order of rows changes no digit.
    whole = pl.col("size").sort().sum()
    return (
        gained.group_by("portfolio", *extra, *LINE)
        .agg(
            move=pl.when((pl.len() > 1) & (whole.abs() > 0))
            .then(pl.col("gain").sort().sum() / whole)
            .otherwise(pl.col("move").mean()),
            basis=pl.col("basis").unique().sort().str.join("; "),
            pnl_usd=pl.col("gain").sort().sum(),
        )
        .with_columns(pl.col("move", "pnl_usd") + 0.0)  # no negative zeros
        .sort("portfolio", *extra, *LINE)
    )
