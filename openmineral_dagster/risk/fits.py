"""The volatility models of a book, fitted once a month: on rows before it, at the sizes its lines had when it began.

A fit is named by the digest of the returns it read, so equal books share one, and a night needs no fit that any night made.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from typing import TypeVar

import numpy as np

from openmineral_dagster.features.gjr import Gjr, fit_gjr
from openmineral_dagster.features.scales import GARCH_WINDOW, Garch, fit_garch
from openmineral_dagster.risk.history import ABSOLUTE, Histories, Series

Fit = TypeVar("Fit")
Sizes = dict[Series, float]
"""Quantity of each series of a book, in its instrument's unit; long positive."""


@dataclass(frozen=True)
class Fits:
    """Fits already made, by the digest of the returns they read; None where no maximum is found. New ones are added."""

    garch: dict[str, Garch | None] = field(default_factory=dict)
    gjr: dict[str, Gjr | None] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.garch) + len(self.gjr)


def month_begun(night: date) -> date:
    """The last day before the month of a night."""
    return night.replace(day=1) - timedelta(days=1)


def weights(market: Histories, sizes: Sizes, night: date) -> tuple[np.ndarray, float]:
    """What a book gains in USD for one unit of each series' move, in the order of `Histories.moves`, and its gross value."""
    spots = {series: market.quote(series, night) for series in sizes}
    values = [quote[0] if (quote := spots[series]) else 0.0 for series in sorted(sizes)]
    quantities = [sizes[series] for series in sorted(sizes)]
    gross = float(np.abs(np.multiply(values, quantities)).sum())
    per_move = [1.0 if series[0] in ABSOLUTE else value for series, value in zip(sorted(sizes), values, strict=True)]
    return np.multiply(per_move, quantities), gross


def combined(moves: np.ndarray, per_move: np.ndarray) -> np.ndarray:
    """Profit and loss in USD of moves (rows, series), (rows,): added series by series, so that no other order changes a digit."""
    total = np.zeros(len(moves))
    for column, size in enumerate(per_move):
        total += moves[:, column] * size
    return total


def returns_when_month_began(market: Histories, sizes: Sizes, night: date) -> np.ndarray:
    """Returns on gross value of a book as it stood when the month of a night began, through that day, at most 1,500."""
    began = month_begun(night)
    return market.once(("month", began, *sorted(sizes.items())), lambda: _returns_through(market, sizes, began))


def _returns_through(market: Histories, sizes: Sizes, began: date) -> np.ndarray:
    moves = market.moves(list(sizes))
    rows = moves.known_by(began)
    per_move, gross = weights(market, sizes, began)
    if not gross:
        return np.array([])
    return combined(moves.one[max(rows - GARCH_WINDOW, 0) : rows], per_move) / gross


def garch_of(market: Histories, sizes: Sizes, night: date, fits: Fits) -> Garch | None:
    """The symmetric fit: that of a short book is the long one's."""
    returns = returns_when_month_began(market, sizes, night)
    fell_last = len(returns) > 0 and returns[-1] < 0
    return _fitted(-returns if fell_last else returns, fit_garch, fits.garch)


def gjr_of(market: Histories, sizes: Sizes, night: date, fits: Fits) -> Gjr | None:
    """The asymmetric fit, of the book as it is held."""
    return _fitted(returns_when_month_began(market, sizes, night), fit_gjr, fits.gjr)


def _fitted(returns: np.ndarray, fit: Callable[[np.ndarray], Fit | None], fits: dict[str, Fit | None]) -> Fit | None:
    # Rounded, so that the last bit of a sum names no other fit; a zero has no sign.
    key = sha256(np.ascontiguousarray(np.round(returns, 12) + 0.0).tobytes()).hexdigest()[:24]
    if key not in fits:
        fits[key] = fit(returns)
    return fits[key]
