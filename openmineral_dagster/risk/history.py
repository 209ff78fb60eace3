"""What every series was worth on each night, and the moves of a book's series from night to night.

A row is a London business day. A level is the last price published by 23:00 London of that day, so a move is exactly what a
night's clean profit and loss takes: a New York close on an English holiday counts on the next night. Prices can be corrected:
the levels are those of the view the histories were made of, whatever a past night saw.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import polars as pl

from openmineral_dagster.reference.calendars import is_business_day, night_end
from openmineral_dagster.reference.instruments import INSTRUMENTS

Series = tuple[str, str]
"""(instrument, tenor)."""
Value = TypeVar("Value")
LONGEST_HOLE = np.timedelta64(30, "D")
"""A step over a longer hole is no one-day move and no price to mark at; nickel in March 2022 was shut for 21 days."""
ABSOLUTE = frozenset(item.symbol for item in INSTRUMENTS if item.can_be_negative)


@dataclass(frozen=True, eq=False)
class Levels:
    """One series on the rows of the calendar, (rows,).

    Attributes:
        price: the level, NaN before the first.
        price_date: the day it is of, NaT before the first.
        fresh: whether a price is new on the row.
        stepped: whether the row has a move: a new price, not after a hole.
        move: the step from the row before, relative, or absolute where the price can be negative; 0 where there is none.
    """

    price: np.ndarray
    price_date: np.ndarray
    fresh: np.ndarray
    stepped: np.ndarray
    move: np.ndarray

    @cached_property
    def growth(self) -> np.ndarray:
        """Cumulated moves: compounded where relative, added where absolute."""
        return np.cumprod(1.0 + self.move)

    @cached_property
    def sum(self) -> np.ndarray:
        """Moves added up."""
        return np.cumsum(self.move)


@dataclass(frozen=True, eq=False)
class Moves:
    """The moves of a book's series on the rows where at least one of them moved and all are known, oldest first.

    Attributes:
        series: in the order of the columns.
        days: datetime64[D], (rows,).
        one: one-row moves, (rows, series), contiguous by series.
        levels: cumulated moves of each series before the first row and on each, (rows + 1, series).
    """

    series: tuple[Series, ...]
    days: np.ndarray
    one: np.ndarray
    levels: np.ndarray

    def over(self, horizon: int) -> np.ndarray:
        """Overlapping moves of `horizon` rows, (rows, series); NaN where they would begin before the first row."""
        if horizon == 1:
            return self.one
        moves = np.full_like(self.one, np.nan)
        for column, (instrument, _) in enumerate(self.series):
            now, before = self.levels[horizon:, column], self.levels[:-horizon, column]
            moves[horizon - 1 :, column] = now - before if instrument in ABSOLUTE else now / before - 1.0
        return moves

    def known_by(self, night: date) -> int:
        """How many rows a night knows."""
        return int(np.searchsorted(self.days, np.datetime64(night), side="right"))


@dataclass(frozen=True, eq=False)
class Histories:
    """Every series of one view of the prices on one calendar, and what was computed of them.

    Attributes:
        days: London business days, datetime64[D], (rows,).
    """

    days: np.ndarray
    series: Mapping[Series, Levels]
    memory: dict[Any, Any] = field(default_factory=dict, repr=False)

    def once(self, key: Any, compute: Callable[[], Value]) -> Value:
        """`compute()`, kept under `key` for whoever asks next."""
        if key not in self.memory:
            self.memory[key] = compute()
        found: Value = self.memory[key]
        return found

    def row(self, night: date) -> int:
        """The row of a night, or of the last one before it."""
        return int(np.searchsorted(self.days, np.datetime64(night), side="right")) - 1

    def quote(self, series: Series, night: date) -> tuple[float, date] | None:
        """The last price of a series a night knows and the day it is of; None before its first."""
        held, row = self.series.get(series), self.row(night)
        if held is None or row < 0 or np.isnan(held.price[row]):
            return None
        return float(held.price[row]), held.price_date[row].astype(date)

    def moves_of(self, series: Series, night: date) -> int:
        """How many moves of a series a night knows."""
        held = self.series.get(series)
        return int(held.stepped[: self.row(night) + 1].sum()) if held else 0

    def moves(self, series: Sequence[Series]) -> Moves:
        """The moves of several series together; the order they are named in does not matter."""
        names = tuple(sorted(series))
        return self.once(names, lambda: self._moves(names))

    def moves_over(self, names: tuple[Series, ...], horizon: int) -> np.ndarray:
        """`Moves.over`, kept."""
        return self.once((names, horizon), lambda: self.moves(names).over(horizon))

    def _moves(self, names: tuple[Series, ...]) -> Moves:
        held = [self.series[name] for name in names]
        known = np.isfinite([levels.price for levels in held]).all(axis=0)
        rows = np.flatnonzero(np.any([levels.stepped for levels in held], axis=0) & known)
        one = np.stack([levels.move[rows] for levels in held], axis=1)
        cumulated = [levels.sum if name[0] in ABSOLUTE else levels.growth for name, levels in zip(names, held, strict=True)]
        based = np.concatenate([rows[:1] - 1, rows])
        together = np.stack([levels[based] for levels in cumulated], axis=1)
        return Moves(names, self.days[rows], np.asfortranarray(one), np.asfortranarray(together))


def histories(prices: pl.DataFrame, fx: pl.DataFrame, last: date) -> Histories:
    """The histories of a view.

    Args:
        prices: what the night of `last` knew, one row a key: instrument, tenor, price_date, price, published_at.
        fx: `market.fx` likewise; each currency becomes a series (code, "spot") priced in USD.
        last: the last night wanted.
    """
    columns = ["instrument", "tenor", "price_date", "price", "published_at"]
    priced = pl.concat([prices.select(columns), currency_prices(fx).select(columns)], how="vertical_relaxed")
    if priced.is_empty():
        return Histories(np.array([], dtype="datetime64[D]"), {})
    days = _calendar(priced["price_date"].min(), last)
    ends = np.array([night_end(day.astype(date)).replace(tzinfo=None) for day in days], dtype="datetime64[us]")
    ordered = priced.drop_nulls("price").sort("instrument", "tenor", "price_date")
    parts = ordered.partition_by("instrument", "tenor", maintain_order=True)
    return Histories(days, {(part["instrument"][0], part["tenor"][0]): _levels(part, ends) for part in parts})


def currency_prices(fx: pl.DataFrame) -> pl.DataFrame:
    """USD for one unit of each currency, from reference rates per euro of the same day."""
    dollars = fx.filter(pl.col("currency") == "USD").select("rate_date", dollars="per_eur")
    euro = dollars.join(fx.filter(pl.col("currency") == "USD"), on="rate_date").with_columns(
        currency=pl.lit("EUR"), per_eur=pl.lit(1.0)
    )
    others = fx.filter(pl.col("currency") != "USD").join(dollars, on="rate_date")
    rates = pl.concat([euro.select(sorted(euro.columns)), others.select(sorted(euro.columns))])
    return rates.with_columns(
        instrument="currency", tenor=pl.lit("spot"), price_date="rate_date", price=pl.col("dollars") / pl.col("per_eur")
    )


def _calendar(first: object, last: date) -> np.ndarray:
    """London business days from the first price to the last night."""
    if not isinstance(first, date):
        return np.array([], dtype="datetime64[D]")
    days = (first + timedelta(days=step) for step in range((last - first).days + 1))
    return np.array([day for day in days if is_business_day(day)], dtype="datetime64[D]")


def _levels(rows: pl.DataFrame, ends: np.ndarray) -> Levels:
    published = rows["published_at"].dt.replace_time_zone(None).to_numpy().astype("datetime64[us]")
    # A day's price counts from the first night after its publication; the newest of several takes the night.
    nights = np.maximum.accumulate(np.searchsorted(ends, published, side="left"))
    inside = nights < len(ends)
    prices, dates = rows["price"].to_numpy()[inside], rows["price_date"].to_numpy().astype("datetime64[D]")[inside]
    place = np.searchsorted(nights[inside], np.arange(len(ends)), side="right") - 1
    known = place >= 0
    level = np.where(known, prices[place], np.nan) if len(prices) else np.full(len(ends), np.nan)
    dated = np.where(known, dates[place], np.datetime64("NaT")) if len(prices) else np.full(len(ends), np.datetime64("NaT"))
    fresh = np.diff(place, prepend=-1) > 0
    stepped = fresh & np.isfinite(np.roll(level, 1)) & (dated - np.roll(dated, 1) <= LONGEST_HOLE)
    stepped[:1] = False
    before = np.roll(level, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = level - before if str(rows["instrument"][0]) in ABSOLUTE else level / before - 1.0
    return Levels(level, dated, fresh, stepped, np.where(stepped, moved, 0.0))
