"""Moves of priced series as stresses and margins take them, and what an exposure gains under a move.

A *series* is (instrument, series_tenor). Its move is relative, or absolute in its own unit where the price can be negative.
A *size* is what an exposure gains in USD for a move of one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import reduce

import numpy as np
import polars as pl

from openmineral_dagster.reference.instruments import INSTRUMENTS

BY_SYMBOL = {item.symbol: item for item in INSTRUMENTS}
LINE = ["instrument", "tenor", "delivery"]
SERIES = ["instrument", "series_tenor"]
Series = tuple[str, str]
LONGEST_HOLE = np.timedelta64(30, "D")
"""A step over a longer hole is no move of a day; nickel in March 2022 was shut for 21 days."""
_ABSOLUTE = [item.symbol for item in INSTRUMENTS if item.can_be_negative]


def is_absolute() -> pl.Expr:
    """Whether moves of the row's instrument are absolute."""
    return pl.col("instrument").is_in(_ABSOLUTE)


def size() -> pl.Expr:
    """Gain in USD of a sensitivity for a move of one."""
    return pl.col("quantity") * pl.when(is_absolute()).then(1.0).otherwise("spot")


def series_of(sensitivities: pl.DataFrame) -> pl.DataFrame:
    """The series a frame of sensitivities moves with, once each: instrument, series_tenor, spot; sorted."""
    return sensitivities.group_by(SERIES).agg(pl.col("spot").first()).sort(SERIES)


def known_prices(prices: pl.DataFrame, series: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """SERIES, price_date and price of `series` up to the night, oldest first."""
    held = prices.filter((pl.col("price_date") <= as_of) & pl.col("price").is_finite())
    named = held.select("instrument", "price_date", "price", series_tenor="tenor")
    return named.join(series.select(SERIES), on=SERIES, how="semi").sort(*SERIES, "price_date")


@dataclass(frozen=True, eq=False)
class History:
    """Moves of several series over the same days.

    Attributes:
        series: in the order of the columns.
        days: day a move ends on, datetime64[D], (rows,), oldest first.
        moves: (rows, series).
    """

    series: tuple[Series, ...]
    days: np.ndarray
    moves: np.ndarray


@dataclass(frozen=True, eq=False)
class Quotes:
    """Days (datetime64[D]) and prices of each series a night knows, oldest first."""

    known: Mapping[Series, tuple[np.ndarray, np.ndarray]]
    memory: dict[tuple[tuple[Series, ...], int], History] = field(default_factory=dict, repr=False)

    def moves(self, series: Iterable[Series], rows: int = 1) -> History:
        """Overlapping moves of `rows` price rows, on the days every one of `series` was priced; kept for whoever asks next."""
        asked = tuple(sorted(set(series))), rows
        if asked not in self.memory:
            self.memory[asked] = self._moves(*asked)
        return self.memory[asked]

    def _moves(self, names: tuple[Series, ...], rows: int) -> History:
        if not names or not all(name in self.known for name in names):
            return History(names, np.empty(0, dtype="datetime64[D]"), np.empty((0, len(names))))
        held = [self.known[name] for name in names]
        days = reduce(lambda one, other: np.intersect1d(one, other, assume_unique=True), (own for own, _ in held))
        levels = np.stack([prices[np.searchsorted(own, days)] for own, prices in held], axis=1)
        now, before = levels[rows:], levels[:-rows]
        absolute = np.array([name in _ABSOLUTE for name, _ in names])
        with np.errstate(divide="ignore", invalid="ignore"):
            moves = np.where(absolute, now - before, now / before - 1.0)
        holes = np.concatenate([[0], np.cumsum(np.diff(days) > LONGEST_HOLE)])[: len(days)]
        kept = (holes[rows:] == holes[:-rows]) & np.isfinite(moves).all(axis=1)
        return History(names, days[rows:][kept], moves[kept])


def quotes(prices: pl.DataFrame, series: pl.DataFrame, as_of: date) -> Quotes:
    """What a night knows of `series`.

    Args:
        prices: instrument, tenor, price_date, price; one row a key.
        series: has instrument and series_tenor.
    """
    parts = known_prices(prices, series, as_of).partition_by(SERIES, maintain_order=True, as_dict=True)
    return Quotes(
        {
            (str(instrument), str(tenor)): (part["price_date"].to_numpy().astype("datetime64[D]"), part["price"].to_numpy())
            for (instrument, tenor), part in parts.items()
        }
    )


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
