"""Every model's ranges over a span of origins, in both information sets: what nights publish, scores judge and gates read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from openmineral_dagster.features.panel import forecast_series
from openmineral_dagster.features.scales import Garch
from openmineral_dagster.forecasting.catchup import POST_FIX, caught_up
from openmineral_dagster.forecasting.conformal import OUTCOMES, adapted
from openmineral_dagster.forecasting.examples import inputs_of
from openmineral_dagster.forecasting.models import EWMA97_NORMAL, MEMBERS, SIMPLE_MODELS, Model
from openmineral_dagster.forecasting.quantiles import HORIZONS, level_index
from openmineral_dagster.forecasting.series import Closes, Market, priced_series
from openmineral_dagster.forecasting.walk import Quantiles, walk_forward
from openmineral_dagster.reference.calendars import night_end

ENSEMBLE, ADAPTIVE = "ensemble", "ensemble_adaptive"
CHALLENGER_WEIGHT = 0.2
"""Most that a trained model may weigh in an ensemble: alone they lose to EWMA."""
SCORED_ORIGINS = 250
FIX, NIGHT = "fix", "night"

_LOW = level_index(0.05)

Source = tuple[str, str]
"""(model, information)."""


@dataclass(frozen=True, eq=False)
class Study:
    """A span of origins.

    Attributes:
        rows: consecutive origins of each series, the oldest only to warm up on.
        at_fix: quantiles of every model as of the fix.
        at_night: those the desk may come to read, as the night of the origin's own day knew them.
    """

    market: Market
    rows: tuple[np.ndarray, ...]
    at_fix: Mapping[str, Quantiles]
    at_night: Mapping[str, Quantiles]

    @cached_property
    def ranges(self) -> dict[Source, Quantiles]:
        """What is published: every model by itself at the fix, and the candidates of the desk at night."""
        alone = {(name, FIX): found for name, found in self.at_fix.items() if name == ENSEMBLE or not name.startswith(ENSEMBLE)}
        return alone | {(name, NIGHT): found for name, found in self.at_night.items()}

    def outcomes(self, index: int, horizon: int) -> np.ndarray:
        """Log return after each origin of a series, (origins,); NaN where not known."""
        return self.market.once(
            ("outcomes", index, horizon), lambda: self.market.series[index].outcomes(self.rows[index], horizon)
        )

    def inside(self, source: Source, index: int, horizon: int) -> np.ndarray:
        """Whether each outcome fell in the central 90 percent, (origins,): 1, 0, or NaN without outcome or forecast."""
        return self.market.once(("inside", source, index, horizon), lambda: self._inside(source, index, horizon))

    def _inside(self, source: Source, index: int, horizon: int) -> np.ndarray:
        quantiles, outcomes = self.ranges[source][index, horizon], self.outcomes(index, horizon)
        low, high = quantiles[:, _LOW], quantiles[:, -1 - _LOW]
        return np.where(np.isfinite(outcomes + low + high), (low <= outcomes) & (outcomes <= high), np.nan)

    def known_by(self, index: int, night: date) -> int:
        """How many of the origins of a series were priced by a night."""
        known_at = np.maximum.accumulate(self.market.series[index].known_at)
        moment = np.datetime64(night_end(night).replace(tzinfo=None), "us")
        priced = int(np.searchsorted(known_at, moment, side="right"))
        return max(priced - int(self.rows[index][0]), 0) if len(self.rows[index]) else 0


def market_of(prices: pl.DataFrame, fits: dict[str, Garch | None], panel: pl.DataFrame | None = None) -> Market:
    """The forecast series and the closes of a view of the prices (instrument, tenor, price_date, price, known_at).

    Args:
        fits: GARCH fits already made; new ones are added.
        panel: a `features.panel.feature_history` of the same view, where trained models are asked.
    """
    chosen = prices.join(forecast_series(prices), on=["instrument", "tenor", "price_date"], how="semi")
    closes = {symbol: _closes(prices.filter(pl.col("instrument") == symbol)) for symbol in POST_FIX}
    series = priced_series(chosen)
    return Market(series, closes, inputs_of(series, panel) if panel is not None else (), fits)


def _closes(prices: pl.DataFrame) -> Closes:
    """The positive closes of one symbol that were known by the night of their day."""
    days = prices.get_column("price_date").unique().to_list()
    ends = pl.DataFrame({"price_date": days, "end": [night_end(day) for day in days]}, schema_overrides=_END)
    timely = prices.join(ends, on="price_date").filter((pl.col("price") > 0) & (pl.col("known_at") <= pl.col("end")))
    rows = timely.sort("price_date").unique("price_date", keep="first", maintain_order=True)
    return Closes(rows["price_date"].to_numpy().astype("datetime64[D]"), np.log(rows["price"].to_numpy()))


_END: dict[str, pl.DataType] = {"price_date": pl.Date(), "end": pl.Datetime("us", "UTC")}


def study_of(market: Market, first: date, last: date, trained: Sequence[Model] = ()) -> Study:
    """Everything about the origins from the one `first` was forecast from through `last`, and those they are judged by."""
    warm_up = SCORED_ORIGINS + OUTCOMES + 2 * max(HORIZONS)
    rows = tuple(
        np.arange(max(series.rows_through(first) - 1 - warm_up, 0), series.rows_through(last)) for series in market.series
    )
    walked = walk_forward(market, (*SIMPLE_MODELS, *MEMBERS, *trained), rows)
    at_fix = walked | derived(market, rows, walked, [model.name for model in trained])
    own_days = [series.price_dates[own] for series, own in zip(market.series, rows, strict=True)]
    later = {name: found for name, found in at_fix.items() if name == EWMA97_NORMAL or name.startswith(ENSEMBLE)}
    return Study(market, rows, at_fix, caught_up(market, rows, own_days, later))


def blend_name(trained: str) -> str:
    """The ensemble with a fifth of a trained model."""
    return f"{ENSEMBLE}_{trained}"


def derived(
    market: Market, rows: Sequence[np.ndarray], walked: Mapping[str, Quantiles], trained: Sequence[str]
) -> dict[str, Quantiles]:
    """The models made of others: the ensemble, its adapted form, and the ensemble with a fifth of each trained model."""
    members = [walked[model.name] for model in MEMBERS]
    ensemble = {cell: _mean([member[cell] for member in members]) for cell in members[0]}
    found = {ENSEMBLE: ensemble, ADAPTIVE: _adapted(market, rows, ensemble)}
    for name in trained:
        found[blend_name(name)] = {
            cell: (1.0 - CHALLENGER_WEIGHT) * plain + CHALLENGER_WEIGHT * walked[name][cell] for cell, plain in ensemble.items()
        }
    return found


def _adapted(market: Market, rows: Sequence[np.ndarray], ensemble: Quantiles) -> Quantiles:
    return {
        (index, horizon): adapted(quantiles, market.series[index].outcomes(rows[index], horizon), horizon)
        for (index, horizon), quantiles in ensemble.items()
    }


def _mean(members: Sequence[np.ndarray]) -> np.ndarray:
    """Mean quantiles of the members that have a forecast; NaN where none has."""
    stacked = np.stack(members)
    has = np.isfinite(stacked).all(axis=2, keepdims=True)
    total, count = np.where(has, stacked, 0.0).sum(axis=0), has.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
