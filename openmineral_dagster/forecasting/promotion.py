"""Who is champion: each night's contest between the ensemble and its challengers, and where that has left them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from openmineral_dagster.forecasting.quantiles import HORIZONS
from openmineral_dagster.forecasting.registry import CHALLENGERS, Version, version_name
from openmineral_dagster.forecasting.scorecard import losses
from openmineral_dagster.forecasting.sequential import Fought, Standing, standing
from openmineral_dagster.forecasting.study import ENSEMBLE, NIGHT, SCORED_ORIGINS, Study, blend_name
from openmineral_dagster.forecasting.training import DRIFT_ROWS, drift
from openmineral_dagster.lake.schema import conform
from openmineral_dagster.lake.tables import CONTESTS, PROMOTIONS

BLENDS = {blend_name(name): name for name in CHALLENGERS}
"""What stands for champion: the ensemble with a fifth of each trained model."""


def contests(study: Study, as_of: date, held: pl.DataFrame) -> pl.DataFrame:
    """What the challengers won or lost on outcomes the night is the first to know, conforming to `forecasts.contests`.

    Args:
        held: the contests of earlier nights. Where there are none the night counts what the day before it did not know: a
            desk that has just begun to watch has seen nothing yet.
    """
    since = as_of - timedelta(days=1) if held.is_empty() else None
    rows = [row for model in BLENDS for horizon in HORIZONS for row in _fought(study, model, horizon, as_of, since, held)]
    frame = pl.DataFrame(
        rows, schema={name: dtype for name, dtype in CONTESTS.dtypes.items() if name != "as_of_date"}, orient="row"
    )
    return conform(frame.with_columns(as_of_date=pl.lit(as_of)), CONTESTS)


def _fought(
    study: Study, model: str, horizon: int, as_of: date, since: date | None, held: pl.DataFrame
) -> Iterator[tuple[Any, ...]]:
    """Model, horizon, origin, series and gain of every origin whose outcome is new."""
    counted = held.filter((pl.col("model") == model) & (pl.col("horizon_days") == horizon))["origin_date"]
    last = np.datetime64(counted.sort()[-1]) if len(counted) else np.datetime64(date.min)
    days, gains = [], []
    for index in range(len(study.rows)):
        known = study.known_by(index, as_of) - horizon
        first = max(known - SCORED_ORIGINS, 0) if since is None else max(study.known_by(index, since) - horizon, 0)
        if known > first:
            own_days, own_gains = _gains(study, model, index, horizon, first, known)
            days.append(own_days)
            gains.append(own_gains)
    every = np.concatenate(days) if days else np.empty(0, "datetime64[D]")
    values = np.concatenate(gains) if gains else np.empty(0)
    for day in np.unique(every[np.isfinite(values)]):
        if day > last:
            chosen = (every == day) & np.isfinite(values)
            yield model, horizon, day.item(), int(chosen.sum()), round(float(values[chosen].mean()), 12)


def _gains(study: Study, model: str, index: int, horizon: int, first: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    """Days and gains of the origins from `first` to before `end`, each over what hist500 usually lost as its origin knew it."""
    plain, other = (losses(study, (name, NIGHT), index, horizon) for name in (ENSEMBLE, model))
    unit = np.array([_usual_loss(plain.hist500, origin + 1 - horizon) for origin in range(first, end)])
    days = study.market.series[index].price_dates[study.rows[index][first:end]]
    return days, (plain.crps[first:end] - other.crps[first:end]) / unit


def _usual_loss(lost: np.ndarray, known: int) -> float:
    """Mean of the last 250 of the first `known` losses; NaN where there is none, or prices stood still."""
    before = lost[max(known - SCORED_ORIGINS, 0) : max(known, 0)]
    finite = before[np.isfinite(before)]
    return float(finite.mean()) if finite.any() else np.nan


def promotions(held: pl.DataFrame, as_of: date, version: Version | None, study: Study) -> pl.DataFrame:
    """Where every challenger stands after the contests `held`, conforming to `forecasts.promotions`; none without a version."""
    if version is None:
        return PROMOTIONS.empty()
    moved = drift(version.report, recent_inputs(study, as_of))
    records = {model: held.filter(pl.col("model") == model) for model in BLENDS}
    stands = {model: standing(fought_by_horizon(own), len(BLENDS)) for model, own in records.items()}
    holder = _holder(stands)
    rows = [_row(model, as_of, version, stands[model], own, moved, holder) for model, own in records.items()]
    return conform(pl.DataFrame(rows, schema=PROMOTIONS.dtypes), PROMOTIONS)


def _holder(stands: Mapping[str, Standing]) -> str | None:
    """Who holds the champion's place: of two that have both earned it the one with less evidence against it, then the elder."""
    earned = {model: where for model, where in stands.items() if where.promoted}
    return min(earned, key=lambda model: (earned[model].wealth, str(earned[model].since)), default=None)


