"""Reverse stress: the most plausible moves that lose a given sum.

Of all moves m that lose L, the one at the smallest Mahalanobis distance from no move. For sizes w and covariance S of one-day
moves it is m = -L S w / (w' S w), at a distance of L / sqrt(w' S w) standard deviations: the minimum of m' inv(S) m under
w' m = -L (Breuer, Jandacka, Rheinberger and Summer 2009, How to find plausible, severe, and useful stress scenarios).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

import numpy as np
import polars as pl
from scipy import stats

from openmineral_dagster.lake.tables.risk import EXCLUDED, STRESS
from openmineral_dagster.risk.history import Histories
from openmineral_dagster.risk.moves import SERIES, is_absolute, moves_known, size
from openmineral_dagster.risk.shocks import ReverseTarget
from openmineral_dagster.risk.stress import stress_rows

DECAY, WINDOW, FEWEST_ROWS = 0.94, 500, 100
FREEDOM = 4
"""Degrees of freedom of the Student t that says how rare a distance is: the tail of daily metal returns."""


@dataclass(frozen=True, eq=False)
class Worst:
    """The most plausible moves that lose a sum.

    Attributes:
        moves: of each series, (series,).
        distance: standard deviations of the portfolio's one-day result.
    """

    moves: np.ndarray
    distance: float

    @property
    def days(self) -> float:
        """Business days among which one loses as much, by a Student t with FREEDOM degrees scaled to unit variance."""
        return float(1 / stats.t.sf(self.distance * sqrt(FREEDOM / (FREEDOM - 2)), FREEDOM))


def worst_moves(sizes: np.ndarray, covariance: np.ndarray, loss: float) -> Worst | None:
    """The most plausible moves under which a linear portfolio loses `loss`; None where no move of its series loses anything.

    Args:
        sizes: gain in USD for a move of one, (series,).
        covariance: of one-day moves, (series, series).
        loss: USD, positive.
    """
    toward = covariance @ sizes
    variance = float(sizes @ toward)
    if variance <= 0:
        return None
    return Worst(-loss * toward / variance, loss / sqrt(variance))


def ewma_covariance(moves: np.ndarray) -> np.ndarray:
    """Covariance of one-day moves around zero, (rows, series) to (series, series); weights 0.94 to the age, summing to one.

    Source: RiskMetrics 1996.
    """
    weights = DECAY ** np.arange(len(moves) - 1, -1, -1.0)
    return (moves * (weights / weights.sum())[:, None]).T @ moves


def reverse_stress(
    sensitivities: pl.DataFrame,
    market: Histories,
    published: Mapping[str, float],
    targets: Sequence[ReverseTarget],
    as_of: date,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`risk.stress` rows of kind reverse, and `risk.excluded` rows of the targets that have no answer.

    Args:
        sensitivities: portfolio, instrument, tenor, delivery, series_tenor, quantity, spot; a row a line and series.
        market: prices as the night knew them.
        published: the published one-day value at risk at 99 percent by portfolio, USD.
    """
    books = dict(_sizes(sensitivities))
    moves: list[pl.DataFrame] = []
    faults: list[tuple[object, ...]] = []
    for portfolio, sizes in books.items():
        for target in targets:
            if target.portfolio in (None, portfolio):
                found = _answer(sizes, market, published.get(portfolio), target, as_of)
                if isinstance(found, pl.DataFrame):
                    moves.append(found.with_columns(portfolio=pl.lit(portfolio)))
                else:
                    faults.append((as_of, portfolio, target.id, *found))
    reason = f"expected a portfolio that holds something: {', '.join(books) or 'none does'}"
    unknown = [target for target in targets if target.portfolio is not None and target.portfolio not in books]
    faults += [(as_of, target.portfolio, target.id, "portfolio", target.portfolio, reason) for target in unknown]
    rows = stress_rows(sensitivities, pl.concat(moves), as_of) if moves else STRESS.empty()
    return rows, pl.DataFrame(faults, schema=EXCLUDED.dtypes, orient="row")


def _sizes(sensitivities: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """SERIES and size of each portfolio, sorted."""
    sizes = sensitivities.with_columns(size=size()).group_by("portfolio", *SERIES).agg(pl.col("size").sort().sum())
    for (portfolio,), held in sizes.sort("portfolio", *SERIES).group_by("portfolio", maintain_order=True):
        yield str(portfolio), held.select(*SERIES, "size")


def _answer(
    sizes: pl.DataFrame, market: Histories, var: float | None, target: ReverseTarget, as_of: date
) -> pl.DataFrame | tuple[str, str, str]:
    """The moves that lose the sum, or field, value and reason where there are none."""
    loss = target.loss_usd if target.loss_usd is not None else (target.var_multiple or 0.0) * (var or 0.0)
    days, moves = moves_known(market, sizes.select(SERIES).iter_rows(), as_of)
    if loss <= 0:
        return "var_multiple", f"{var}", "expected a published one-day value at risk at 99 percent"
    if len(days) < FEWEST_ROWS:
        return "history", f"{len(days)} days", f"expected {FEWEST_ROWS} days of prices of all its series"
    worst = worst_moves(sizes["size"].to_numpy(), ewma_covariance(moves[-WINDOW:]), loss)
    if worst is None:
        return "portfolio", "0", "expected lines that gain or lose as prices move"
    if sizes.filter((pl.Series(worst.moves) < -1) & ~is_absolute()).height:
        return "loss", f"{loss:,.0f} USD", "expected a sum to lose before a price falls below zero"
    return _moves(sizes, worst, target.id, loss)


def _moves(sizes: pl.DataFrame, worst: Worst, name: str, loss: float) -> pl.DataFrame:
    basis = (
        f"loses {loss:,.0f} USD at {worst.distance:.2f} standard deviations of one day (EWMA {DECAY}); "
        f"one day in {worst.days:,.0f} by a Student t with {FREEDOM} degrees of freedom"
    )
    return sizes.select(*SERIES, scenario=pl.lit(name), kind=pl.lit("reverse"), move=pl.Series(worst.moves), basis=pl.lit(basis))
