"""How a forecast is judged, by the field's formulas. Arrays are (origins,) or (origins, levels); returns are logarithmic."""

from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import binom
from scipy.stats import t as student

from openmineral_dagster.forecasting.quantiles import level_index, normal_scores

HISTORIES, AT_ONCE = 4000, 200
EULER = 0.5772156649015329
FEWEST_BLOCKS = 4
"""Blocks a bootstrap needs to say anything."""
LEAST_BATCHES = 10
"""Batches a claim rests on at least."""


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


def r2_out_of_sample(outcomes: np.ndarray, forecasts: np.ndarray, reference: float | np.ndarray = 0.0) -> float:
    """1 less mean squared error over that of `reference`, no change unless told; negative where worse, 0 of a perfect reference.

    Source: Campbell and Thompson 2008.
    """
    of_reference = float(((outcomes - reference) ** 2).sum())
    return 1.0 - float(((outcomes - forecasts) ** 2).sum()) / of_reference if of_reference > 0 else 0.0


def directional_accuracy(outcomes: np.ndarray, forecasts: np.ndarray) -> tuple[float, int]:
    """Share of outcomes whose sign was named, and of how many: forecasts and outcomes of zero have none. NaN of none."""
    named = (forecasts != 0.0) & (outcomes != 0.0)
    right = np.sign(outcomes[named]) == np.sign(forecasts[named])
    return (float(right.mean()) if named.any() else float("nan")), int(named.sum())


def pesaran_timmermann(outcomes: np.ndarray, forecasts: np.ndarray, horizon: int) -> tuple[float, float]:
    """Statistic, positive where signs agree, and one-sided p-value of: directions forecast are independent of what came.

    Covariance of both signs over its standard error under independence: the product of both autocovariances, with Bartlett
    weights and the lags of `diebold_mariano`; without lags sqrt(n) times the correlation of both signs. Zeros name nothing and
    are left out. Forecasts that all point one way claim nothing: p is 1. Sources: Pesaran and Timmermann 1992, 2009.
    """
    named = (forecasts != 0.0) & (outcomes != 0.0)
    signs = np.where(named, np.array([outcomes, forecasts]) > 0, np.nan)
    if not named.any() or (np.nanmin(signs, axis=1) == np.nanmax(signs, axis=1)).any():
        return 0.0, 1.0
    # A row left out keeps its place in time, so that lags stay rows.
    ups, pointed = np.nan_to_num(signs - np.nanmean(signs, axis=1, keepdims=True))
    n, lags = len(named), _lags(len(named), horizon)
    variance = _bartlett(lags) @ (_autocovariances(ups, lags) * _autocovariances(pointed, lags)) * n / named.sum()
    t = float((ups @ pointed / n) / np.sqrt(variance / n))
    return t, float(ndtr(-t))


def diebold_mariano(differences: np.ndarray, horizon: int) -> tuple[float, float]:
    """t of the mean of loss differences, positive where it is, and its one-sided p-value; 0 and 0.5 where none varies.

    Newey-West variance with Bartlett weights and max(horizon - 1, n^(1/3)) lags. Source: Diebold and Mariano 1995.

    Args:
        differences: loss of the reference less that of the model, (origins,), oldest first.
    """
    n = len(differences)
    if n < 2:
        return 0.0, 0.5
    # Rounding: two forecasts that agree but for the last bit of a float have no difference to be certain of.
    differences = np.round(differences, 12)
    lags = _lags(n, horizon)
    variance = _bartlett(lags) @ _autocovariances(differences - differences.mean(), lags)
    t = float(differences.mean() / np.sqrt(variance / n)) if variance > 0 else 0.0
    return t, float(ndtr(-t))


def _lags(n: int, horizon: int) -> int:
    return min(max(horizon - 1, int(np.cbrt(n))), n - 1)


def _bartlett(lags: int) -> np.ndarray:
    """Weights of the autocovariances of lags 0 to `lags`: both sides of every lag, falling to nothing."""
    weights: np.ndarray = 2.0 * (1.0 - np.arange(lags + 1) / (lags + 1))
    weights[0] = 1.0
    return weights


def _autocovariances(centred: np.ndarray, lags: int) -> np.ndarray:
    return np.array([centred[lag:] @ centred[: len(centred) - lag] / len(centred) for lag in range(lags + 1)])


def batch_p(differences: np.ndarray, horizon: int) -> float:
    """One-sided p-value of a mean above zero, safe to claim on: 1 with fewer than ten batches.

    Student's t of the means of batches of max(2 horizon, n^(1/3)) dates, which hardly depend on one another; Newey-West with a
    normal tail rejects a tenth to a third of true hypotheses where outcomes overlap and dates are few. Source: Ibragimov and
    Mueller 2010.
    """
    length = max(2 * horizon if horizon > 1 else 1, int(np.cbrt(len(differences))))
    count = len(differences) // max(length, 1)
    if count < LEAST_BATCHES:
        return 1.0
    means = np.round(differences[len(differences) - count * length :], 12).reshape(count, length).mean(axis=1)
    spread = means.std(ddof=1)
    return float(student.sf(means.mean() / spread * np.sqrt(count), count - 1)) if spread > 0 else 1.0


