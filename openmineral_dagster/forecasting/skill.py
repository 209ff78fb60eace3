"""What a model's record over all series is worth, and what may be claimed of it: nothing that luck explains.

Every claim of a night stands in one family: Holm's correction keeps the chance of any false one at five percent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from openmineral_dagster.forecasting import metrics
from openmineral_dagster.forecasting.models import EWMA97_NORMAL, scale_path
from openmineral_dagster.forecasting.quantiles import HORIZONS
from openmineral_dagster.forecasting.scorecard import Window, losses, windows
from openmineral_dagster.forecasting.study import NIGHT, Source, Study
from openmineral_dagster.lake.schema import conform
from openmineral_dagster.lake.tables import SKILL
from openmineral_dagster.reference.instruments import find

EVERYTHING = "all"
SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Pooled:
    """One model's record over the series of a market at a horizon.

    Attributes:
        days: origin of each value, datetime64[D]; the values below have as many, one a series and origin.
        gain: CRPS of ewma97_normal with the same information less the model's, over the mean CRPS of hist500 of the series:
            what a model knows of closes after the fix is no merit of its widths.
        error, no_change: squared error of the median and of no change, over the variance expected.
        skills: of each series against hist500 and ewma97_normal, (series, 2).
    """

    days: np.ndarray
    gain: np.ndarray
    error: np.ndarray
    no_change: np.ndarray
    skills: np.ndarray


def skill(study: Study, as_of: date, since: date | None = None) -> pl.DataFrame:
    """Record and claims of every model by market and horizon, conforming to `forecasts.skill`.

    Over the origins of `scorecard`. A claim needs a Holm-adjusted p-value of five percent or less among all of the night's.
    """
    found = list(windows(study, as_of, since))
    rows = [row for source in study.ranges for row in _source_rows(study, source, found)]
    _adjust(rows, "dm_p_ewma97")
    for row in rows:
        row["range_claim"] = "better" if row["dm_p_ewma97"] <= SIGNIFICANCE else "not shown"
        row["mean_claim"] = _mean_claim(row)
    pooled = pl.DataFrame(rows, schema={name: dtype for name, dtype in SKILL.dtypes.items() if name != "as_of_date"})
    return conform(pooled.with_columns(as_of_date=pl.lit(as_of)), SKILL)


def _source_rows(study: Study, source: Source, found: Sequence[Window]) -> Iterator[dict[str, Any]]:
    for market, members in _markets(study).items():
        for horizon in HORIZONS:
            own = [window for window in found if window.horizon == horizon and window.index in members]
            pooled = _pooled(study, source, own)
            if pooled is not None:
                named = {"model": source[0], "information": source[1], "market": market, "horizon_days": horizon}
                yield named | _judged(pooled, horizon)


def _markets(study: Study) -> dict[str, set[int]]:
    """The series of every venue, and all of them."""
    found: dict[str, set[int]] = {EVERYTHING: set(range(len(study.rows)))}
    for index, series in enumerate(study.market.series):
        instrument = find(series.instrument)
        if instrument is not None:
            found.setdefault(instrument.venue, set()).add(index)
    return found


def _pooled(study: Study, source: Source, found: Sequence[Window]) -> Pooled | None:
    parts = [part for window in found if (part := _of_series(study, source, window)) is not None]
    if not parts:
        return None
    days, gain, error, no_change, skills = zip(*parts, strict=True)
    joined = [np.concatenate(column) for column in (days, gain, error, no_change)]
    return Pooled(joined[0], joined[1], joined[2], joined[3], np.array(skills))


def _of_series(study: Study, source: Source, window: Window) -> tuple[Any, ...] | None:
    lost = losses(study, source, window.index, window.horizon)
    known = lost.known(window)
    if not len(known) or not lost.hist500[known].mean() > 0:
        return None
    rows = study.rows[window.index][known]
    own, hist, ewma = lost.crps[known], lost.hist500[known].mean(), lost.ewma97[known]
    reference = losses(study, (EWMA97_NORMAL, source[1]), window.index, window.horizon).crps[known]
    expected = scale_path(study.market, "ewma97", window.index, date.min, window.horizon)[rows] ** 2
    outcomes = study.outcomes(window.index, window.horizon)[known]
    return (
        study.market.series[window.index].price_dates[rows],
        (reference - own) / hist,
        (outcomes - lost.median[known]) ** 2 / expected,
        outcomes**2 / expected,
        (1.0 - own.mean() / hist, 1.0 - own.mean() / ewma.mean()),
    )


def _judged(pooled: Pooled, horizon: int) -> dict[str, Any]:
    days, by_date = np.unique(pooled.days, return_inverse=True)
    gains = _daily(pooled.gain, by_date)
    better = _daily(pooled.no_change - pooled.error, by_date)
    return {
        "window_start": days[0].item(),
        "window_end": days[-1].item(),
        "series": len(pooled.skills),
        "dates": len(days),
        "skill_hist500": float(pooled.skills[:, 0].mean()),
        "skill_ewma97": float(pooled.skills[:, 1].mean()),
        "dm_t_ewma97": metrics.diebold_mariano(gains, horizon)[0],
        "dm_p_ewma97": metrics.batch_p(gains, horizon),
        "mse_skill": float(1.0 - pooled.error.sum() / pooled.no_change.sum()),
        "mse_p": metrics.batch_p(better, horizon) if better.any() else None,
    }


def _daily(values: np.ndarray, by_date: np.ndarray) -> np.ndarray:
    """Mean of a date over its series, oldest first."""
    means: np.ndarray = np.bincount(by_date, values) / np.bincount(by_date)
    return means


def _adjust(rows: Sequence[dict[str, Any]], first: str) -> None:
    """Replace every p-value by Holm's, in one family."""
    places = [(row, name) for row in rows for name in (first, "mse_p") if row[name] is not None]
    adjusted = metrics.holm(np.array([row[name] for row, name in places]))
    for (row, name), value in zip(places, adjusted, strict=True):
        row[name] = float(value)


def _mean_claim(row: dict[str, Any]) -> str:
    """No change claims nothing; a gain that comes with closes after the fix is catch-up; only what is left would be skill."""
    if row["mse_p"] is None:
        return "none"
    if row["mse_p"] > SIGNIFICANCE:
        return "not shown"
    return "catch-up" if row["information"] == NIGHT else "skill"
