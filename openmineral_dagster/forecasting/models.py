"""The models behind one interface: fitted through a date, they give quantiles for later origins, all around no change.

A model is a scale (how wide the next moves are) and a shape (how scaled moves are spread): the normal, Student's t, the
series' own past (filtered historical simulation), or the past of all series together, mirrored about zero. Scales with
parameters are fitted on the first of a month, so a forecast depends on prices and its date alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import ndtri

from openmineral_dagster.features import scales
from openmineral_dagster.forecasting.quantiles import QUANTILES, level_index
from openmineral_dagster.forecasting.series import Market

EWMA97_NORMAL, HIST500, GARCH_T = "ewma97_normal", "hist500", "garch_t"
CODE_VERSION = "2"
"""Raised by hand whenever the arithmetic below changes."""

HISTORY = 500
HISTORY_MINIMUM = 60
RESIDUALS = 1500
OWN_MINIMUM = 250
POOL_MINIMUM = 1000
PATHS = 2000
"""Simulated paths, half of them mirrored, of the sum of several GARCH-t returns."""

LEVELS = np.array(QUANTILES)
MEDIAN = level_index(0.5)
UNKNOWN = np.full(len(QUANTILES), np.nan)
NORMAL_MULTIPLIERS = np.where(LEVELS == 0.5, 0.0, ndtri(LEVELS))
"""Standard normal quantiles at QUANTILES; the median is exactly zero."""

Predict = Callable[[int, np.ndarray, int], np.ndarray]
"""(index of the series, origin rows, horizon) to quantiles of the log return, (origins, levels); NaN where there is none."""


class Model(Protocol):
    """What the walk-forward asks of a model."""

    @property
    def name(self) -> str:
        """As the tables call it."""

    def fit(self, market: Market, through: date) -> Predict:
        """Parameters from rows dated `through` or earlier, as the function that forecasts later origins with them."""


@dataclass(frozen=True)
class Historical:
    """No change, ranged by the empirical quantiles of the last returns over the horizon that ended by the origin.

    Linear between order statistics (Hyndman and Fan, type 7); the median is the sample's own, not zero.
    """

    name: str
    window: int = HISTORY

    def fit(self, market: Market, through: date) -> Predict:
        """Nothing is fitted."""

        def predict(index: int, rows: np.ndarray, horizon: int) -> np.ndarray:
            moves = market.series[index].returns_into(horizon)
            return trailing_quantiles(moves, rows, self.window, HISTORY_MINIMUM)

        return predict


@dataclass(frozen=True)
class Scaled:
    """A scale times the multipliers of a shape, both fitted once a month."""

    name: str
    scale: str
    shape: "Shape"

    def fit(self, market: Market, through: date) -> Predict:
        """Scale and shape through a date."""

        def predict(index: int, rows: np.ndarray, horizon: int) -> np.ndarray:
            width = scale_path(market, self.scale, index, through, horizon)[rows]
            with np.errstate(invalid="ignore"):
                usable = np.where(width > 0, width, np.nan)
            return usable[:, None] * self.shape(market, self.scale, index, through, horizon)

        return predict


Shape = Callable[[Market, str, int, date, int], np.ndarray]
"""(market, scale, index, through, horizon) to multipliers of the scale with a median of zero, (levels,)."""


def scale_path(market: Market, name: str, index: int, through: date, horizon: int) -> np.ndarray:
    """Standard deviation of the move over the `horizon` rows after each row of a series, fitted through a date, (rows,)."""
    # A volatility without parameters is the same whenever it is fitted.
    when = date.min if name.startswith("ewma") else through
    return market.once(("scale", name, index, when, horizon), lambda: _scale_path(market, name, index, through, horizon))


def _scale_path(market: Market, name: str, index: int, through: date, horizon: int) -> np.ndarray:
    returns = market.series[index].returns
    if name.startswith("ewma"):
        return np.sqrt(scales.ewma_variance(returns, int(name[4:]) / 100) * horizon)
    if name == "garch":
        fit = garch_of(market, index, through)
        return np.full(len(returns), np.nan) if fit is None else scales.garch_scale(fit, returns, horizon)
    coefficients = har_of(market, through, horizon)
    inputs = _har_inputs(market, index)
    return np.full(len(returns), np.nan) if coefficients is None else scales.har_scale(inputs, coefficients, horizon)


def garch_of(market: Market, index: int, through: date) -> scales.Garch | None:
    """The GARCH fit of a series through a date."""
    series = market.series[index]
    rows = series.rows_through(through)
    key = series.digest(rows)
    if key not in market.fits:
        market.fits[key] = scales.fit_garch(series.returns[:rows])
    return market.fits[key]


def har_of(market: Market, through: date, horizon: int) -> np.ndarray | None:
    """The HAR coefficients of all series together, from rows whose outcomes were known by a date."""
    return market.once(("har", through, horizon), lambda: _fit_har(market, through, horizon))


def _fit_har(market: Market, through: date, horizon: int) -> np.ndarray | None:
    inputs, targets = [], []
    for index, series in enumerate(market.series):
        known = max(series.rows_through(through) - scales.har_span(horizon), 0)
        target = _har_target(market, index, horizon)
        inputs.append(_har_inputs(market, index)[:known])
        targets.append(target[:known])
    return scales.fit_har(np.concatenate(inputs), np.concatenate(targets)) if inputs else None


def _har_inputs(market: Market, index: int) -> np.ndarray:
    return market.once(("har inputs", index), lambda: scales.har_inputs(market.series[index].returns))


def _har_target(market: Market, index: int, horizon: int) -> np.ndarray:
    returns = market.series[index].returns
    return market.once(("har target", index, horizon), lambda: scales.har_target(returns, horizon))


def normal(market: Market, scale: str, index: int, through: date, horizon: int) -> np.ndarray:
    """The standard normal."""
    return NORMAL_MULTIPLIERS


def student_t(market: Market, scale: str, index: int, through: date, horizon: int) -> np.ndarray:
    """The sum of `horizon` returns of the fitted GARCH with t shocks, over its standard deviation, started at its long run."""
    fit = garch_of(market, index, through)
    return UNKNOWN if fit is None else simulated_multipliers(fit, horizon)


def own_past(market: Market, scale: str, index: int, through: date, horizon: int) -> np.ndarray:
    """Filtered historical simulation: quantiles of the series' last 1,500 moves over the scale they started with, less
    their median.

    Source: Barone-Adesi, Giannopoulos and Vosper 1999, for overlapping moves of the horizon itself.
    """
    residuals = residuals_known(market, scale, index, through, horizon)
    if len(residuals) < OWN_MINIMUM:
        return UNKNOWN
    quantiles = np.quantile(residuals, LEVELS)
    return quantiles - quantiles[MEDIAN]


def pooled_mirrored(market: Market, scale: str, index: int, through: date, horizon: int) -> np.ndarray:
    """Quantiles of the last 1,500 scaled moves of every series, each taken with both signs: symmetric, the median zero."""
    return market.once(("pooled", scale, through, horizon), lambda: _pooled(market, scale, through, horizon))


def residuals_known(market: Market, scale: str, index: int, through: date, horizon: int) -> np.ndarray:
    """The last 1,500 moves that ended by a date, over the scale at their start; those without a scale left out."""
    return market.once(("residuals", scale, index, through, horizon), lambda: _residuals(market, scale, index, through, horizon))


def _residuals(market: Market, scale: str, index: int, through: date, horizon: int) -> np.ndarray:
    series = market.series[index]
    end = series.rows_through(through)
    start = max(end - RESIDUALS, horizon)
    path = scale_path(market, scale, index, through, horizon)[start - horizon : max(end - horizon, start - horizon)]
    with np.errstate(divide="ignore", invalid="ignore"):
        residuals = series.returns_into(horizon)[start : max(end, start)] / path
    return residuals[np.isfinite(residuals)]


def _pooled(market: Market, scale: str, through: date, horizon: int) -> np.ndarray:
    sizes = [np.abs(residuals_known(market, scale, index, through, horizon)) for index in range(len(market.series))]
    return mirrored(np.concatenate(sizes)) if sum(map(len, sizes)) >= POOL_MINIMUM else UNKNOWN


def mirrored(sizes: np.ndarray) -> np.ndarray:
    """Quantiles at QUANTILES of `sizes` taken with both signs."""
    above = np.quantile(sizes, 2.0 * LEVELS[LEVELS > 0.5] - 1.0)
    return np.concatenate([-above[::-1], [0.0], above])


@lru_cache(maxsize=4096)
def simulated_multipliers(fit: scales.Garch, horizon: int) -> np.ndarray:
    """Quantiles of the sum of `horizon` GARCH-t returns over its standard deviation, (levels,); symmetric, seeded."""
    random = np.random.default_rng(17)
    freedom = max(fit.nu, 2.1)
    shocks = random.standard_t(freedom, (PATHS // 2, horizon)) * np.sqrt((freedom - 2.0) / freedom)
    start = variance = np.full(PATHS // 2, fit.omega / max(1.0 - fit.persistence, 1e-3))
    total = np.zeros(PATHS // 2)
    for step in range(horizon):
        moves = np.sqrt(variance) * shocks[:, step]
        total = total + moves
        variance = fit.omega + fit.alpha * moves**2 + fit.beta * variance
    return mirrored(np.abs(total) / np.sqrt(start * horizon))


def trailing_quantiles(values: np.ndarray, rows: np.ndarray, window: int, minimum: int) -> np.ndarray:
    """Quantiles at QUANTILES of the last `window` values up to each of `rows`, (rows, levels); NaN with fewer than `minimum`."""
    before = np.full(window, np.nan)
    ordered = np.sort(sliding_window_view(np.concatenate([before, values]), window)[rows + 1], axis=1)  # NaN sorts last
    known = np.isfinite(ordered).sum(axis=1)
    position = np.maximum(known - 1, 0)[:, None] * LEVELS
    below = np.floor(position).astype(int)
    above = np.minimum(below + 1, np.maximum(known - 1, 0)[:, None])
    low, high = np.take_along_axis(ordered, below, axis=1), np.take_along_axis(ordered, above, axis=1)
    quantiles = low + (position - below) * (high - low)
    return np.where((known >= minimum)[:, None], quantiles, np.nan)


SIMPLE_MODELS: tuple[Model, ...] = (
    Historical(HIST500),
    Scaled(EWMA97_NORMAL, "ewma97", normal),
    Scaled(GARCH_T, "garch", student_t),
    Scaled("fhs_ewma97", "ewma97", own_past),
)
MEMBERS: tuple[Model, ...] = (
    Scaled("fhs_garch", "garch", own_past),
    Scaled("fhs_har", "har", own_past),
    Scaled("psym_ewma97", "ewma97", pooled_mirrored),
    Scaled("psym_har", "har", pooled_mirrored),
)
"""The ensemble averages these."""
