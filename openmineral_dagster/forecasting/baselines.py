"""Models without training: the normal range of EWMA volatility, and the empirical range of the last 500 returns.

Both are plain arithmetic on a window that ends at the origin, so one call serves tonight's origin or a history of them.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import ndtri

from openmineral_dagster.forecasting.quantiles import QUANTILES
from openmineral_dagster.forecasting.series import PricedSeries

EWMA97_NORMAL = "ewma97_normal"
HIST500 = "hist500"
BASELINE_VERSION = "1"
"""Raised by hand whenever the arithmetic below changes."""

WINDOW = 500
MINIMUM_RETURNS = 60
NORMAL_MULTIPLIERS = np.where(np.array(QUANTILES) == 0.5, 0.0, ndtri(np.array(QUANTILES)))
"""Standard normal quantiles at QUANTILES; the median is exactly zero."""


def ewma97_normal(series: PricedSeries, rows: np.ndarray, horizon: int) -> np.ndarray:
    """Normal quantiles with zero mean and the EWMA(0.97) volatility at the origin times the root of the horizon."""
    return series.ewma97_vol[rows][:, None] * np.sqrt(horizon) * NORMAL_MULTIPLIERS


def hist500(series: PricedSeries, rows: np.ndarray, horizon: int) -> np.ndarray:
    """Empirical quantiles of the last 500 overlapping `horizon`-row log returns that ended by the origin.

    Fewer where fewer are known, NaN below 60. Quantiles interpolate linearly between order statistics (Hyndman and
    Fan, type 7). The median is the sample's own, not zero.
    """
    before = np.full(WINDOW, np.nan)
    windows = sliding_window_view(np.concatenate([before, series.returns_into(horizon)]), WINDOW)[rows + 1]
    ordered = np.sort(windows, axis=1)  # NaN sorts last
    known = np.isfinite(ordered).sum(axis=1)
    position = np.maximum(known - 1, 0)[:, None] * np.array(QUANTILES)
    below = np.floor(position).astype(int)
    above = np.minimum(below + 1, np.maximum(known - 1, 0)[:, None])
    low, high = np.take_along_axis(ordered, below, axis=1), np.take_along_axis(ordered, above, axis=1)
    quantiles = low + (position - below) * (high - low)
    return np.where((known >= MINIMUM_RETURNS)[:, None], quantiles, np.nan)
