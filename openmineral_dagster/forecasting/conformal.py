"""Adaptive conformal inference: ranges widened while outcomes leave them too often, narrowed while too seldom. A guard rail.

Measured on metals it mends coverage and costs half a percent of CRPS, so it is read only where the plain ranges have failed.
Source: Gibbs and Candes 2021, on every central range of the set, over the last 250 outcomes known.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import ndtr, ndtri

from openmineral_dagster.forecasting.quantiles import QUANTILES, normal_scores

STEP = 0.01
OUTCOMES = 250
SMALLEST_MISS, LARGEST_MISS = 0.002, 0.98
"""A range is never wider than a central 99.8 percent nor narrower than a central 2."""

_LEVELS = np.array(QUANTILES)
_NORMAL = ndtri(_LEVELS)
_TARGETS = 2.0 * _LEVELS[_LEVELS < 0.5]
"""Share of outcomes that should miss each central range, the widest first."""


def adapted(quantiles: np.ndarray, outcomes: np.ndarray, horizon: int) -> np.ndarray:
    """Quantiles whose central ranges were adapted to the outcomes known at each origin, (origins, levels).

    Args:
        quantiles: of consecutive origins of one series, (origins, levels).
        outcomes: of the same origins, (origins,); NaN where not known. An origin reads those at least `horizon` before it.
    """
    misses = _misses(normal_scores(quantiles, outcomes), horizon)
    below = 0.5 * misses
    levels = np.concatenate([below, np.full((len(below), 1), 0.5), 1.0 - below[:, ::-1]], axis=1)
    return np.sort(_at(quantiles, ndtri(levels)), axis=1)


def _misses(scores: np.ndarray, horizon: int) -> np.ndarray:
    """The share each range is set to miss at each origin, (origins, ranges): the update folded over its last 250 outcomes."""
    edges = 2.0 * ndtr(-np.abs(scores))  # of the central range whose edge the outcome fell on
    windows = sliding_window_view(np.concatenate([np.full(OUTCOMES + horizon - 1, np.nan), edges]), OUTCOMES)
    misses = np.broadcast_to(_TARGETS, (len(scores), len(_TARGETS))).copy()
    for edge in windows[: len(scores)].T[:, :, None]:
        known = ~np.isnan(edge)
        misses += STEP * known * (_TARGETS - (edge < misses))
        np.clip(misses, SMALLEST_MISS, LARGEST_MISS, out=misses)
    return misses


def _at(quantiles: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Quantiles at other levels, given as normal scores, (origins, levels): linear between the scores of QUANTILES."""
    right = np.clip(np.searchsorted(_NORMAL, scores), 1, len(_NORMAL) - 1)
    share = (scores - _NORMAL[right - 1]) / (_NORMAL[right] - _NORMAL[right - 1])
    low, high = np.take_along_axis(quantiles, right - 1, axis=1), np.take_along_axis(quantiles, right, axis=1)
    return low + share * (high - low)
