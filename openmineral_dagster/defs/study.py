"""The study behind a night's forecast assets: one computation for all of them, and for all nights of a run that share a view."""

import logging
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

import polars as pl

from openmineral_dagster.defs.nightly import Night, known
from openmineral_dagster.defs.views import nights_alike
from openmineral_dagster.features import fits
from openmineral_dagster.features.inputs import Inputs
from openmineral_dagster.features.panel import feature_history, long_enough_from
from openmineral_dagster.features.scales import Garch
from openmineral_dagster.forecasting import registry
from openmineral_dagster.forecasting.examples import FEATURES_READ
from openmineral_dagster.forecasting.registry import CHALLENGERS, Trained, Version
from openmineral_dagster.forecasting.series import Market
from openmineral_dagster.forecasting.study import Study, market_of, study_of
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.store import VINTAGES
from openmineral_dagster.lake.tables import BARS, FX, POSITIONS_COT, PRICES, RATES, STOCKS

READS = {"prices": PRICES, "bars": BARS, "stocks": STOCKS, "rates": RATES, "fx": FX, "positions_cot": POSITIONS_COT}
"""Tables the models read, by the name the panel knows them by."""
TRAINS_ON_DEMAND = "openmineral/trains_on_demand"
"""Tag of a run: "false" where it trains no challenger that is missing."""
SCORED_SINCE = "openmineral/scored_since"
"""Tag of a run that scores all origins from a date on, as a backtest does."""
_LOG = logging.getLogger(__name__)
MOST_VERSIONS = 60
"""Challengers are scored as the last sixty versions forecast: more than the 250 origins of a score where they are weekly."""


def study_for(night: Night) -> Study:
    """Everything the models say of the night and of the origins it is judged by."""
    files = tuple(file for table in READS.values() for file in night.lake.files(table, VINTAGES))
    alike = nights_alike(files, night, _long_enough(tuple(night.lake.files(PRICES, VINTAGES))))
    first = min(alike[0], scored_since(night) or alike[0])
    return _study(night.root, files, first, alike[-1], tuple(registry.stored(night.root.models)))


def scored_since(night: Night) -> date | None:
    """From where a run scores all origins, or None where it scores the last 250."""
    since = night.tags.get(SCORED_SINCE)
    return date.fromisoformat(since) if since else None


def versions_before(night: Night) -> list[Version]:
    """The challengers trained before the night, oldest first, at most the last sixty."""
    due = [day for day in registry.stored(night.root.models) if day < night.as_of]
    return registry.usable(night.root.models, due[-MOST_VERSIONS:], night.log.warning)


def serving(night: Night) -> Version | None:
    """The newest challengers trained before the night, or None."""
    return next(reversed(versions_before(night)), None)


@lru_cache(maxsize=2)
def _long_enough(files: tuple[Path, ...]) -> tuple[datetime, ...]:
    """Moments at which other series are forecast."""
    return tuple(long_enough_from(pl.read_parquet(list(files)))) if files else ()


@lru_cache(maxsize=2)  # every asset of a run asks in turn: most years have one view, few have more than two
def _study(root: DataRoot, files: tuple[Path, ...], first: date, last: date, versions: tuple[date, ...]) -> Study:
    """The files, which never change, are named so that a new one is a new study."""
    kept = fits.load(root.models, Garch)
    before = len(kept)
    serving = registry.usable(root.models, _due(versions, first, last), _LOG.warning)
    trained = [Trained(name, serving) for name in CHALLENGERS]
    study = study_of(market_at(root, last, kept), first, last, trained)
    if len(kept) > before:
        fits.save(root.models, Garch, kept)
    return study


def market_at(root: DataRoot, as_of: date, kept: fits.Fits | None = None) -> Market:
    """The series as a night knew them, with the inputs of trained models."""
    tables = {name: known(root.lake, table, as_of) for name, table in READS.items()}
    panel = feature_history(Inputs(**tables), FEATURES_READ)
    return market_of(tables["prices"], {} if kept is None else kept, panel)


def _due(stored: tuple[date, ...], first: date, last: date) -> list[date]:
    """The versions that may forecast the nights of a span, and the last of those before it, oldest first."""
    old = [day for day in stored if day < first]
    return [*old[-MOST_VERSIONS:], *(day for day in stored if first <= day < last)]
