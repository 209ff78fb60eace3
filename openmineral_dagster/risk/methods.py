"""How value at risk is estimated: every method behind one signature, from a book's own scenarios to figures at three levels.

A scenario is the profit and loss the exposures of tonight would have made under a past move. Volatility is that of the book,
not of its lines. Sources: Hull and White 1998; Barone-Adesi, Giannopoulos and Vosper 1999; RiskMetrics 1996.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np

from openmineral_dagster.features.gjr import Gjr, gjr_scale, gjr_variance
from openmineral_dagster.features.scales import ewma_variance, garch_scale
from openmineral_dagster.risk.fits import Fits, Sizes, combined, garch_of, gjr_of, weights
from openmineral_dagster.risk.history import ABSOLUTE, Histories
from openmineral_dagster.risk.tails import CONFIDENCES, LEVELS, Figures, empirical, normal, student_t

ROWS = 1500
"""Moves of a book that any method reads: a thousand residuals, and five hundred to warm up volatility."""
HISTORICAL, HISTORICAL_MINIMUM = 500, 100
RESIDUALS, RESIDUALS_MINIMUM = 1000, 250
COVARIANCE_ROWS, COVARIANCE_DECAY = 500, 0.97
PATHS, SEED = 10_000, 29
HORIZONS = (1, 10)
TAIL_MARGIN = 1.05
"""On the 97.5 and 99 percent figures; a wider one would pass more traffic lights by being wrong about the whole."""
MARGINS = np.where(LEVELS > 0.95, TAIL_MARGIN, 1.0)
FREEDOMS = np.array([3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 30.0])

Value = TypeVar("Value")

HISTORICAL_500, EWMA94_NORMAL, MONTE_CARLO_T = "historical_500", "ewma94_normal", "monte_carlo_t"
FHS_EWMA94, FHS_EWMA97, FHS_GARCH, GJR_T = "fhs_ewma94", "fhs_ewma97", "fhs_garch", "gjr_t"
AVERAGE4, AVERAGE4_MARGIN = "average4", "average4_margin"
MEMBERS = (FHS_EWMA94, FHS_EWMA97, FHS_GARCH, GJR_T)


@dataclass(frozen=True, eq=False)
class Book:
    """One portfolio on one night.

    Attributes:
        sizes: quantity of each series.
        pnl: scenarios in USD of the last 1,500 rows by horizon, oldest first; NaN where a longer move has no beginning.
        gross: absolute value of the book in USD; 0 also of a book whose prices are, which has no return on it.
    """

    market: Histories
    night: date
    sizes: Sizes
    pnl: Mapping[int, np.ndarray]
    per_move: np.ndarray
    gross: float
    fits: Fits
    memory: dict[str, Any] = field(default_factory=dict, repr=False)

    def once(self, key: str, compute: Callable[[], Value]) -> Value:
        """`compute()`, kept under `key` for the horizon that asks next."""
        if key not in self.memory:
            self.memory[key] = compute()
        found: Value = self.memory[key]
        return found

    def ewma(self, decay: float) -> np.ndarray:
        """Exponentially weighted standard deviation of one-row profit and loss at each row, USD."""
        # The recursion expects a first return that has no price before it.
        return self.once(f"ewma {decay}", lambda: np.sqrt(ewma_variance(np.concatenate([[np.nan], self.pnl[1]]), decay)[1:]))


def book_of(market: Histories, night: date, sizes: Sizes, fits: Fits) -> Book:
    """The scenarios of a portfolio that holds `sizes`."""
    held = {series: quantity for series, quantity in sizes.items() if quantity}
    names = tuple(sorted(held))
    if not names:
        return Book(market, night, held, {h: np.array([]) for h in HORIZONS}, np.array([]), 0.0, fits)
    rows = market.moves(names).known_by(night)
    kept = slice(max(rows - ROWS, 0), rows)
    per_move, gross = weights(market, held, night)
    pnl = {horizon: combined(market.moves_over(names, horizon)[kept], per_move) for horizon in HORIZONS}
    return Book(market, night, held, pnl, per_move, gross, fits)


def historical(book: Book, horizon: int) -> Figures | None:
    """Empirical, of the last 500 scenarios; overlapping where they are longer than a row."""
    scenarios = book.pnl[horizon][-HISTORICAL:]
    scenarios = scenarios[np.isfinite(scenarios)]
    return empirical(scenarios) if len(scenarios) >= HISTORICAL_MINIMUM else None


def ewma_normal(book: Book, horizon: int) -> Figures | None:
    """Normal, RiskMetrics volatility of decay 0.94, root of time."""
    rows = len(book.pnl[1])
    return normal(float(book.ewma(0.94)[-1]) * np.sqrt(horizon), rows) if rows >= HISTORICAL_MINIMUM else None


def filtered(book: Book, scales: np.ndarray, horizon: int) -> Figures | None:
    """Empirical, of the last 1,000 scenarios over the scale they began with, times the scale now.

    Args:
        scales: standard deviation of the sum of the next `horizon` rows at each row, USD.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        residuals = book.pnl[horizon][horizon:] / scales[:-horizon]
    residuals = residuals[np.isfinite(residuals)][-RESIDUALS:]
    return empirical(residuals).scaled(scales[-1]) if len(residuals) >= RESIDUALS_MINIMUM else None


