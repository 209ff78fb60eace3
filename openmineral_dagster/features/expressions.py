"""The arithmetic of the features as polars expressions over the rows of one series, or of one input, in date order.

Everything is null where it is not defined (a price or a spread that stood still has no ratio to its own size), never NaN.
"""

import math

import polars as pl

SMALLEST = 1e-9
"""A divisor at or below it is rounding error of a value that did not move."""
PARKINSON = 1.0 / (4.0 * math.log(2.0))
GARMAN_KLASS = 2.0 * math.log(2.0) - 1.0


def ratio(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """One over the other; null where `denominator` is not above SMALLEST."""
    return numerator / pl.when(denominator > SMALLEST).then(denominator)


def logarithm(value: pl.Expr) -> pl.Expr:
    """Natural logarithm; null where `value` is not above zero."""
    return pl.when(value > 0).then(value).log()


def change(value: pl.Expr, rows: int) -> pl.Expr:
    """`value` less itself `rows` rows ago, in its unit."""
    return value - value.shift(rows)


def log_change(value: pl.Expr, rows: int) -> pl.Expr:
    """Logarithm of `value` over itself `rows` rows ago."""
    return change(logarithm(value), rows)


def mean(value: pl.Expr, rows: int) -> pl.Expr:
    """Mean of the last `rows` rows; null where one of them is."""
    return value.rolling_mean(rows, min_samples=rows)


def root(mean_square: pl.Expr) -> pl.Expr:
    """Square root; a rolling sum that has just shed a large square can leave a rounding error below zero."""
    return mean_square.clip(lower_bound=0.0).sqrt()


def z_score(value: pl.Expr, rows: int) -> pl.Expr:
    """Standard deviations of `value` above its mean over the last `rows` rows."""
    return ratio(value - mean(value, rows), value.rolling_std(rows, min_samples=rows))


def bipower(returns: pl.Expr, rows: int) -> pl.Expr:
    """Volatility a row without its jumps: root of pi/2 times the mean of `rows` products of neighbouring absolute returns.

    Source: Barndorff-Nielsen and Shephard 2004.
    """
    return root(mean(returns.abs() * returns.shift(1).abs(), rows) * (math.pi / 2.0))


def downside_share(returns: pl.Expr, rows: int) -> pl.Expr:
    """Share of the last `rows` squared returns that fell, from 0 to 1."""
    fallen = mean(returns.clip(upper_bound=0.0) ** 2, rows)
    return ratio(fallen, mean(returns**2, rows)).clip(0.0, 1.0)


def autocorrelation(returns: pl.Expr, rows: int) -> pl.Expr:
    """Mean product of neighbouring returns over their mean square: above zero where moves go on, below where they turn."""
    return ratio(mean(returns * returns.shift(1), rows), mean(returns**2, rows))


def skewness(returns: pl.Expr, rows: int) -> pl.Expr:
    """Mean cube of returns over their root mean square, cubed; the mean is not removed."""
    size = root(mean(returns**2, rows))
    return mean(returns**3, rows) / pl.when(size > SMALLEST).then(size) ** 3


def range_position(level: pl.Expr, rows: int) -> pl.Expr:
    """Where `level` lies between its lowest (0) and highest (1) of the last `rows` rows."""
    lowest, highest = level.rolling_min(rows, min_samples=rows), level.rolling_max(rows, min_samples=rows)
    return ratio(level - lowest, highest - lowest)


def parkinson(high: pl.Expr, low: pl.Expr, rows: int) -> pl.Expr:
    """Volatility a row from the range of its bar: root of the mean of log(high/low)^2 / (4 log 2).

    Source: Parkinson 1980; it leaves out moves between bars.
    """
    return root(mean((logarithm(high) - logarithm(low)) ** 2, rows) * PARKINSON)


def garman_klass(open_: pl.Expr, high: pl.Expr, low: pl.Expr, close: pl.Expr, rows: int) -> pl.Expr:
    """Volatility a row: root of the mean of log(high/low)^2 / 2 - (2 log 2 - 1) log(close/open)^2.

    Source: Garman and Klass 1980; it leaves out moves between bars.
    """
    ranges, body = logarithm(high) - logarithm(low), logarithm(close) - logarithm(open_)
    return root(mean(0.5 * ranges**2 - GARMAN_KLASS * body**2, rows))
