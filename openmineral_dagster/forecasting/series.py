"""Priced series as arrays, a row a price: what a model may read at an origin, and what came of it later."""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import Any, TypeVar

import numpy as np
import polars as pl

from openmineral_dagster.features.scales import Garch

Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class PricedSeries:
    """A forecast series, oldest row first.

    Attributes:
        price_dates: datetime64[D], (rows,).
        log_prices: (rows,).
        known_at: when each price was known, datetime64[us], UTC, (rows,).
    """

    instrument: str
    tenor: str
    price_dates: np.ndarray
    log_prices: np.ndarray
    known_at: np.ndarray

    @cached_property
    def returns(self) -> np.ndarray:
        """One-row log returns, (rows,); NaN for the first row."""
        return self.returns_into(1)

    def returns_into(self, horizon: int) -> np.ndarray:
        """Log return of the `horizon` rows that end at each row; NaN for the first `horizon`."""
        moves = np.full(len(self.log_prices), np.nan)
        moves[horizon:] = self.log_prices[horizon:] - self.log_prices[:-horizon]
        return moves

    def outcomes(self, rows: np.ndarray, horizon: int) -> np.ndarray:
        """Log return of the `horizon` rows after each of `rows`; NaN where it is not known yet."""
        later = np.concatenate([self.log_prices, np.full(horizon, np.nan)])[rows + horizon]
        return later - self.log_prices[rows]

    def rows_through(self, day: date) -> int:
        """How many rows are dated `day` or earlier."""
        return int(np.searchsorted(self.price_dates, np.datetime64(day), side="right"))

    def digest(self, rows: int) -> str:
        """Names the first `rows` log prices: equal prices, equal digest."""
        return sha256(np.ascontiguousarray(self.log_prices[:rows]).tobytes()).hexdigest()[:24]


@dataclass(frozen=True, eq=False)
class Market:
    """Every forecast series of one view of the world, and what the models have computed of it so far.

    Attributes:
        series: by instrument and tenor.
        closes: closes of other markets by symbol, which a night knows after the London fixes.
        inputs: of trained models, (rows, inputs) for each series; none where no trained model is asked.
        fits: GARCH fits by the digest of the prices they read; may be kept from night to night.
        memory: results the models share, by what names them.
    """

    series: tuple[PricedSeries, ...]
    closes: Mapping[str, "Closes"] = field(default_factory=dict)
    inputs: tuple[np.ndarray, ...] = ()
    fits: MutableMapping[str, Garch | None] = field(default_factory=dict)
    memory: dict[Any, Any] = field(default_factory=dict, repr=False)

    def once(self, key: Any, compute: Callable[[], Value]) -> Value:
        """`compute()`, kept under `key` for whoever asks next."""
        if key not in self.memory:
            self.memory[key] = compute()
        found: Value = self.memory[key]
        return found

    def forget(self, through: date) -> None:
        """Drop what was fitted through a date: the walk has passed it."""
        for key in [key for key in self.memory if through in key]:
            del self.memory[key]


@dataclass(frozen=True, eq=False)
class Closes:
    """Closes of one market that were known by the night of their own day, oldest first: datetime64[D] dates, log prices."""

    price_dates: np.ndarray
    log_prices: np.ndarray


def priced_series(prices: pl.DataFrame) -> tuple[PricedSeries, ...]:
    """Each series of `features.panel.forecast_series`, by instrument and tenor; the order of its rows does not matter."""
    ordered = prices.sort("instrument", "tenor", "price_date")
    return tuple(_series(rows) for rows in ordered.partition_by("instrument", "tenor", maintain_order=True))


def _series(rows: pl.DataFrame) -> PricedSeries:
    return PricedSeries(
        instrument=rows["instrument"][0],
        tenor=rows["tenor"][0],
        price_dates=rows["price_date"].to_numpy().astype("datetime64[D]"),
        log_prices=np.log(rows["price"].to_numpy()),
        known_at=rows["known_at"].dt.replace_time_zone(None).to_numpy().astype("datetime64[us]"),
    )