def champion_of(promoted: pl.DataFrame) -> str:
    """The model of record: the promoted challenger of a night's `forecasts.promotions`, else the ensemble."""
    names = promoted.filter("promoted")["model"].to_list()
    return names[0] if names else ENSEMBLE


def versions_named(promoted: pl.DataFrame) -> dict[str, str]:
    """The version behind each trained model and its blend, by model, from a night's `forecasts.promotions`."""
    blended = dict(promoted.select("model", "version").iter_rows())
    return blended | {BLENDS[blend]: version for blend, version in blended.items() if blend in BLENDS}


def trials_behind(study: Study, versions: Iterable[Version]) -> int:
    """Models the night could choose from, and the tuning trials of every version trained before it."""
    return len(study.ranges) + sum(version.report.trials for version in versions)


def fought_by_horizon(own: pl.DataFrame) -> dict[int, Fought]:
    """The contests of one challenger as `sequential` reads them."""
    found = {}
    for horizon in HORIZONS:
        rows = own.filter(pl.col("horizon_days") == horizon).sort("origin_date", "as_of_date")
        nights, origins = (rows[name].to_numpy().astype("datetime64[D]") for name in ("as_of_date", "origin_date"))
        found[horizon] = Fought(nights, origins, rows["gain"].to_numpy())
    return found


def recent_inputs(study: Study, as_of: date) -> np.ndarray:
    """Inputs of the last 60 rows of every series that a night knew, (rows, inputs)."""
    ends = [int(rows[0]) + study.known_by(index, as_of) if len(rows) else 0 for index, rows in enumerate(study.rows)]
    return np.concatenate([own[max(end - DRIFT_ROWS, 0) : end] for own, end in zip(study.market.inputs, ends, strict=True)])


def _row(
    model: str, as_of: date, version: Version, where: Standing, own: pl.DataFrame, moved: float, holder: str | None
) -> dict[str, Any]:
    return {
        "as_of_date": as_of,
        "model": model,
        "version": version_name(version.trained_through),
        "trained_through": version.trained_through,
        "effective_from": version.trained_through + timedelta(days=1),
        "promoted": model == holder,
        "wealth": where.wealth,
        "threshold": where.threshold,
        "nights": own.filter(pl.col("horizon_days") == HORIZONS[0]).height,
        "evidence": json.dumps(
            {"reason": _reason(model, where, holder), **_evidence(where, own, version, moved)}, sort_keys=True, allow_nan=False
        ),
    }


def _evidence(where: Standing, own: pl.DataFrame, version: Version, moved: float) -> Mapping[str, Any]:
    return {
        "since": str(where.since) if where.since is not None else None,
        "promotions": where.promotions,
        "mean_gain": {str(horizon): _mean_gain(own, horizon) for horizon in HORIZONS},
        "drift": round(moved, 6),
        "drift_usual": version.report.drift_usual,
        "trials": version.report.trials,
        "held_out": version.report.metrics,
    }


def _reason(model: str, where: Standing, holder: str | None) -> str:
    made = f"has made {where.wealth:.2f} of 1, {where.threshold:g} would"
    if not where.promoted:
        return f"a bet on it {made} promote it"
    if model != holder:
        return f"earned the place on {where.since}, but less speaks against {holder}: a bet against it {made} end its claim"
    return f"champion since {where.since}: a bet against it {made} end it"


def _mean_gain(own: pl.DataFrame, horizon: int) -> float | None:
    gains = own.filter(pl.col("horizon_days") == horizon)["gain"].to_numpy()
    return round(float(gains.mean()), 8) if len(gains) else None
