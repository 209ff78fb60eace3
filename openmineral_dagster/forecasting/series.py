"""One priced series as arrays, a row a price: what a model may read at an origin, and what came of it later."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

RATIOS = ("vol_5d", "vol_22d", "vol_66d", "ewma94_vol")
"""Volatilities the network reads, each as the logarithm of its ratio to `ewma97_vol`."""

LARGEST_LOG_RATIO = 3.0
"""Five unchanged prices have no volatility: their log ratio stops here."""


@dataclass(frozen=True)
class PricedSeries:
    """A forecast series, oldest row first.

    Attributes:
        price_dates: datetime64[D], (rows,).
        log_prices: (rows,).
        ewma97_vol: per square root of a row, NaN where too little history, (rows,).
        log_ratios: see RATIOS, NaN where too little history or no volatility, (rows, 4).
    """

    instrument: str
    tenor: str
    price_dates: np.ndarray
    log_prices: np.ndarray
    ewma97_vol: np.ndarray
    log_ratios: np.ndarray

    def returns_into(self, horizon: int) -> np.ndarray:
        """Log return of the `horizon` rows that end at each row; NaN for the first `horizon`."""
        moves = np.full(len(self.log_prices), np.nan)
        moves[horizon:] = self.log_prices[horizon:] - self.log_prices[:-horizon]
        return moves

    def outcomes(self, rows: np.ndarray, horizon: int) -> np.ndarray:
        """Log return of the `horizon` rows after each of `rows`, which must all be known."""
        return self.log_prices[rows + horizon] - self.log_prices[rows]

    def known_origins(self, horizon: int) -> np.ndarray:
        """The rows whose outcome `horizon` rows later is known, oldest first."""
        return np.arange(max(len(self.log_prices) - horizon, 0))

    def after(self, rows: np.ndarray, day: date) -> np.ndarray:
        """Those of `rows` that are dated after `day`."""
        return rows[self.price_dates[rows] > np.datetime64(day)]


Forecaster = Callable[[PricedSeries, np.ndarray, int], np.ndarray]
"""(series, origin rows, horizon) to quantiles of the log return, (origins, levels); NaN where the model has no forecast."""


def priced_series(history: pl.DataFrame) -> list[PricedSeries]:
    """Each series of a `feature_history`, by instrument and tenor; the order of its rows does not matter."""
    ordered = history.sort("instrument", "tenor", "price_date")
    return [_series(rows) for rows in ordered.partition_by("instrument", "tenor", maintain_order=True)]


def _series(rows: pl.DataFrame) -> PricedSeries:
    ewma97 = rows["ewma97_vol"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    volatilities = rows.select(pl.col(RATIOS).fill_null(np.nan)).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.log(volatilities / np.where(ewma97 > 0, ewma97, np.nan)[:, None])
    return PricedSeries(
        instrument=rows["instrument"][0],
        tenor=rows["tenor"][0],
        price_dates=rows["price_date"].to_numpy().astype("datetime64[D]"),
        log_prices=np.log(rows["price"].to_numpy()),
        ewma97_vol=ewma97,
        log_ratios=np.clip(ratios, -LARGEST_LOG_RATIO, LARGEST_LOG_RATIO),
    )
