"""How wide the next moves of one series are, as arrays: EWMA, GARCH and HAR volatilities of the coming `horizon` rows.

Every array has one entry a price row and reads the rows up to it. `returns` are one-row log returns whose first entry, which
has no price before it, is NaN. A scale is the standard deviation of the sum of the next `horizon` returns, in log return.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import lfilter

from openmineral_dagster.features.volatility import SEED_RETURNS

if TYPE_CHECKING:
    from arch.univariate.base import ARCHModel

GARCH_WINDOW = 1500
GARCH_MINIMUM = 500
HAR_WINDOWS = (5, 22, 66, 250)
HAR_MINIMUM = 500
HAR_TARGET = 5
"""Rows the HAR target averages over at least: the logarithm of a single absolute return is mostly noise."""
SMALLEST_RATIO = 0.1
"""A mean square is at least this share, squared, of the longest window's: prices that stood still have no logarithm."""


@dataclass(frozen=True)
class Garch:
    """GARCH(1,1) with Student t shocks: v' = omega + alpha r^2 + beta v, in squared log return; `nu` degrees of freedom."""

    omega: float
    alpha: float
    beta: float
    nu: float

    @property
    def persistence(self) -> float:
        """Share of a deviation of the variance that is left a row later."""
        return self.alpha + self.beta


def ewma_variance(returns: np.ndarray, decay: float) -> np.ndarray:
    """Exponentially weighted mean square, (rows,); started as the mean of the first 22 squares, NaN before.

    Source: RiskMetrics 1996, zero mean; the same values as `volatility.ewma_vol`, squared.
    """
    return _recursion(returns**2, 1.0 - decay, decay, 0.0)


def garch_variance(fit: Garch, returns: np.ndarray) -> np.ndarray:
    """Variance of the next return at each row, (rows,); started like `ewma_variance`."""
    return _recursion(returns**2, fit.alpha, fit.beta, fit.omega)


def garch_scale(fit: Garch, returns: np.ndarray, horizon: int) -> np.ndarray:
    """Standard deviation of the sum of the next `horizon` returns: the variances expected of each, added (Bollerslev 1986)."""
    following, phi = garch_variance(fit, returns), fit.persistence
    if phi >= 1.0:
        return np.sqrt(following * horizon)
    long_run = fit.omega / (1.0 - phi)
    return np.sqrt(long_run * horizon + (following - long_run) * (1.0 - phi**horizon) / (1.0 - phi))


def fit_garch(returns: np.ndarray) -> Garch | None:
    """Maximum likelihood on the last 1,500 of `returns`; None with fewer than 500 or where no maximum is found.

    Zero mean. Source: Bollerslev 1987; the optimiser is the arch library's.
    """
    from arch import arch_model

    window = returns[np.isfinite(returns)][-GARCH_WINDOW:]
    if len(window) < GARCH_MINIMUM or not window.std() > 0:
        return None
    unit = window.std()
    model = arch_model(window / unit, mean="Zero", vol="GARCH", p=1, q=1, dist="t", rescale=False)
    found = maximum_of(model)
    return Garch(found[0] * float(unit) ** 2, *found[1:]) if found else None


def maximum_of(model: "ARCHModel") -> tuple[float, ...] | None:
    """The parameters at which a model of the arch library is most likely, the constant first; None where none are found.

    On one thread: more add up in another order, and the optimiser then stops a few millionths away.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        fitted = model.fit(disp="off", show_warning=False)
    found = tuple(float(value) for value in fitted.params.to_numpy())
    return found if fitted.convergence_flag == 0 and np.isfinite(found).all() and found[0] > 0 else None


def har_inputs(returns: np.ndarray) -> np.ndarray:
    """What the heterogeneous autoregression reads, (rows, 7): log rms of 250 rows, then a constant, log rms of 5, 22 and 66
    rows and log EWMA94 volatility less the first, and the share of the last 22 squares that fell.

    NaN until 250 returns are there. Without the first column nothing depends on how volatile the series is as such, so that
    series can be fitted together. Source: Corsi 2009, with the downside term of Patton and Sheppard 2015.
    """
    squares = returns**2
    longest = _mean(squares, HAR_WINDOWS[-1])
    floor = longest * SMALLEST_RATIO**2
    means = [np.maximum(_mean(squares, window), floor) for window in HAR_WINDOWS[:-1]]
    means.append(np.maximum(ewma_variance(returns, 0.94), floor))
    fell = _mean(np.where(returns < 0, squares, 0.0 * squares), 22)
    with np.errstate(divide="ignore", invalid="ignore"):
        level = 0.5 * np.log(longest)
        ratios = [0.5 * np.log(mean) - level for mean in means]
        share = np.minimum(fell / means[1], 1.0)
    inputs = np.stack([level, np.ones(len(returns)), *ratios, share], axis=1)
    return np.where(np.isfinite(inputs).all(axis=1)[:, None], inputs, np.nan)


def har_span(horizon: int) -> int:
    """Rows the target of a horizon looks ahead."""
    return max(horizon, HAR_TARGET)


def har_target(returns: np.ndarray, horizon: int) -> np.ndarray:
    """Log rms of the next `har_span(horizon)` rows less log rms of the last 250, (rows,); NaN where they are not all known."""
    span, squares = har_span(horizon), returns**2
    longest = _mean(squares, HAR_WINDOWS[-1])
    ahead = np.full(len(returns), np.nan)
    ahead[:-span] = _mean(squares, span)[span:]
    with np.errstate(divide="ignore", invalid="ignore"):
        target = 0.5 * np.log(np.maximum(ahead / longest, SMALLEST_RATIO**2))
    return np.where(np.isfinite(target), target, np.nan)


def fit_har(inputs: np.ndarray, target: np.ndarray) -> np.ndarray | None:
    """Least squares coefficients of all inputs but the first, (6,), on rows that have both; None with fewer than 500."""
    rows = np.isfinite(target) & np.isfinite(inputs).all(axis=1)
    if rows.sum() < HAR_MINIMUM:
        return None
    regressors = inputs[rows, 1:]
    coefficients: np.ndarray = np.linalg.lstsq(regressors, target[rows], rcond=None)[0]
    return coefficients


def har_scale(inputs: np.ndarray, coefficients: np.ndarray, horizon: int) -> np.ndarray:
    """Standard deviation of the sum of the next `horizon` returns, (rows,), up to the constant its residuals make up for."""
    logged = inputs[:, 0].copy()
    for column, coefficient in zip(inputs.T[1:], coefficients, strict=True):  # a row's sum must not depend on how many there are
        logged += coefficient * column
    return np.exp(logged) * np.sqrt(horizon)


def _recursion(squares: np.ndarray, weight: float, decay: float, constant: float) -> np.ndarray:
    """v = constant + weight x square + decay x v, from the mean of the first 22 squares on."""
    values = np.full(len(squares), np.nan)
    if len(squares) > SEED_RETURNS:
        start = squares[1 : SEED_RETURNS + 1].mean()
        later, _ = lfilter([1.0], [1.0, -decay], constant + weight * squares[SEED_RETURNS + 1 :], zi=[decay * start])
        values[SEED_RETURNS] = start
        values[SEED_RETURNS + 1 :] = later
    return values


def _mean(values: np.ndarray, window: int) -> np.ndarray:
    """Mean of the last `window` values at each row; NaN where one is missing."""
    means = np.full(len(values), np.nan)
    if len(values) > window:
        sums = np.cumsum(np.concatenate([[0.0], values[1:]]))
        means[window:] = np.maximum(sums[window:] - sums[: len(sums) - window], 0.0) / window
    return means
