"""The walk-forward: every model's quantiles at every origin, each fitted on the months before; tonight is its last step."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from openmineral_dagster.forecasting.models import Model, Predict
from openmineral_dagster.forecasting.quantiles import HORIZONS, QUANTILES
from openmineral_dagster.forecasting.series import Market, PricedSeries

Cell = tuple[int, int]
"""(index of the series, horizon)."""
Quantiles = dict[Cell, np.ndarray]
"""Quantiles of the log return of every cell, (origins, levels); NaN where the model has no forecast."""


def walk_forward(market: Market, models: Sequence[Model], rows: Sequence[np.ndarray]) -> dict[str, Quantiles]:
    """Quantiles by model at the origin `rows` of each series, (series of arrays of row numbers).

    An origin is forecast with parameters fitted on rows dated before its calendar month: they depend on prices and dates
    alone, so one night, many nights and a backtest give the same quantiles.
    """
    found = {model.name: _unknown(rows) for model in models}
    months = [_months(market, index, rows[index]) for index in range(len(rows))]
    for month in np.unique(np.concatenate([*months, np.empty(0, "datetime64[M]")])):
        through = month.astype("datetime64[D]").astype(date) - timedelta(days=1)
        for model in models:
            predict = model.fit(market, through)
            for index, own in enumerate(months):
                _fill(found[model.name], predict, index, rows[index], own == month)
        market.forget(through)
    return found


def month_start(series: PricedSeries, row: int) -> date:
    """The first day of the calendar month of a row."""
    first: date = series.price_dates[row].astype("datetime64[M]").astype("datetime64[D]").astype(date)
    return first


def _months(market: Market, index: int, rows: np.ndarray) -> np.ndarray:
    months: np.ndarray = market.series[index].price_dates[rows].astype("datetime64[M]")
    return months


def _unknown(rows: Sequence[np.ndarray]) -> Quantiles:
    return {
        (index, horizon): np.full((len(own), len(QUANTILES)), np.nan) for index, own in enumerate(rows) for horizon in HORIZONS
    }


def _fill(found: Quantiles, predict: Predict, index: int, rows: np.ndarray, chosen: np.ndarray) -> None:
    if chosen.any():
        for horizon in HORIZONS:
            found[index, horizon][chosen] = predict(index, rows[chosen], horizon)
