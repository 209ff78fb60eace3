"""GARCH whose variance rises more after a fall than after a rise: GJR(1,1,1) with Student t shocks, as arrays.

Source: Glosten, Jagannathan and Runkle 1993. Returns are those of the holder: the fit of a short is not that of the long.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from openmineral_dagster.features.scales import GARCH_MINIMUM, GARCH_WINDOW, maximum_of
from openmineral_dagster.features.volatility import SEED_RETURNS


@dataclass(frozen=True)
class Gjr:
    """v' = omega + (alpha + gamma 1[r < 0]) r^2 + beta v, in squared return; `nu` degrees of freedom."""

    omega: float
    alpha: float
    gamma: float
    beta: float
    nu: float

    @property
    def persistence(self) -> float:
        """Share of a deviation of the variance that is left a row later."""
        return self.alpha + self.gamma / 2.0 + self.beta

    @property
    def long_run(self) -> float:
        """The variance it returns to; that of a persistence just below one where it returns to none."""
        return self.omega / max(1.0 - self.persistence, 1e-3)


def gjr_variance(fit: Gjr, returns: np.ndarray) -> np.ndarray:
    """Variance of the next return at each row, (rows,); started as the mean of the first 22 squares, NaN before."""
    squares = returns**2
    pushed = fit.omega + (fit.alpha + fit.gamma * (returns < 0)) * squares
    values = np.full(len(returns), np.nan)
    if len(returns) < SEED_RETURNS:
        return values
    start = squares[:SEED_RETURNS].mean()
    later, _ = lfilter([1.0], [1.0, -fit.beta], pushed[SEED_RETURNS:], zi=[fit.beta * start])
    values[SEED_RETURNS - 1] = start
    values[SEED_RETURNS:] = later
    return values


def gjr_scale(fit: Gjr, variance: np.ndarray, horizon: int) -> np.ndarray:
    """Standard deviation of the sum of the next `horizon` returns: the variances expected of each, added."""
    phi = fit.persistence
    if phi >= 1.0:
        return np.sqrt(variance * horizon)
    return np.sqrt(fit.long_run * horizon + (variance - fit.long_run) * (1.0 - phi**horizon) / (1.0 - phi))


def fit_gjr(returns: np.ndarray) -> Gjr | None:
    """Maximum likelihood on the last 1,500 of `returns`; None with fewer than 500 or where no maximum is found.

    Zero mean; the optimiser is the arch library's.
    """
    from arch import arch_model

    window = returns[np.isfinite(returns)][-GARCH_WINDOW:]
    if len(window) < GARCH_MINIMUM or not window.std() > 0:
        return None
    unit = window.std()
    model = arch_model(window / unit, mean="Zero", vol="GARCH", p=1, o=1, q=1, dist="t", rescale=False)
    found = maximum_of(model)
    return Gjr(found[0] * float(unit) ** 2, *found[1:]) if found else None
