"""The levels and horizons every model forecasts, and how a set of quantiles is scored. Arrays are (origins, levels)."""

import numpy as np
from scipy.special import ndtri

QUANTILES = (0.01, 0.025, *(step / 20 for step in range(1, 20)), 0.975, 0.99)
HORIZONS = (1, 5, 21)
COVERAGES = (50, 80, 90, 95)
"""Central ranges that are scored, in percent."""

_LEVELS = np.array(QUANTILES)
_NORMAL = ndtri(_LEVELS)
_SCORED = (_LEVELS >= 0.05) & (_LEVELS <= 0.95)


def pinball(quantiles: np.ndarray, outcomes: np.ndarray) -> np.ndarray:
    """Pinball loss of each quantile, shape (origins, levels), in the unit of the outcome; smaller is better."""
    error = outcomes[:, None] - quantiles
    return np.maximum(_LEVELS * error, (_LEVELS - 1.0) * error)


def crps(quantiles: np.ndarray, outcomes: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score of each origin: twice the mean pinball loss over 5, 10 ... 95 percent."""
    return 2.0 * pinball(quantiles, outcomes)[:, _SCORED].mean(axis=1)


def coverage(quantiles: np.ndarray, outcomes: np.ndarray, percent: int) -> float:
    """Share of outcomes inside the central `percent` range, ends included; `percent` is one of COVERAGES."""
    low = level_index((1.0 - percent / 100) / 2)
    inside = (outcomes >= quantiles[:, low]) & (outcomes <= quantiles[:, -1 - low])
    return float(inside.mean())


def normal_scores(quantiles: np.ndarray, outcomes: np.ndarray) -> np.ndarray:
    """Where each outcome fell in its forecast, as a standard normal score, (origins,); NaN where either is missing.

    The normal distribution function of it is the probability integral transform. Linear between the normal scores of
    QUANTILES, and on beyond the outermost two.
    """
    right = np.clip((quantiles < outcomes[:, None]).sum(axis=1), 1, len(QUANTILES) - 1)[:, None]
    low = np.take_along_axis(quantiles, right - 1, axis=1)[:, 0]
    gap = np.take_along_axis(quantiles, right, axis=1)[:, 0] - low
    below, above = _NORMAL[right[:, 0] - 1], _NORMAL[right[:, 0]]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(gap > 0, (outcomes - low) / gap, np.where(np.isnan(gap), np.nan, 0.5))
    return below + share * (above - below)


def level_index(level: float) -> int:
    """Position of a probability level in QUANTILES.

    Raises:
        ValueError: no model forecasts that level.
    """
    found = np.flatnonzero(np.isclose(_LEVELS, level, rtol=0.0, atol=1e-9))
    if not found.size:
        raise ValueError(f"no quantile is forecast at {level}")
    return int(found[0])
