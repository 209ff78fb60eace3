"""Value at risk and expected shortfall of a distribution of profit and loss: empirical, normal and Student's t.

Figures are (levels,) arrays at CONFIDENCES, losses positive.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from scipy.special import ndtri
from scipy.stats import t as student

CONFIDENCES = (Fraction(95, 100), Fraction(975, 1000), Fraction(99, 100))
LEVELS = np.array([float(level) for level in CONFIDENCES])
_TAILS = 1.0 - LEVELS
_NORMAL = -ndtri(_TAILS)
_NORMAL_SHORTFALL = np.exp(-(_NORMAL**2) / 2.0) / np.sqrt(2.0 * np.pi) / _TAILS
FEWEST_FREEDOM = 2.1


@dataclass(frozen=True, eq=False)
class Figures:
    """Value at risk and expected shortfall at CONFIDENCES, (levels,) each, and how many scenarios they rest on."""

    var: np.ndarray
    es: np.ndarray
    scenarios: int

    def scaled(self, factors: np.ndarray | float) -> "Figures":
        """Both figures times a factor a level."""
        return Figures(self.var * factors, self.es * factors, self.scenarios)


def var_and_es(losses: np.ndarray, confidence: Fraction) -> tuple[float, float]:
    """Value at risk and expected shortfall of scenario losses (positive is a loss), both as positive-for-loss figures.

    VaR is `losses sorted descending[floor((1 - confidence) n)]`, without interpolation: the sixth worst of 500 at 99
    percent. ES is the mean of the worst `ceil((1 - confidence) n)`. The counts are exact fractions, never floats.
    """
    index, count = _places(len(losses), confidence)
    ordered = np.sort(losses)[::-1]
    return float(ordered[index]), float(ordered[:count].mean())


def empirical(pnl: np.ndarray) -> Figures:
    """Of scenario profits and losses, gains positive, by `var_and_es`."""
    places = [_places(len(pnl), level) for level in CONFIDENCES]
    deepest = max(max(index + 1, count) for index, count in places)
    # Only the tail is put in order: of ten thousand paths the rest is never read.
    ordered = -np.sort(np.partition(pnl, deepest - 1)[:deepest])
    worst = np.array([ordered[index] for index, _ in places])
    return Figures(worst, np.array([ordered[:count].mean() for _, count in places]), len(pnl))


def normal(scale: float, scenarios: int) -> Figures:
    """Of a normal with mean zero and a standard deviation in USD."""
    return Figures(scale * _NORMAL, scale * _NORMAL_SHORTFALL, scenarios)


def student_t(scale: float, freedom: float, scenarios: int) -> Figures:
    """Of Student's t with mean zero and a standard deviation in USD. Source: McNeil, Frey and Embrechts 2015, example 2.15."""
    quantile, shortfall = _student_multipliers(max(freedom, FEWEST_FREEDOM))
    return Figures(scale * quantile, scale * shortfall, scenarios)


@lru_cache(maxsize=8192)
def _student_multipliers(nu: float) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles and shortfalls of unit standard deviation."""
    quantile = student.isf(_TAILS, nu)
    shortfall = student.pdf(quantile, nu) / _TAILS * (nu + quantile**2) / (nu - 1.0)
    unit = np.sqrt((nu - 2.0) / nu)
    return unit * quantile, unit * shortfall


@lru_cache(maxsize=4096)
def _places(count: int, confidence: Fraction) -> tuple[int, int]:
    """Place of the quantile among losses sorted descending, and how many of the worst the shortfall averages."""
    tail = (1 - confidence) * count
    return int(tail), -int(-tail // 1)