def strategy_returns(outcomes: np.ndarray, positions: np.ndarray, cost: float = 0.0005) -> np.ndarray:
    """Log return a row of holding `positions` (1 long, -1 short) into `outcomes`, less `cost` a unit of position changed.

    The first position is bought from nothing. Five basis points a side are an assumption, not a quote.

    Args:
        outcomes: one-row log returns, (rows,).
        positions: held into each of them, chosen before it, (rows,).
    """
    changed = np.abs(np.diff(positions, prepend=0.0))
    return positions * outcomes - cost * changed


def sharpe(returns: np.ndarray, periods_a_year: int) -> float:
    """Mean over standard deviation, annual; 0 where nothing moves. Source: Sharpe 1994."""
    spread = returns.std()
    return float(returns.mean() / spread * np.sqrt(periods_a_year)) if spread > 0 else 0.0


def probabilistic_sharpe(returns: np.ndarray, benchmark: float = 0.0) -> float:
    """Probability that the true Sharpe ratio a row is above `benchmark`; 0 where nothing moves.

    Source: Bailey and Lopez de Prado 2012.
    """
    spread, n = returns.std(), len(returns)
    if not spread > 0 or n < 3:
        return 0.0
    scaled = (returns - returns.mean()) / spread
    return sharpe_probability(returns.mean() / spread, n, (scaled**3).mean(), (scaled**4).mean(), benchmark)


def sharpe_probability(ratio: float, n: int, skewness: float, kurtosis: float, benchmark: float) -> float:
    """Probability that a ratio estimated from `n` returns of such shape is truly above `benchmark`; both are a row, not annual.

    Kurtosis is 3 for a normal. Source: Bailey and Lopez de Prado 2014, equation 2.
    """
    variance = max(1.0 - skewness * ratio + (kurtosis - 1.0) / 4.0 * ratio**2, 1e-12)
    return float(ndtr((ratio - benchmark) * np.sqrt((n - 1) / variance)))


def deflated_sharpe(returns: np.ndarray, trials: int, variance: float | None = None) -> float:
    """Probability that the true Sharpe ratio is above what the best of `trials` without any would show by luck.

    Source: Bailey and Lopez de Prado 2014.

    Args:
        trials: all that were tried, counted.
        variance: of the trials' ratios a row; where it is not known, that of one estimated from as many returns.
    """
    if len(returns) < 3:
        return 0.0
    spread = np.sqrt(1.0 / (len(returns) - 1) if variance is None else variance)
    return probabilistic_sharpe(returns, expected_maximum(trials) * spread)


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
    distances: np.ndarray, nominal: float, block: int, draws: int = 400, seed: int = 5, level: float = 0.95
) -> tuple[float, float]:
    """Where the pooled coverage of a true range would lie on the same dates, two-sided at `level`; nothing told by few blocks.

    The ranges are stretched until they hold exactly what they say: those of a true forecast hit and miss by as much, while the
    hits of ranges that hold nearly everything hardly vary. Moving blocks of dates keep together what happened together. Few
    blocks show less than what varies: the band is widened from the normal to Student's t. Source: Kunsch 1989.

    Args:
        distances: how far from the median each outcome fell, NaN for no outcome, (dates, cells), oldest first: absolute normal
            scores.
        block: dates a block.
    """
    hits = np.where(np.isfinite(distances), distances <= np.nanquantile(distances, nominal), np.nan)
    counts, blocks, held = np.isfinite(hits).sum(axis=1), len(hits) / block, np.nanmean(hits)
    if blocks < FEWEST_BLOCKS or held == 1.0:
        return 0.0, 1.0
    sums = np.nansum(hits, axis=1) - counts * held
    starts = np.random.default_rng(seed).integers(0, len(sums) - block + 1, (draws, -(-len(sums) // block)))
    added, counted = (np.concatenate([[0.0], np.cumsum(values)]) for values in (sums, counts))
    shifts = (added[starts + block] - added[starts]).sum(axis=1) / (counted[starts + block] - counted[starts]).sum(axis=1)
    tails = np.array([(1.0 - level) / 2, (1.0 + level) / 2])
    wider = student.ppf(tails[1], blocks - 1) / ndtri(tails[1]) * np.sqrt(blocks / (blocks - 1))
    low, high = np.clip(nominal + wider * np.quantile(shifts, tails), 0.0, 1.0)
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
    """Coverage of a true range in each of 4,000 simulated histories, some at a time: ten years of all of them fill memory."""
    random = np.random.default_rng(11)
    found = [_some_coverages(random, outcomes, horizon, nominal) for _ in range(HISTORIES // AT_ONCE)]
    return np.concatenate(found)


def _some_coverages(random: np.random.Generator, outcomes: int, horizon: int, nominal: float) -> np.ndarray:
    walked = np.cumsum(random.standard_normal((AT_ONCE, outcomes + horizon)), axis=1)
    moves = np.abs(walked[:, horizon:] - walked[:, :-horizon]) / np.sqrt(horizon)
    return np.asarray((moves <= ndtri(0.5 + nominal / 2)).mean(axis=1))
