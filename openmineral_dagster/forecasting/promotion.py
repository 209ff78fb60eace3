"""Whether the quantile network may replace the baseline: a version fitted on older rows is scored on rows it never saw."""

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from openmineral_dagster.forecasting.baselines import EWMA97_NORMAL, ewma97_normal
from openmineral_dagster.forecasting.network import (
    QUANTILE_NETWORK,
    NotEnoughHistory,
    TrainedNetwork,
    predict,
    train,
    version_name,
)
from openmineral_dagster.forecasting.quantiles import HORIZONS, crps
from openmineral_dagster.forecasting.series import PricedSeries, priced_series
from openmineral_dagster.lake.schema import conform
from openmineral_dagster.lake.tables import PROMOTIONS

HELD_OUT = 250
REQUIRED_T = 2.0
Evidence = dict[str, Any]
"""What JSON can hold; always with the keys "promoted", "rule" and "reason"."""

RULE = f"Diebold-Mariano t above {REQUIRED_T:g} against {EWMA97_NORMAL}, all series and horizons, {HELD_OUT} held-out origins"


def evaluate(history: pl.DataFrame, trained_through: date) -> Evidence:
    """The evidence for or against the version trained through a date, as a JSON-ready dict.

    A network is fitted on a `feature_history` up to 250 + 21 price dates before `trained_through` and scored beside
    `ewma97_normal` on the later origins whose outcomes were known by that date. Losses are CRPS over the baseline's
    mean CRPS of that series and horizon, averaged a date. Promoted only if t is above 2; a history too short to hold
    a year back is not promoted. Nothing after `trained_through` is read.
    """
    known = history.filter(pl.col("price_date") <= trained_through)
    days = known["price_date"].unique().sort()
    if len(days) <= HELD_OUT + max(HORIZONS):
        return _refusal(f"{len(days)} price dates are too few to hold {HELD_OUT} back")
    fitted_through = days[-HELD_OUT - max(HORIZONS) - 1]
    try:
        network = train(known, fitted_through)
    except NotEnoughHistory as short:
        return _refusal(str(short))
    losses = _losses(known, network)
    if losses.is_empty():
        return _refusal("no held-out origin has both forecasts")
    return _judged(losses, network)


def promotion_row(as_of: date, network: TrainedNetwork, evidence: Evidence) -> pl.DataFrame:
    """The version that serves a night, conforming to `forecasts.promotions`."""
    row = {
        "as_of_date": as_of,
        "model": QUANTILE_NETWORK,
        "version": network.version,
        "trained_through": network.trained_through,
        "effective_from": network.trained_through + timedelta(days=1),
        "promoted": evidence["promoted"],
        "evidence": json.dumps(evidence, sort_keys=True, allow_nan=False),
    }
    return conform(pl.DataFrame([row], schema=PROMOTIONS.dtypes), PROMOTIONS)


def diebold_mariano(differences: np.ndarray, horizon: int) -> float:
    """t statistic of the mean of a series of loss differences, positive where the mean is; 0 where they are all zero.

    Newey-West variance with Bartlett weights and max(horizon - 1, n^(1/3)) lags. Source: Diebold and Mariano 1995,
    Newey and West 1987.
    """
    # Rounding: two forecasts that agree but for the last bit of a float have no difference to be certain of.
    differences = np.round(differences, 12)
    n = len(differences)
    centred = differences - differences.mean()
    lags = min(max(horizon - 1, int(np.cbrt(n))), n - 1)
    covariances = np.array([centred[lag:] @ centred[: n - lag] / n for lag in range(lags + 1)])
    variance = covariances[0] + 2.0 * (1.0 - np.arange(1, lags + 1) / (lags + 1)) @ covariances[1:]
    return float(differences.mean() / np.sqrt(variance / n)) if variance > 0 else 0.0


def _losses(known: pl.DataFrame, network: TrainedNetwork) -> pl.DataFrame:
    """CRPS of both models at each held-out origin: instrument, tenor, horizon, price_date, baseline, network."""
    frames = [_cell_losses(series, horizon, network) for series in priced_series(known) for horizon in HORIZONS]
    return pl.concat(frames)


def _cell_losses(series: PricedSeries, horizon: int, network: TrainedNetwork) -> pl.DataFrame:
    rows = series.after(series.known_origins(max(HORIZONS)), network.trained_through)[-HELD_OUT:]
    outcomes = series.outcomes(rows, horizon)
    losses = pl.DataFrame(
        {
            "price_date": series.price_dates[rows],
            "baseline": crps(ewma97_normal(series, rows, horizon), outcomes),
            "network": crps(predict(network, series, rows, horizon), outcomes),
        },
        schema_overrides={"price_date": pl.Date},
    )
    finite = losses.filter(pl.col("baseline").is_finite() & pl.col("network").is_finite())
    return finite.select(
        pl.lit(series.instrument).alias("instrument"),
        pl.lit(series.tenor).alias("tenor"),
        pl.lit(horizon).alias("horizon"),
        pl.all(),
    )


def _judged(losses: pl.DataFrame, network: TrainedNetwork) -> Evidence:
    cell = ["instrument", "tenor", "horizon"]
    gains = losses.with_columns(gain=(pl.col("baseline") - pl.col("network")) / pl.col("baseline").mean().over(cell))
    pooled = _by_date(gains)
    t = diebold_mariano(pooled, max(HORIZONS))
    promoted = t > REQUIRED_T
    means = losses.group_by(cell).agg(pl.col("baseline", "network").mean())
    return {
        "promoted": promoted,
        "rule": RULE,
        "reason": _reason(t, network),
        "t": _rounded(t),
        "crps_skill": _rounded(pooled.mean()),
        "crps_network": _mean(means["network"]),
        "crps_ewma97": _mean(means["baseline"]),
        "dates": len(pooled),
        "fitted_through": network.trained_through.isoformat(),
        "examined_version": version_name(network.trained_through),
        "epochs": list(network.epochs),
        "t_by_horizon": {str(h): _rounded(diebold_mariano(_by_date(gains.filter(pl.col("horizon") == h)), h)) for h in HORIZONS},
    }


def _reason(t: float, network: TrainedNetwork) -> str:
    if not any(network.epochs):
        return f"no epoch of training improved on {EWMA97_NORMAL}, which the network starts as"
    return f"t = {t:.2f}, {'above' if t > REQUIRED_T else 'not above'} {REQUIRED_T:g}"


def _by_date(gains: pl.DataFrame) -> np.ndarray:
    """Mean gain of a date over its cells, oldest first: series move together, so a date is one observation."""
    return gains.group_by("price_date").agg(pl.col("gain").sort().mean()).sort("price_date")["gain"].to_numpy()


def _mean(values: pl.Series) -> float:
    return _rounded(values.sort().to_numpy().mean())


def _rounded(value: float) -> float:
    """As the evidence prints it: beyond eight decimals there is only rounding."""
    return round(float(value), 8) + 0.0


def _refusal(reason: str) -> Evidence:
    return {"promoted": False, "rule": RULE, "reason": reason}
