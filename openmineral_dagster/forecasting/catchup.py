"""The catch-up of a London fix with closes that came after it: what the night already knows of the next price.

The LME's official price is struck at midday and the LBMA's auctions end by mid-afternoon; copper, gold, silver and oil close
in New York hours later, and the night knows it. That is the lag of a price, not foresight: nobody could trade the fix again.
Ridge regression of the coming move on those closes and on the move into the fix, which has already taken up part of them;
fitted once a month for each set of closes that are not stale.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from openmineral_dagster.forecasting.models import scale_path
from openmineral_dagster.forecasting.quantiles import HORIZONS
from openmineral_dagster.forecasting.series import Closes, Market, PricedSeries
from openmineral_dagster.forecasting.walk import Quantiles, month_start
from openmineral_dagster.reference.instruments import find

POST_FIX = ("HG", "GC", "SI", "CL", "VIX")
STRUCK_BEFORE = ("LME", "LBMA")
"""Venues whose price of a day is made before the closes of POST_FIX."""
HORIZONS_CAUGHT_UP = (1, 5)
"""At 21 rows the closes of one evening say nothing that could be measured."""
MOST_DAYS = 5
"""Calendar days from the price to the night: after a longer gap, holidays apart, it is no evening's closes that are missing."""
MINIMUM_ROWS = 250
PENALTY = 100.0
"""On inputs of unit mean square: a hundredth to a third of what a history of 250 to 10,000 rows weighs."""


@dataclass(frozen=True)
class Shift:
    """What the closes say of one move: its expected log return, and the share of its width that is left."""

    mean: float
    width: float


NO_SHIFT = Shift(0.0, 1.0)


def caught_up(
    market: Market, rows: Sequence[np.ndarray], nights: Sequence[np.ndarray], models: Mapping[str, Quantiles]
) -> dict[str, Quantiles]:
    """Ranges of several models as the nights knew them: moved and narrowed where a price was struck before closes they have.

    Args:
        rows: origins of each series.
        nights: datetime64[D] of the night of each origin, on or after its day.
        models: quantiles of the same origins at the fix, by model.
    """
    cells = [(index, horizon) for index in range(len(rows)) for horizon in HORIZONS]
    known = {cell: shifts(market, cell[0], rows[cell[0]], nights[cell[0]], cell[1]) for cell in cells}
    return {name: {cell: moved(ranges[cell], known[cell]) for cell in cells} for name, ranges in models.items()}


def moved(quantiles: np.ndarray, moves: Sequence[Shift]) -> np.ndarray:
    """`quantiles`, (origins, levels), each moved by its shift and narrowed to what it leaves."""
    if not moves:
        return quantiles
    means, widths = np.array([(move.mean, move.width) for move in moves]).T
    moved: np.ndarray = means[:, None] + widths[:, None] * quantiles
    return moved


def shifts(market: Market, index: int, rows: np.ndarray, nights: np.ndarray, horizon: int) -> list[Shift]:
    """The shift of each origin; none for other venues and horizons, and where every close is stale."""
    series = market.series[index]
    if horizon not in HORIZONS_CAUGHT_UP or not _is_struck_early(series):
        return [NO_SHIFT] * len(rows)
    inputs = post_fix_moves(market, series, rows, nights)
    return [
        _shift(market, index, horizon, month_start(series, row), values, series.returns[row])
        for row, values in zip(rows, inputs, strict=True)
    ]


def _is_struck_early(series: PricedSeries) -> bool:
    instrument = find(series.instrument)
    return instrument is not None and instrument.venue in STRUCK_BEFORE


def post_fix_moves(market: Market, series: PricedSeries, rows: np.ndarray, nights: np.ndarray) -> np.ndarray:
    """Log move of each of POST_FIX from its last close by the day of the row before to its last by the night, (rows, closes).

    NaN where stale: no close is dated from the origin's day to the night.
    """
    days, before = series.price_dates[rows], series.price_dates[np.maximum(rows - 1, 0)]
    moves = [_move(market.closes.get(symbol), days, before, nights) for symbol in POST_FIX]
    return np.stack(moves, axis=1)


def _move(closes: Closes | None, days: np.ndarray, before: np.ndarray, nights: np.ndarray) -> np.ndarray:
    if closes is None or not len(closes.price_dates):
        return np.full(len(days), np.nan)
    last = np.searchsorted(closes.price_dates, nights, side="right") - 1
    start = np.searchsorted(closes.price_dates, before, side="right") - 1
    recent = nights - days <= np.timedelta64(MOST_DAYS, "D")
    fresh = recent & (last >= 0) & (start >= 0) & (closes.price_dates[np.maximum(last, 0)] >= days) & (before < days)
    return np.where(fresh, closes.log_prices[last] - closes.log_prices[start], np.nan)


def _shift(market: Market, index: int, horizon: int, month: date, values: np.ndarray, into_fix: float) -> Shift:
    fresh = tuple(int(place) for place in np.flatnonzero(np.isfinite(values)))
    if not fresh or not np.isfinite(into_fix):
        return NO_SHIFT
    key = ("catch-up", index, horizon, month, fresh)
    fitted = market.once(key, lambda: _fit(market, index, horizon, month, fresh))
    if fitted is None:
        return NO_SHIFT
    weights, width = fitted
    return Shift(float(np.append(values[list(fresh)], into_fix) @ weights), width)


def _fit(market: Market, index: int, horizon: int, month: date, fresh: tuple[int, ...]) -> tuple[np.ndarray, float] | None:
    """Weights of the fresh closes and the move into the fix, and the root of the share of variance they leave; None with
    fewer than 250 known outcomes before the month. Rows are divided by their EWMA volatility, so that no wild year rules."""
    inputs, outcomes = _examples(market, index, horizon, month)
    chosen = inputs[:, [*fresh, len(POST_FIX)]]
    known = np.isfinite(chosen).all(axis=1) & np.isfinite(outcomes)
    if known.sum() < MINIMUM_ROWS:
        return None
    chosen, outcomes = chosen[known], outcomes[known]
    unit = np.sqrt((chosen**2).mean(axis=0))
    if not (unit > 0).all() or not outcomes.any():
        return None
    scaled = chosen / unit
    weights = np.linalg.solve(scaled.T @ scaled + PENALTY * np.eye(len(unit)), scaled.T @ outcomes)
    left = ((outcomes - scaled @ weights) ** 2).sum() / (outcomes**2).sum()
    return weights / unit, float(np.sqrt(min(left, 1.0)))


def _examples(market: Market, index: int, horizon: int, month: date) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and outcomes, over volatility, of every origin whose outcome was known before the month."""
    inputs, outcomes = market.once(("catch-up examples", index, horizon), lambda: _every_example(market, index, horizon))
    known = max(int(np.searchsorted(market.series[index].price_dates, np.datetime64(month))) - horizon, 0)
    return inputs[:known], outcomes[:known]


def _every_example(market: Market, index: int, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    series = market.series[index]
    rows = np.arange(len(series.returns))
    moves = post_fix_moves(market, series, rows, series.price_dates)
    volatility = scale_path(market, "ewma97", index, date.min, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        inputs = np.column_stack([moves, series.returns]) / volatility[:, None]
        return np.where(np.isfinite(inputs), inputs, np.nan), series.outcomes(rows, horizon) / volatility
