"""How a forecast is judged, by the field's formulas. Arrays are (origins,) or (origins, levels); returns are logarithmic."""

from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import binom

from openmineral_dagster.forecasting.quantiles import level_index, normal_scores

HISTORIES = 4000
EULER = 0.5772156649015329


def pit(quantiles: np.ndarray, outcomes: np.ndarray) -> np.ndarray:
    """Probability integral transform of each outcome, (origins,); uniform for a true forecast. Source: Dawid 1984.

    Linear between the normal scores of the levels forecast, and on beyond the outermost two.
    """
    return np.asarray(ndtr(normal_scores(quantiles, outcomes)))


def sharpness(quantiles: np.ndarray, percent: int) -> float:
    """Mean width of the central `percent` range, in the unit of the outcome."""
    low = level_index((1.0 - percent / 100) / 2)
    return float((quantiles[:, -1 - low] - quantiles[:, low]).mean())


def mape(prices: np.ndarray, forecasts: np.ndarray) -> float:
    """Mean absolute error as a share of the price that came."""
    return float(np.abs(forecasts / prices - 1.0).mean())


def r2_out_of_sample(outcomes: np.ndarray, forecasts: np.ndarray) -> float:
    """1 less mean squared error over that of no change; negative where worse. Source: Campbell and Thompson 2008."""
    reference = float((outcomes**2).sum())
    return 1.0 - float(((outcomes - forecasts) ** 2).sum()) / reference if reference > 0 else 0.0


def directional_accuracy(outcomes: np.ndarray, forecasts: np.ndarray) -> tuple[float, int]:
    """Share of outcomes whose sign was named, and of how many: forecasts and outcomes of zero have none. NaN of none."""
    named = (forecasts != 0.0) & (outcomes != 0.0)
    right = np.sign(outcomes[named]) == np.sign(forecasts[named])
    return (float(right.mean()) if named.any() else float("nan")), int(named.sum())


def pesaran_timmermann(outcomes: np.ndarray, forecasts: np.ndarray, horizon: int) -> tuple[float, float]:
    """Statistic and one-sided p-value of the hypothesis that forecast directions are independent of what came.

    The covariance of both signs over its standard error, with Newey-West lags for outcomes that overlap. A forecast that
    always points one way names nothing: p is 1. Source: Pesaran and Timmermann 1992; the regression form of 2009.
    """
    ups, named = (outcomes > 0).astype(float), (forecasts > 0).astype(float)
    if named.min() == named.max() or ups.min() == ups.max():
        return 0.0, 1.0
    return diebold_mariano((ups - ups.mean()) * (named - named.mean()), horizon)


def diebold_mariano(differences: np.ndarray, horizon: int) -> tuple[float, float]:
    """t of the mean of loss differences, positive where it is, and its one-sided p-value; 0 and 0.5 where all are zero.

    Newey-West variance with Bartlett weights and max(horizon - 1, n^(1/3)) lags. Source: Diebold and Mariano 1995.
    """
    # Rounding: two forecasts that agree but for the last bit of a float have no difference to be certain of.
    differences = np.round(differences, 12)
    n = len(differences)
    centred = differences - differences.mean()
    lags = min(max(horizon - 1, int(np.cbrt(n))), n - 1)
    covariances = np.array([centred[lag:] @ centred[: n - lag] / n for lag in range(lags + 1)])
    variance = covariances[0] + 2.0 * (1.0 - np.arange(1, lags + 1) / (lags + 1)) @ covariances[1:]
    t = float(differences.mean() / np.sqrt(variance / n)) if variance > 0 else 0.0
    return t, float(ndtr(-t))


def strategy_returns(outcomes: np.ndarray, positions: np.ndarray, cost: float) -> np.ndarray:
    """Log return a row of holding `positions` (1 long, -1 short) into `outcomes`, less `cost` a unit of position changed."""
    changed = np.abs(np.diff(positions, prepend=0.0))
    return positions * outcomes - cost * changed


def sharpe(returns: np.ndarray, periods_a_year: int) -> float:
    """Mean over standard deviation, annual; 0 where nothing moves. Source: Sharpe 1994."""
    spread = returns.std()
    return float(returns.mean() / spread * np.sqrt(periods_a_year)) if spread > 0 else 0.0


