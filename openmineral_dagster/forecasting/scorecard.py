"""How each model did, by series and horizon: the proper score beside both references, coverage, width, mean and direction."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from openmineral_dagster.forecasting import metrics
from openmineral_dagster.forecasting.models import EWMA97_NORMAL, HIST500, MEDIAN
from openmineral_dagster.forecasting.quantiles import COVERAGES, HORIZONS, coverage, crps, pinball
from openmineral_dagster.forecasting.study import FIX, SCORED_ORIGINS, Source, Study
from openmineral_dagster.lake.schema import conform
from openmineral_dagster.lake.tables import SCORECARD

ROWS_A_YEAR = 252
COST_A_SIDE = 0.0005


@dataclass(frozen=True)
class Window:
    """Consecutive origins of one cell whose outcome is known: positions from `start` to before `end`."""

    index: int
    horizon: int
    start: int
    end: int


@dataclass(frozen=True)
class Losses:
    """What one model lost at every origin of a cell, NaN where it or a reference has no forecast or the outcome is unknown.

    Attributes:
        crps, hist500, ewma97: of the model and of both references, (origins,), log return.
        median: forecast log return, (origins,).
    """

    crps: np.ndarray
    hist500: np.ndarray
    ewma97: np.ndarray
    median: np.ndarray

    def known(self, window: Window) -> np.ndarray:
        """Positions of the window at which everything is known."""
        finite = np.isfinite(self.crps[window.start : window.end] + self.hist500[window.start : window.end])
        positions: np.ndarray = window.start + np.flatnonzero(finite & np.isfinite(self.ewma97[window.start : window.end]))
        return positions


def windows(study: Study, as_of: date, since: date | None = None) -> Iterator[Window]:
    """Of every cell its last 250 origins whose outcome the night knew; with `since` all of them dated from then on."""
    for index, rows in enumerate(study.rows):
        known = study.known_by(index, as_of)
        for horizon in HORIZONS:
            end = max(known - horizon, 0)
            start = max(end - SCORED_ORIGINS, 0)
            if since is not None and len(rows):
                start = int(np.searchsorted(study.market.series[index].price_dates[rows], np.datetime64(since)))
            if start < end:
                yield Window(index, horizon, start, end)


def losses(study: Study, source: Source, index: int, horizon: int) -> Losses:
    """The losses of a model in one cell, over all origins of the study."""
    return study.market.once(("losses", source, index, horizon), lambda: _losses(study, source, index, horizon))


def _losses(study: Study, source: Source, index: int, horizon: int) -> Losses:
    outcomes = study.outcomes(index, horizon)
    own, hist, ewma = (
        crps(study.ranges[one][index, horizon], outcomes) for one in (source, (HIST500, FIX), (EWMA97_NORMAL, FIX))
    )
    return Losses(own, hist, ewma, study.ranges[source][index, horizon][:, MEDIAN])


def scorecard(study: Study, as_of: date, trials: int, since: date | None = None) -> pl.DataFrame:
    """Scores of every model, series and horizon, conforming to `forecasts.scorecard`.

    Args:
        trials: models and tuning trials behind the choice of the night, for the deflated Sharpe ratio.
        since: score all origins from a date on, as a backtest does, in place of the last 250.

    Every origin scored is forecast by the model and both references. No row where nothing can be scored yet.
    """
    rows = [
        row
        for window in windows(study, as_of, since)
        for source in study.ranges
        if (row := _score(study, source, window, trials)) is not None
    ]
    scored = pl.DataFrame(rows, schema={name: dtype for name, dtype in SCORECARD.dtypes.items() if name != "as_of_date"})
    return conform(scored.with_columns(as_of_date=pl.lit(as_of)), SCORECARD)


def _score(study: Study, source: Source, window: Window, trials: int) -> dict[str, Any] | None:
    lost = losses(study, source, window.index, window.horizon)
    known = lost.known(window)
    if not len(known):
        return None
    series, rows, cell = study.market.series[window.index], study.rows[window.index], (window.index, window.horizon)
    return {
        "model": source[0],
        "information": source[1],
        "instrument": series.instrument,
        "tenor": series.tenor,
        "horizon_days": window.horizon,
        "window_start": series.price_dates[rows[known[0]]].item(),
        "window_end": series.price_dates[rows[known[-1]]].item(),
        "n": len(known),
        "trials": trials,
        **_of_losses(lost, known, window.horizon),
        **_of_ranges(study.ranges[source][cell][known], study.outcomes(*cell)[known]),
        **_of_medians(study, window, lost.median[known], known, trials),
        **dict(zip(("coverage_90_low", "coverage_90_high"), _band(len(known), window.horizon), strict=True)),
    }


def _band(outcomes: int, horizon: int) -> tuple[float, float]:
    return metrics.perfect_coverage_band(outcomes, horizon, 0.90, 0.95)


def _of_losses(lost: Losses, known: np.ndarray, horizon: int) -> dict[str, float]:
    own, hist, ewma = lost.crps[known], lost.hist500[known], lost.ewma97[known]
    return {
        "crps": float(own.mean()),
        "crps_hist500": float(hist.mean()),
        "crps_ewma97": float(ewma.mean()),
        "dm_t_hist500": metrics.diebold_mariano(hist - own, horizon)[0],
        "dm_t_ewma97": metrics.diebold_mariano(ewma - own, horizon)[0],
    }


def _of_ranges(quantiles: np.ndarray, outcomes: np.ndarray) -> dict[str, float]:
    transform = metrics.pit(quantiles, outcomes)
    return {
        "pinball": float(pinball(quantiles, outcomes).mean()),
        **{f"coverage_{percent}": coverage(quantiles, outcomes, percent) for percent in COVERAGES},
        "sharpness_90": metrics.sharpness(quantiles, 90),
        "pit_mean": float(transform.mean()),
        "pit_variance": float(transform.var()),
    }


def _of_medians(study: Study, window: Window, medians: np.ndarray, known: np.ndarray, trials: int) -> dict[str, float | None]:
    outcomes = study.outcomes(window.index, window.horizon)[known]
    prices = np.exp(outcomes)
    found: dict[str, float | None] = {
        "mape": metrics.mape(prices, np.exp(medians)),
        "mape_no_change": metrics.mape(prices, np.ones(len(prices))),
        "r2": metrics.r2_out_of_sample(outcomes, medians),
        "direction_accuracy": None,
        "direction_p": None,
        "sharpe": None,
        "deflated_sharpe": None,
    }
    if medians.any():
        found["direction_accuracy"], _ = metrics.directional_accuracy(outcomes, medians)
        found["direction_p"] = metrics.pesaran_timmermann(outcomes, medians, window.horizon)[1]
        if window.horizon == 1:
            found |= _traded(study, window, medians, known, trials)
    return found


def _traded(study: Study, window: Window, medians: np.ndarray, known: np.ndarray, trials: int) -> dict[str, float | None]:
    """The stated rule: a night's direction is traded at the next price row, for the fix it read has passed, and held to the one
    after."""
    traded = known + 1 < window.end
    if traded.sum() < 2:
        return {}
    later = study.outcomes(window.index, 1)[known[traded] + 1]
    returns = metrics.strategy_returns(later, np.sign(medians[traded]), COST_A_SIDE)
    return {
        "sharpe": metrics.sharpe(returns, ROWS_A_YEAR),
        "deflated_sharpe": metrics.deflated_sharpe(returns, trials),
    }
