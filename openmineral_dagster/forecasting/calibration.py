"""Do ranges hold what they say: coverage by instrument, horizon and volatility, beside what a true forecast would show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view

from openmineral_dagster.forecasting import metrics
from openmineral_dagster.forecasting.models import EWMA97_NORMAL, HIST500, scale_path
from openmineral_dagster.forecasting.quantiles import COVERAGES, HORIZONS, level_index, normal_scores
from openmineral_dagster.forecasting.scorecard import Window, losses, windows
from openmineral_dagster.forecasting.study import ENSEMBLE, NIGHT, Source, Study
from openmineral_dagster.lake.schema import conform
from openmineral_dagster.lake.tables import CALIBRATION

FIFTHS = 5
RANKED_ROWS = 750
BLOCK = 21
ALL = "all"


@dataclass(frozen=True)
class Hits:
    """Known outcomes of several cells, one a row.

    Attributes:
        days: origin, datetime64[D]; index, horizon: the cell; fifth: of its volatility, 1 to 5.
        inside: whether inside each central range of COVERAGES, (outcomes, ranges).
        distance: absolute normal score of the outcome in its forecast, (outcomes,).
    """

    days: np.ndarray
    index: np.ndarray
    horizon: np.ndarray
    fifth: np.ndarray
    inside: np.ndarray
    distance: np.ndarray

    def where(self, chosen: np.ndarray) -> "Hits":
        """Some of them."""
        return Hits(*(getattr(self, name)[chosen] for name in Hits.__dataclass_fields__))


def calibration(study: Study, as_of: date, since: date | None = None) -> pl.DataFrame:
    """Coverage of what the desk may read and of its references, conforming to `forecasts.calibration`.

    Over the origins of `scorecard`.
    """
    found = list(windows(study, as_of, since))
    sources = [source for source in study.ranges if source[1] == NIGHT or source[0] in (ENSEMBLE, EWMA97_NORMAL, HIST500)]
    rows = [row for source in sources for row in _source_rows(study, source, found)]
    frame = pl.DataFrame(rows, schema={name: dtype for name, dtype in CALIBRATION.dtypes.items() if name != "as_of_date"})
    return conform(frame.with_columns(as_of_date=pl.lit(as_of)), CALIBRATION)


def _source_rows(study: Study, source: Source, found: Sequence[Window]) -> Iterator[dict[str, Any]]:
    cells = [hits for window in found if (hits := _hits(study, source, window)) is not None]
    if not cells:
        return
    hits = Hits(*(np.concatenate([getattr(cell, name) for cell in cells]) for name in Hits.__dataclass_fields__))
    for scope, member, horizon, chosen in _groups(study, hits):
        if chosen.any():
            for row in _coverages(hits.where(chosen), scope, horizon):
                yield {
                    "model": source[0],
                    "information": source[1],
                    "scope": scope,
                    "member": member,
                    "horizon_days": horizon,
                    **row,
                }


def _groups(study: Study, hits: Hits) -> Iterator[tuple[str, str, int, np.ndarray]]:
    """Scope, member, horizon (0 for all together), and which hits belong."""
    for horizon in (0, *HORIZONS):
        due = (hits.horizon == horizon) | (horizon == 0)
        yield ALL, ALL, horizon, due
        for fifth in range(1, FIFTHS + 1):
            yield "volatility fifth", str(fifth), horizon, due & (hits.fifth == fifth)
        if horizon:
            for index, series in enumerate(study.market.series):
                yield "instrument", series.instrument, horizon, due & (hits.index == index)


def _coverages(hits: Hits, scope: str, horizon: int) -> Iterator[dict[str, Any]]:
    distances = _by_date(hits)
    for place, percent in enumerate(COVERAGES):
        inside, nominal = hits.inside[:, place], percent / 100
        if scope == "instrument":
            low, high = metrics.perfect_coverage_band(len(inside), horizon, nominal, 0.95)
        else:
            low, high = metrics.block_bootstrap_band(distances, nominal, _block(horizon))
        yield {
            "level": nominal,
            "window_start": hits.days.min().item(),
            "window_end": hits.days.max().item(),
            "n": len(inside),
            "coverage": float(inside.mean()),
            "band_low": low,
            "band_high": high,
        }


def _block(horizon: int) -> int:
    """Rows of a block: a month, or twice the horizon where outcomes overlap for longer."""
    return max(BLOCK, 2 * (horizon or max(HORIZONS)))


def _by_date(hits: Hits) -> np.ndarray:
    """Distances as (dates, cells), NaN where a cell has none: what happened on a date happened together."""
    _, date_of = np.unique(hits.days, return_inverse=True)
    _, cell_of = np.unique(hits.index * 100 + hits.horizon, return_inverse=True)
    table = np.full((date_of.max() + 1, cell_of.max() + 1), np.nan)
    table[date_of, cell_of] = hits.distance
    return table


def _hits(study: Study, source: Source, window: Window) -> Hits | None:
    known = losses(study, source, window.index, window.horizon).known(window)
    if not len(known):
        return None
    rows, cell = study.rows[window.index][known], (window.index, window.horizon)
    quantiles, outcomes = study.ranges[source][cell][known], study.outcomes(*cell)[known]
    inside = []
    for percent in COVERAGES:
        low = level_index((1.0 - percent / 100) / 2)
        inside.append((outcomes >= quantiles[:, low]) & (outcomes <= quantiles[:, -1 - low]))
    same = np.ones(len(known), dtype=int)
    return Hits(
        study.market.series[window.index].price_dates[rows],
        same * window.index,
        same * window.horizon,
        volatility_fifths(study, window.index)[rows],
        np.stack(inside, axis=1).astype(float),
        np.abs(normal_scores(quantiles, outcomes)),
    )


def volatility_fifths(study: Study, index: int) -> np.ndarray:
    """Which fifth of its last 750 rows the EWMA volatility of each row lies in, (rows,): 5 is the most volatile; 0 unknown."""
    return study.market.once(("fifths", index), lambda: _fifths(scale_path(study.market, "ewma97", index, date.min, 1)))


def _fifths(volatility: np.ndarray) -> np.ndarray:
    before = sliding_window_view(np.concatenate([np.full(RANKED_ROWS - 1, np.nan), volatility]), RANKED_ROWS)
    below, known = (before < volatility[:, None]).sum(axis=1), np.isfinite(before).sum(axis=1)
    share = below / np.maximum(known, 1)
    return np.where(np.isfinite(volatility), np.minimum((share * FIFTHS).astype(int), FIFTHS - 1) + 1, 0)
