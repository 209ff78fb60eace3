"""How value at risk and expected shortfall are examined, by the field's formulas, elementwise over arrays of any shape.

Losses are positive, and so are both figures. A breach, or hit, is a loss beyond value at risk. `tail` is the chance of one
that the level allows: 0.01 at 99 percent. Nothing here divides by zero: 0 log 0 is 0, so an event that was never seen adds
nothing to a likelihood, and what cannot be computed is NaN.
"""

import numpy as np
from scipy.special import bdtr, chdtrc, erfc, xlogy

LAGS = 4
"""Past breaches the dynamic quantile test looks at."""
REGRESSORS = LAGS + 2
"""A constant, the lagged breaches and value at risk."""
SINGULAR = 1e-9
"""Share of a regressor that must be its own, beside the ones before it."""
YELLOW, RED = 0.95, 0.9999
"""Chance of at most so many breaches from which the light is no longer green, no longer yellow."""
PAIRS = np.triu_indices(REGRESSORS)


def tail_of(confidence: np.ndarray) -> np.ndarray:
    """Chance of a breach at a level: 0.01 at 0.99, without the last bits of a float."""
    return np.round(1.0 - confidence, 12)


def breach(losses: np.ndarray, var: np.ndarray) -> np.ndarray:
    """Whether each loss lies beyond value at risk; one of just that size does not."""
    return np.asarray(losses > var)


