"""What trained models learn from: declared features at an origin, and the moves that followed in units of EWMA volatility."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl

from openmineral_dagster.forecasting.models import scale_path
from openmineral_dagster.forecasting.quantiles import HORIZONS
from openmineral_dagster.forecasting.series import Market, PricedSeries

VOLATILITIES = ("vol_5d", "vol_22d", "vol_66d", "ewma94_vol")
"""Taken as the logarithm of their ratio to `ewma97_vol`."""
MOVES = {"return_1d": 1, "return_5d": 5, "return_21d": 21}
"""Taken over the volatility of as many rows."""
PLAIN = (
    "downside_share_22d",
    "skew_66d",
    "spread_cash_3m",
    "spread_change_21d",
    "stock_change_21d",
    "cancelled_share",
    "managed_net",
    "momentum_63d",
    "drawdown_250d",
    "vix_level",
    "vix_change_5d",
    "wti_change_5d",
)
"""Taken as they are."""
INPUTS = (*VOLATILITIES, *MOVES, *PLAIN)
FEATURES_READ = (*VOLATILITIES, "ewma97_vol", *MOVES, *PLAIN)
"""Features of the panel that INPUTS are made of: all known at the fix."""
LARGEST_INPUT = 5.0
"""Ratios and scaled moves stop here: five unchanged prices have no volatility."""
PURGED = max(HORIZONS)
EMBARGO = 5
"""Rows left out after a fold, beyond those whose outcome reaches into it."""


@dataclass(frozen=True)
class Examples:
    """Pooled origins, oldest first.

    Attributes:
        days: of the origins, datetime64[D], (origins,).
        inputs: see INPUTS, NaN where not known, (origins, inputs).
        outcomes: log returns over ewma97 x sqrt(horizon), by horizon, (origins, 3).
    """

    days: np.ndarray
    inputs: np.ndarray
    outcomes: np.ndarray

    def where(self, chosen: np.ndarray) -> "Examples":
        """Some of them."""
        return Examples(self.days[chosen], self.inputs[chosen], self.outcomes[chosen])


def inputs_of(series: Sequence[PricedSeries], panel: pl.DataFrame) -> tuple[np.ndarray, ...]:
    """INPUTS of every series, (rows, inputs) each, from a `feature_history` of the same prices."""
    scale = pl.col("ewma97_vol")
    ratios = [(pl.col(name) / scale).log().alias(name) for name in VOLATILITIES]
    moves = [(pl.col(name) / (scale * rows**0.5)).alias(name) for name, rows in MOVES.items()]
    read = panel.sort("price_date").select(
        "instrument",
        "tenor",
        *(expr.clip(-LARGEST_INPUT, LARGEST_INPUT) for expr in (*ratios, *moves)),
        *PLAIN,
    )
    groups = read.partition_by("instrument", "tenor", as_dict=True, include_key=False)
    return tuple(_finite(groups[one.instrument, one.tenor].fill_null(np.nan).to_numpy()) for one in series)


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan)


def examples(market: Market, after: date, through: date) -> Examples:
    """Origins dated after a day whose outcomes at every horizon are dated by another, of all series, by date."""
    nothing = np.empty(0, "datetime64[D]"), np.empty((0, len(INPUTS))), np.empty((0, len(HORIZONS)))
    parts = [nothing, *(_of_series(market, index, after, through) for index in range(len(market.series)))]
    pooled = Examples(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return pooled.where(np.argsort(pooled.days, kind="stable"))


def _of_series(market: Market, index: int, after: date, through: date) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    series = market.series[index]
    rows = np.arange(series.rows_through(after), max(series.rows_through(through) - max(HORIZONS), series.rows_through(after)))
    volatility = scale_path(market, "ewma97", index, date.min, 1)[rows]
    rows = rows[volatility > 0]
    volatility = volatility[volatility > 0]
    moves = [series.outcomes(rows, horizon) / (volatility * np.sqrt(horizon)) for horizon in HORIZONS]
    return series.price_dates[rows], market.inputs[index][rows], np.stack(moves, axis=1)


def folds(pooled: Examples, count: int) -> Iterator[tuple[Examples, Examples]]:
    """`count` pairs of examples to fit on and later ones to judge by: expanding, purged and embargoed.

    The last `count` + 1 equal spans of dates; a span is judged by a fit on everything before it, less the 21 + 5 dates whose
    outcomes reach into it. Source: Lopez de Prado 2018, chapter 7.
    """
    days = np.unique(pooled.days)
    bounds = np.linspace(0, len(days), count + 2).astype(int)
    for start, end in pairwise(bounds[1:]):
        last = days[max(start - PURGED - EMBARGO, 0)]
        judged = (pooled.days >= days[start]) & (pooled.days <= days[end - 1])
        yield pooled.where(pooled.days < last), pooled.where(judged)
