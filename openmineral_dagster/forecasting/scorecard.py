"""How each model did over the last origins whose outcome is known: CRPS beside both baselines, and coverage."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from openmineral_dagster.features.panel import feature_history
from openmineral_dagster.forecasting.baselines import EWMA97_NORMAL, HIST500, ewma97_normal, hist500
from openmineral_dagster.forecasting.network import QUANTILE_NETWORK, TrainedNetwork, predict
from openmineral_dagster.forecasting.quantiles import COVERAGES, HORIZONS, coverage, crps
from openmineral_dagster.forecasting.series import Forecaster, PricedSeries, priced_series
from openmineral_dagster.lake.schema import conform
from openmineral_dagster.lake.tables import SCORECARD

SCORED_ORIGINS = 250
INFORMATION = "fix"
"""Every model here reads prices up to the fix of the last price row, nothing later."""


def forecasters(network: TrainedNetwork | None) -> dict[str, Forecaster]:
    """The models by name; the network only where there is one."""
    models: dict[str, Forecaster] = {EWMA97_NORMAL: ewma97_normal, HIST500: hist500}
    if network is not None:
        models[QUANTILE_NETWORK] = partial(predict, network)
    return models


def known_series(prices: pl.DataFrame, as_of: date) -> list[PricedSeries]:
    """The forecast series as the night of `as_of` knew them; later rows are not read."""
    return priced_series(feature_history(prices.filter(pl.col("price_date") <= as_of)))


def scorecard(prices: pl.DataFrame, as_of: date, network: TrainedNetwork | None = None) -> pl.DataFrame:
    """Scores of every model, series and horizon, conforming to `forecasts.scorecard`.

    Scored are the last 250 origins whose outcome is known on the night and which both baselines forecast; for the
    network only those of them after the last date it was trained through. No row where nothing can be scored yet.
    """
    return score_series(known_series(prices, as_of), as_of, network)


def score_series(known: list[PricedSeries], as_of: date, network: TrainedNetwork | None) -> pl.DataFrame:
    """`scorecard` of series already in arrays."""
    rows = [row for series in known for horizon in HORIZONS for row in _score(series, horizon, network)]
    scored = pl.DataFrame(rows, schema={name: dtype for name, dtype in SCORECARD.dtypes.items() if name != "as_of_date"})
    return conform(scored.with_columns(as_of_date=pl.lit(as_of)), SCORECARD)


def _score(series: PricedSeries, horizon: int, network: TrainedNetwork | None) -> list[dict[str, Any]]:
    """A row for each model that can be scored on this series and horizon."""
    rows = series.known_origins(horizon)[-SCORED_ORIGINS:]
    forecasts = {name: model(series, rows, horizon) for name, model in forecasters(network).items()}
    comparable = np.isfinite(forecasts[EWMA97_NORMAL] + forecasts[HIST500]).all(axis=1)
    found = []
    for name, quantiles in forecasts.items():
        usable = comparable & np.isfinite(quantiles).all(axis=1)
        if name == QUANTILE_NETWORK and network is not None:
            usable &= np.isin(rows, series.after(rows, network.trained_through))
        if usable.any():
            kept = {model: values[usable] for model, values in forecasts.items()}
            found.append(_score_row(series, horizon, rows[usable], name, kept))
    return found


def _score_row(
    series: PricedSeries, horizon: int, rows: np.ndarray, model: str, forecasts: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    outcomes = series.outcomes(rows, horizon)
    return {
        "model": model,
        "information": INFORMATION,
        "instrument": series.instrument,
        "tenor": series.tenor,
        "horizon_days": horizon,
        "window_start": series.price_dates[rows[0]].item(),
        "window_end": series.price_dates[rows[-1]].item(),
        "n": len(rows),
        "crps": float(crps(forecasts[model], outcomes).mean()),
        "crps_hist500": float(crps(forecasts[HIST500], outcomes).mean()),
        "crps_ewma97": float(crps(forecasts[EWMA97_NORMAL], outcomes).mean()),
        **{f"coverage_{percent}": coverage(forecasts[model], outcomes, percent) for percent in COVERAGES},
    }
