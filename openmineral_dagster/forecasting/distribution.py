"""The forecast of a night: every model's quantiles for every series and horizon, and which of them the desk reads."""

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from openmineral_dagster.forecasting.baselines import BASELINE_VERSION, EWMA97_NORMAL
from openmineral_dagster.forecasting.gate import FALLBACK, Record, choose_champion, examination
from openmineral_dagster.forecasting.network import QUANTILE_NETWORK, TrainedNetwork
from openmineral_dagster.forecasting.quantiles import HORIZONS, QUANTILES
from openmineral_dagster.forecasting.scorecard import INFORMATION, forecasters, known_series, score_series
from openmineral_dagster.forecasting.series import PricedSeries
from openmineral_dagster.lake.schema import conform
from openmineral_dagster.lake.tables import PRICE_DISTRIBUTION

Cell = tuple[str, str, str, int]
"""Model, instrument, tenor, horizon."""


def forecast(prices: pl.DataFrame, as_of: date, network: TrainedNetwork | None, promoted: bool) -> pl.DataFrame:
    """Forecast quantiles of the night, conforming to `forecasts.price_distribution`.

    Args:
        prices: what the night knew, one row a key; rows dated after `as_of` are not read.
        network: the trained version that serves the night, or None where history is too short for one.
        promoted: whether that version has beaten the baseline and is the candidate for champion.

    Every model has rows for each series it can forecast; exactly one model a series and horizon is champion. Its
    `gate_status` says why it is read; the other rows carry their own examination. price = last price x exp(log_return).
    """
    known = known_series(prices, as_of)
    records = _records(score_series(known, as_of, network))
    rows = [row for series in known for horizon in HORIZONS for row in _cell_rows(series, horizon, network, promoted, records)]
    listed = {"quantile": pl.List(pl.Float64), "log_return": pl.List(pl.Float64), "price": pl.List(pl.Float64)}
    schema = {name: listed.get(name, dtype) for name, dtype in PRICE_DISTRIBUTION.dtypes.items() if name != "as_of_date"}
    frame = pl.DataFrame(rows, schema=schema).explode(*listed)
    return conform(frame.with_columns(as_of_date=pl.lit(as_of)), PRICE_DISTRIBUTION)


def _records(scores: pl.DataFrame) -> dict[Cell, Record]:
    """What each model's range did, by cell."""
    columns = scores.select("model", "instrument", "tenor", "horizon_days", "n", "coverage_90")
    return {
        (model, instrument, tenor, horizon): Record(model, horizon, outcomes, covered)
        for model, instrument, tenor, horizon, outcomes, covered in columns.iter_rows()
    }


def _cell_rows(
    series: PricedSeries, horizon: int, network: TrainedNetwork | None, promoted: bool, records: dict[Cell, Record]
) -> list[dict[str, Any]]:
    """One row a model with its quantiles as lists, for one series and horizon."""
    last = np.array([len(series.log_prices) - 1])
    quantiles = {name: model(series, last, horizon)[0] for name, model in forecasters(network).items()}
    available = {name: values for name, values in quantiles.items() if np.isfinite(values).all()}
    judged = {
        name: records.get((name, series.instrument, series.tenor, horizon), Record(name, horizon, 0, None)) for name in quantiles
    }
    candidate = QUANTILE_NETWORK if promoted and QUANTILE_NETWORK in available else EWMA97_NORMAL
    champion, verdict = choose_champion(judged[candidate], judged[FALLBACK])
    return [
        {
            "instrument": series.instrument,
            "tenor": series.tenor,
            "horizon_days": horizon,
            "quantile": list(QUANTILES),
            "log_return": values.tolist(),
            "price": np.exp(series.log_prices[-1] + values).tolist(),
            "model": name,
            "model_version": network.version if network and name == QUANTILE_NETWORK else BASELINE_VERSION,
            "information": INFORMATION,
            "champion": name == champion,
            "gate_status": verdict if name == champion else examination(judged[name]),
        }
        for name, values in available.items()
    ]