def filtered_ewma(decay: float) -> "Method":
    """Filtered historical simulation with exponentially weighted volatility."""

    def estimate(book: Book, horizon: int) -> Figures | None:
        return filtered(book, book.ewma(decay) * np.sqrt(horizon), horizon)

    return estimate


def filtered_garch(book: Book, horizon: int) -> Figures | None:
    """Filtered historical simulation with GARCH(1,1) volatility."""
    fit = garch_of(book.market, book.sizes, book.night, book.fits)
    if fit is None or not book.gross:
        return None
    returns = np.concatenate([[np.nan], book.pnl[1] / book.gross])
    return filtered(book, garch_scale(fit, returns, horizon)[1:] * book.gross, horizon)


def gjr_t(book: Book, horizon: int) -> Figures | None:
    """Parametric, GJR volatility with Student t shocks; beyond a row, the sum of simulated shocks over its deviation."""
    fit = gjr_of(book.market, book.sizes, book.night, book.fits)
    if fit is None or not book.gross:
        return None
    scale = float(gjr_scale(fit, gjr_variance(fit, book.pnl[1] / book.gross)[-1:], horizon)[0]) * book.gross
    rows = len(book.pnl[1])
    return student_t(scale, fit.nu, rows) if horizon == 1 else _simulated_multipliers(fit, horizon).scaled(scale)