def kupiec(breaches: np.ndarray, nights: np.ndarray, tail: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Likelihood ratio of the right number of breaches, two-sided, and its p-value. Source: Kupiec 1995; chi-squared, 1 degree.

    3 breaches in 250 nights at 0.01 give 0.0949; no breach gives -2 n log(1 - tail), all breaches -2 n log(tail).
    """
    quiet = nights - breaches
    seen = xlogy(breaches, breaches / nights) + xlogy(quiet, quiet / nights)
    ratio = np.maximum(2.0 * (seen - xlogy(breaches, tail) - xlogy(quiet, 1.0 - tail)), 0.0)
    return ratio, _beyond_one_degree(ratio)


def _beyond_one_degree(ratio: np.ndarray) -> np.ndarray:
    """Chance of more in a chi-squared of one degree; a fifth of the time of the incomplete gamma function."""
    return np.asarray(erfc(np.sqrt(ratio / 2.0)))


def independence(transitions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Likelihood ratio of: a breach is as likely after a breach as after none, and its p-value. Source: Christoffersen 1998.

    Args:
        transitions: nights counted by whether the night before and the night itself breached, (2, 2, ...): `[1, 0]` are the
            nights without a breach after one with.

    0 and 1 where no night, or every night, follows a breach: there is nothing to compare.
    """
    before = transitions.sum(axis=1, keepdims=True)
    overall = transitions.sum(axis=0)
    apart = xlogy(transitions, transitions / np.maximum(before, 1)).sum(axis=0).sum(axis=0)
    alike = xlogy(overall, overall / np.maximum(overall.sum(axis=0), 1)).sum(axis=0)
    ratio = np.maximum(2.0 * (apart - alike), 0.0)
    return ratio, _beyond_one_degree(ratio)


def conditional_coverage(
    breaches: np.ndarray, nights: np.ndarray, tail: np.ndarray | float, transitions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Both ratios added, the right number and independence, and the p-value. Source: Christoffersen 1998; chi-squared, 2 degrees.

    The number is judged on all nights, independence on the nights that have one before them.
    """
    ratio = kupiec(breaches, nights, tail)[0] + independence(transitions)[0]
    return ratio, np.exp(-ratio / 2.0)


def quantile_terms(hit: np.ndarray, lagged: np.ndarray, var: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What one night adds to the moments of the dynamic quantile test.

    Args:
        hit: whether the night breached, (...).
        lagged: whether each of the four nights before did, newest first, (4, ...).
        var: value at risk of the night, (...).

    Returns products of constant, lagged breaches and hit, (21, ...), integers in the order of `PAIRS`; and value at risk times
    each of those and times itself, (7, ...).
    """
    flags = np.stack([np.ones_like(hit), *lagged, hit]).astype(np.int8)
    return flags[PAIRS[0]] * flags[PAIRS[1]], np.concatenate([flags * var, [var * var]])


def dynamic_quantile(counts: np.ndarray, sums: np.ndarray, tail: np.ndarray | float) -> np.ndarray:
    """p-value of: neither a constant, four lagged breaches nor value at risk foretells a breach.

    Source: Engle and Manganelli 2004, H'X (X'X)^-1 X'H / (tail (1 - tail)) for hits less `tail`; chi-squared, 6 degrees.

    Args:
        counts, sums: `quantile_terms` added up over the nights, (21, ...) and (7, ...).

    NaN where the regressors are not independent: no breach, breaches in the last nights only, value at risk that never moves.
    """
    last = REGRESSORS - 1
    moments = np.empty((REGRESSORS + 1, REGRESSORS + 1, *counts.shape[1:]))
    moments[PAIRS] = moments[PAIRS[::-1]] = counts
    # The hit comes last in `counts`; value at risk takes its place among the regressors, and the hit is what they explain.
    moments[: last + 1, last + 1] = moments[: last + 1, last].copy()
    moments[:last, last] = moments[last, :last] = sums[:last]
    moments[last, last], moments[last, last + 1] = sums[last + 1], sums[last]
    explained = _explained(moments[:-1, :-1], moments[:-1, -1] - tail * moments[:-1, 0])
    return np.asarray(chdtrc(REGRESSORS, explained / (tail * (1.0 - tail))))


def _explained(gram: np.ndarray, projected: np.ndarray) -> np.ndarray:
    """Sum of squares that regressors explain, by elimination over all series at once; NaN where one depends on the others.

    `numpy.linalg.solve` refuses all of a batch for one singular matrix.
    """
    size = np.sqrt(np.einsum("ii...->i...", gram))
    with np.errstate(divide="ignore", invalid="ignore"):
        left, right = gram / (size[:, None] * size[None]), projected / size
        explained = np.zeros(gram.shape[2:])
        for column in range(len(left)):
            pivot = np.where(left[column, column] > SINGULAR, left[column, column], np.nan)
            explained += right[column] ** 2 / pivot
            factors = left[column + 1 :, column] / pivot
            left[column + 1 :] -= factors[:, None] * left[column]
            right[column + 1 :] -= factors * right[column]
    return explained


def shortfall_ratio(losses: np.ndarray, var: np.ndarray, es: np.ndarray) -> np.ndarray:
    """Loss over expected shortfall of a night that breached, 0 of another; NaN where expected shortfall is not positive."""
    positive = es > 0.0
    return np.where(positive, np.where(breach(losses, var), losses, 0.0) / np.where(positive, es, 1.0), np.nan)


def z2(ratios: np.ndarray, nights: np.ndarray, tail: np.ndarray | float) -> np.ndarray:
    """Z2 of expected shortfall: 0 expected, negative where risk is understated, 1 without a breach; NaN of no night.

    Source: Acerbi and Szekely 2014, test 2: 1 - sum(loss x breach / es) / (nights x tail). Of 250 nights at 97.5 percent the
    critical value at five percent is -0.70.

    Args:
        ratios: `shortfall_ratio` added up over the nights that have one.
        nights: how many those are.
    """
    return 1.0 - ratios / np.where(nights > 0, nights * tail, np.nan)


def fz0(losses: np.ndarray, var: np.ndarray, es: np.ndarray, tail: np.ndarray | float) -> np.ndarray:
    """FZ0 loss of both figures, lower is better; NaN but where 0 < var <= es.

    With losses positive: max(loss - var, 0) / (tail es) + var / es + log(es) - 1. In another currency every figure moves by the
    same constant. Source: Patton, Ziegel and Chen 2019, equation 6.
    """
    scored = (var > 0.0) & (var <= es)
    safe = np.where(scored, es, 1.0)
    return np.where(scored, np.maximum(losses - var, 0.0) / (tail * safe) + var / safe + np.log(safe) - 1.0, np.nan)


def chance_of_so_few(breaches: np.ndarray, nights: np.ndarray, tail: np.ndarray | float) -> np.ndarray:
    """Chance of at most so many breaches if the level is right: 0.8922 of 4 in 250 nights at 0.01."""
    return np.asarray(bdtr(breaches, nights, tail))


def traffic_light(breaches: np.ndarray, nights: np.ndarray, tail: np.ndarray | float) -> np.ndarray:
    """green, yellow or red by `chance_of_so_few`: of 250 nights at 0.01 up to 4, 5 to 9, and 10 breaches or more.

    Source: Basel Committee 1996, supervisory framework for backtesting, table 2.
    """
    chance = chance_of_so_few(breaches, nights, tail)
    return np.where(chance < YELLOW, "green", np.where(chance < RED, "yellow", "red"))