def deflated_sharpe(returns: np.ndarray, trials: int) -> float:
    """Probability that the true Sharpe ratio is above what the best of `trials` without any would show by luck.

    The expected maximum of `trials` ratios that vary as one estimated from as many returns does, and the skewness and
    kurtosis of the returns. Source: Bailey and Lopez de Prado 2014.
    """
    spread, n = returns.std(), len(returns)
    if not spread > 0 or n < 3:
        return 0.0
    scaled = (returns - returns.mean()) / spread
    ratio, skewness, kurtosis = returns.mean() / spread, (scaled**3).mean(), (scaled**4).mean()
    benchmark = expected_maximum(trials) / np.sqrt(n - 1)
    spread_of_ratio = np.sqrt(max(1.0 - skewness * ratio + (kurtosis - 1.0) / 4.0 * ratio**2, 1e-12))
    return float(ndtr((ratio - benchmark) * np.sqrt(n - 1) / spread_of_ratio))


def expected_maximum(trials: int) -> float:
    """Expected largest of `trials` independent standard normals; 0 of one. Source: Bailey and Lopez de Prado 2014."""
    if trials <= 1:
        return 0.0
    return float((1.0 - EULER) * ndtri(1.0 - 1.0 / trials) + EULER * ndtri(1.0 - 1.0 / (trials * np.e)))


def holm(p_values: np.ndarray) -> np.ndarray:
    """p-values adjusted so that the chance of any false claim at a level is at most that level. Source: Holm 1979."""
    order = np.argsort(p_values, kind="stable")
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1)), 1.0)
    return adjusted


def block_bootstrap_band(
    hits: np.ndarray, nominal: float, block: int, draws: int = 400, seed: int = 5, level: float = 0.95
) -> tuple[float, float]:
    """Where the pooled coverage of a true range would lie on the same dates, two-sided at `level`.

    Moving blocks of dates of the hits less their own mean, so that what happened together stays together, about the
    nominal coverage. Source: Kunsch 1989.

    Args:
        hits: 1 inside, 0 outside, NaN for no outcome, (dates, cells), oldest first.
        block: dates a block.
    """
    counts = np.isfinite(hits).sum(axis=1)
    sums = np.nansum(hits, axis=1) - counts * np.nansum(hits) / counts.sum()
    block = min(block, len(sums))
    starts = np.random.default_rng(seed).integers(0, len(sums) - block + 1, (draws, -(-len(sums) // block)))
    added, counted = (np.concatenate([[0.0], np.cumsum(values)]) for values in (sums, counts))
    shifts = (added[starts + block] - added[starts]).sum(axis=1) / (counted[starts + block] - counted[starts]).sum(axis=1)
    low, high = np.clip(nominal + np.quantile(shifts, [(1.0 - level) / 2, (1.0 + level) / 2]), 0.0, 1.0)
    return float(low), float(high)


@lru_cache(maxsize=4096)
def perfect_coverage_band(outcomes: int, horizon: int, nominal: float, level: float) -> tuple[float, float]:
    """Coverage a true central range of one series shows over `outcomes` origins, two-sided at `level`.

    Binomial at a horizon of one row; simulated from overlapping sums of normal returns beyond, seeded.
    """
    if not outcomes:
        return 0.0, 1.0
    if horizon == 1:
        low, high = binom.interval(level, outcomes, nominal)
        return float(low) / outcomes, float(high) / outcomes
    low, high = np.quantile(_coverages(outcomes, horizon, nominal), [(1.0 - level) / 2, (1.0 + level) / 2])
    return float(low), float(high)


@lru_cache(maxsize=512)
def _coverages(outcomes: int, horizon: int, nominal: float) -> np.ndarray:
    """Coverage of a true range in each of 4,000 simulated histories."""
    steps = np.random.default_rng(11).standard_normal((HISTORIES, outcomes + horizon))
    walked = np.cumsum(steps, axis=1)
    moves = np.abs(walked[:, horizon:] - walked[:, :-horizon]) / np.sqrt(horizon)
    coverages: np.ndarray = (moves <= ndtri(0.5 + nominal / 2)).mean(axis=1)
    return coverages