@lru_cache(maxsize=8192)
def _simulated_multipliers(fit: Gjr, horizon: int, paths: int = 2000) -> Figures:
    """Figures of the sum of `horizon` returns over its standard deviation, started at the long run; seeded, antithetic."""
    freedom = max(fit.nu, 2.1)
    half = np.random.default_rng(SEED).standard_t(freedom, (paths // 2, horizon)) * np.sqrt((freedom - 2.0) / freedom)
    shocks = np.concatenate([half, -half])
    variance, total = np.full(paths, fit.long_run), np.zeros(paths)
    for step in range(horizon):
        moves = np.sqrt(variance) * shocks[:, step]
        total += moves
        variance = fit.omega + (fit.alpha + fit.gamma * (moves < 0)) * moves**2 + fit.beta * variance
    return empirical(total / np.sqrt(fit.long_run * horizon))


def monte_carlo(book: Book, horizon: int, paths: int = PATHS) -> Figures | None:
    """Every series revalued under jointly simulated moves: multivariate Student t, covariance of decay 0.97 over 500 rows.

    Log moves of prices, absolute moves where a price can be negative. One set of seeded draws for all nights. Degrees of
    freedom are the most likely of FREEDOMS for the scaled moves of all series.
    """
    law = book.once("law", lambda: _law(book))
    if law is None:
        return None
    simulated = draws(len(law.absolute), law.freedom, horizon, paths) @ law.root.T
    valued = np.where(law.absolute, simulated, np.expm1(np.where(law.absolute, 0.0, simulated)))
    return empirical(combined(valued, book.per_move))


@dataclass(frozen=True, eq=False)
class Law:
    """How the series of a book move together: which move in absolute terms, (series,), a root of the covariance of one-row
    moves, (series, series), and degrees of freedom."""

    absolute: np.ndarray
    root: np.ndarray
    freedom: float


def _law(book: Book) -> Law | None:
    names = tuple(sorted(book.sizes))
    rows = book.market.moves(names).known_by(book.night)
    moves = book.market.moves_over(names, 1)[max(rows - COVARIANCE_ROWS, 0) : rows]
    if len(moves) < HISTORICAL_MINIMUM:
        return None
    absolute = np.array([series[0] in ABSOLUTE for series in names])
    logged = np.where(absolute, moves, np.log1p(np.where(absolute, 0.0, moves)))
    ages = COVARIANCE_DECAY ** np.arange(len(logged))[::-1]
    covariance = (logged * (ages / ages.sum())[:, None]).T @ logged
    return Law(absolute, _root(covariance), _freedom(logged, covariance))


@lru_cache(maxsize=64)
def draws(series: int, freedom: float, horizon: int, paths: int) -> np.ndarray:
    """Uncorrelated t draws of unit variance a row, summed over a horizon, (paths, series); the second half mirrors the first.

    Given the mixing variables a sum of t steps is normal, so one normal draw carries any horizon.
    """
    random = np.random.default_rng(SEED)
    half = random.standard_normal((paths // 2, series))
    mixing = ((freedom - 2.0) / random.chisquare(freedom, (paths // 2, horizon))).sum(axis=1)
    scaled = half * np.sqrt(mixing)[:, None]
    return np.concatenate([scaled, -scaled])


def _freedom(moves: np.ndarray, covariance: np.ndarray) -> float:
    """The most likely degrees of freedom of the moves over their standard deviation, taken as one sample."""
    from scipy.special import gammaln

    deviation = np.sqrt(np.diag(covariance))
    squares = (moves / np.where(deviation > 0, deviation, 1.0)).ravel() ** 2
    # Scaled to the sample: the deviation is that of recent rows.
    squares = squares / max(squares.mean(), 1e-12)
    nu = FREEDOMS[:, None]
    constants = gammaln((FREEDOMS + 1.0) / 2.0) - gammaln(FREEDOMS / 2.0) - 0.5 * np.log(np.pi * (FREEDOMS - 2.0))
    spread = np.log1p(squares / (nu - 2.0)).sum(axis=1)
    return float(FREEDOMS[int(np.argmax(len(squares) * constants - (FREEDOMS + 1.0) / 2.0 * spread))])


def _root(covariance: np.ndarray) -> np.ndarray:
    """A square root of a covariance that may be singular: two series may be one."""
    values, vectors = np.linalg.eigh(covariance)
    root: np.ndarray = vectors * np.sqrt(np.maximum(values, 0.0))
    return root


Method = Callable[[Book, int], Figures | None]
METHODS: dict[str, Method] = {
    HISTORICAL_500: historical,
    EWMA94_NORMAL: ewma_normal,
    FHS_EWMA94: filtered_ewma(0.94),
    FHS_EWMA97: filtered_ewma(0.97),
    FHS_GARCH: filtered_garch,
    GJR_T: gjr_t,
    MONTE_CARLO_T: monte_carlo,
}


def estimates(book: Book, horizon: int, names: tuple[str, ...] = tuple(METHODS)) -> dict[str, Figures]:
    """Figures of every method that has enough history, and the average of four with and without its margin."""
    if not book.sizes:
        zero = np.zeros(len(CONFIDENCES))
        return {HISTORICAL_500: Figures(zero, zero, HISTORICAL_MINIMUM)}
    found = {name: figures for name in names if (figures := METHODS[name](book, horizon)) is not None}
    if set(MEMBERS) <= set(found):
        members = [found[name] for name in MEMBERS]
        average = Figures(
            np.mean([member.var for member in members], axis=0),
            np.mean([member.es for member in members], axis=0),
            min(member.scenarios for member in members),
        )
        found |= {AVERAGE4: average, AVERAGE4_MARGIN: average.scaled(MARGINS)}
    return found
