"""Volatility of one price series as polars expressions: log returns, root mean squares and exponentially weighted averages.

Every expression reads the rows of one series in date order; wrap it in `.over(...)` for many. A row is a price, so a
suspension or a holiday is one return however long it lasted. Units: log return, and log return per square root of a row.
"""

import polars as pl

SEED_RETURNS = 22
"""Returns whose mean square starts an exponentially weighted variance; before them there is none."""


def log_return(price: pl.Expr, rows: int = 1) -> pl.Expr:
    """Log return of a positive `price` over the last `rows` price rows; null for the first `rows`."""
    logged = price.log()
    return logged - logged.shift(rows)


def rms(returns: pl.Expr, window: int) -> pl.Expr:
    """Root mean square of the last `window` one-row `returns`, mean not removed; null until there are that many."""
    mean_square = (returns**2).rolling_mean(window, min_samples=window)
    # A rolling sum that has just shed a large square can leave a rounding error below zero.
    return mean_square.clip(lower_bound=0.0).sqrt()


def ewma_vol(returns: pl.Expr, decay: float) -> pl.Expr:
    """Exponentially weighted volatility: v = decay v + (1 - decay) r^2, its square root.

    v starts, at the 22nd return, as the mean square of the first 22 returns and is null before, so that a value depends
    only on the series up to its row. Source: RiskMetrics 1996 (decay 0.94 daily), zero mean.
    """
    square = returns**2
    known = returns.is_not_null().cum_sum()
    seeded = pl.when(known == SEED_RETURNS).then(square.cum_sum() / SEED_RETURNS).when(known > SEED_RETURNS).then(square)
    return seeded.ewm_mean(alpha=1.0 - decay, adjust=False, ignore_nulls=True).sqrt()
