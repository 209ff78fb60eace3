"""Moves of priced series as stresses and margins take them, and what an exposure gains under a move.

A *series* is (instrument, series_tenor). Its move is relative, or absolute in its own unit where the price can be negative.
A *size* is what an exposure gains in USD for a move of one.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from openmineral_dagster.reference.instruments import INSTRUMENTS

BY_SYMBOL = {item.symbol: item for item in INSTRUMENTS}
LINE = ["instrument", "tenor", "delivery"]
SERIES = ["instrument", "series_tenor"]
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
        series: (instrument, series_tenor), in the order of the columns.
        days: day a move ends on, (rows,), oldest first.
        moves: (rows, series).
    """

    series: tuple[tuple[str, str], ...]
    days: tuple[date, ...]
    moves: np.ndarray


def common_moves(series: pl.DataFrame, prices: pl.DataFrame, as_of: date, rows: int = 1) -> History:
    """Overlapping moves of `rows` price rows, on the days every one of `series` was priced.

    Args:
        series: has instrument and series_tenor.
        prices: the prices the night knew, one row a key.
    """
    wanted = series.select(SERIES).unique().sort(SERIES)
    names = tuple((str(instrument), str(tenor)) for instrument, tenor in wanted.iter_rows())
    held = known_prices(prices, wanted, as_of)
    columns = [
        held.filter((pl.col("instrument") == instrument) & (pl.col("series_tenor") == tenor)).select(
            "price_date", pl.col("price").alias(str(place))
        )
        for place, (instrument, tenor) in enumerate(names)
    ]
    if not columns:
        return History((), (), np.empty((0, 0)))
    table = columns[0]
    for column in columns[1:]:
        table = table.join(column, on="price_date")
    return _stepped(names, table.sort("price_date"), rows)


def _stepped(names: tuple[tuple[str, str], ...], table: pl.DataFrame, rows: int) -> History:
    days = table["price_date"].to_numpy().astype("datetime64[D]")
    levels = table.drop("price_date").to_numpy().astype(float)
    now, before = levels[rows:], levels[:-rows]
    absolute = np.array([BY_SYMBOL[name].can_be_negative if name in BY_SYMBOL else False for name, _ in names])
    with np.errstate(divide="ignore", invalid="ignore"):
        moves = np.where(absolute, now - before, now / before - 1.0)
    steps = np.diff(days) <= LONGEST_HOLE
    whole = np.array([steps[row : row + rows].all() for row in range(len(moves))], dtype=bool)
    kept = whole & np.isfinite(moves).all(axis=1)
    return History(names, tuple(days[rows:][kept].tolist()), moves[kept])


def line_results(sensitivities: pl.DataFrame, moves: pl.DataFrame, extra: list[str]) -> pl.DataFrame:
    """What every line gains: portfolio, `extra`, LINE, move, basis, pnl_usd.

    Args:
        moves: `extra` (such as scenario and kind), SERIES, move, basis; a row a scenario and series.

    A line that moves with two series shows the move of its value: gain over size, both summed.
    """
    gained = sensitivities.join(moves, on=SERIES).with_columns(size=size()).with_columns(gain=pl.col("size") * pl.col("move"))
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
