"""The forecast of a night: every model's quantiles for every series and horizon, and which of them the desk reads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from openmineral_dagster.forecasting.catchup import moved, shifts
from openmineral_dagster.forecasting.gate import FALLBACKS, Record, choose, examination
from openmineral_dagster.forecasting.models import CODE_VERSION
from openmineral_dagster.forecasting.quantiles import HORIZONS, QUANTILES
from openmineral_dagster.forecasting.study import ENSEMBLE, FIX, NIGHT, SCORED_ORIGINS, Source, Study
from openmineral_dagster.lake.schema import conform
from openmineral_dagster.lake.tables import PRICE_DISTRIBUTION

OLD_DAYS = 10
"""Calendar days after which a last price is called old: longer than any holiday."""
_BY_QUANTILE = ("as_of_date", "quantile", "log_return", "price")
_SCHEMA = {name: dtype for name, dtype in PRICE_DISTRIBUTION.dtypes.items() if name not in _BY_QUANTILE} | {"last": pl.Float64()}


@dataclass(frozen=True)
class Origin:
    """Where a night forecasts one series from: its index, and the position of its last known price among the origins."""

    index: int
    position: int


def forecast(study: Study, as_of: date, champion: str, versions: Mapping[str, str]) -> pl.DataFrame:
    """Forecast quantiles of the night, conforming to `forecasts.price_distribution`.

    Args:
        champion: the model of record; where its coverage has left its band a fallback is read.
        versions: of the models that have one of their own.

    Every model has rows for each series it can forecast; exactly one model a series and horizon is champion, as the night
    knows it. Its `gate_status` says why it is read; other rows carry their own. price = last price x exp(log_return).
    """
    found = [
        pair
        for origin in _origins(study, as_of)
        for horizon in HORIZONS
        for pair in _cell_rows(study, origin, horizon, as_of, champion, versions)
    ]
    frame = pl.DataFrame([row for row, _ in found], schema=_SCHEMA, orient="row")
    values = np.array([quantiles for _, quantiles in found]).reshape(len(found), len(QUANTILES))
    levels = np.tile(np.array(QUANTILES), (len(found), 1))
    wide = frame.with_columns(as_of_date=pl.lit(as_of), quantile=_listed(levels), log_return=_listed(values))
    long = wide.explode("quantile", "log_return").with_columns(price=pl.col("last") * pl.col("log_return").exp())
    return conform(long.drop("last"), PRICE_DISTRIBUTION)


def _listed(values: np.ndarray) -> pl.Series:
    """One list a row of a matrix."""
    return pl.Series(values, dtype=pl.Array(pl.Float64, len(QUANTILES))).arr.to_list()


def _origins(study: Study, as_of: date) -> Iterator[Origin]:
    for index in range(len(study.rows)):
        known = study.known_by(index, as_of)
        if known:
            yield Origin(index, known - 1)


def _cell_rows(
    study: Study, origin: Origin, horizon: int, as_of: date, champion: str, versions: Mapping[str, str]
) -> Iterator[tuple[tuple[Any, ...], np.ndarray]]:
    """What is the same for every quantile, and the quantiles, of each model and information set of one series and horizon."""
    found = {source: _tonight(study, source, origin, horizon, as_of) for source in study.ranges}
    available = {source: values for source, values in found.items() if np.isfinite(values).all()}
    if not available:
        return
    records = {source: record_of(study, source, origin, horizon) for source in available}
    series = study.market.series[origin.index]
    last = float(np.exp(series.log_prices[study.rows[origin.index][origin.position]]))
    read, verdict = _read(records, champion)
    aged = _age(series.price_dates[study.rows[origin.index][origin.position]], as_of)
    for source, values in available.items():
        status = aged + (verdict if source == read else examination(records[source]))
        model, information = source
        version = versions.get(model, CODE_VERSION)
        named = (series.instrument, series.tenor, horizon, model, version, information, source == read, status, last)
        yield named, values


def _age(day: np.datetime64, as_of: date) -> str:
    """What the desk must know of a range that starts from an old price."""
    return f"old price of {day}; " if np.datetime64(as_of) - day > np.timedelta64(OLD_DAYS, "D") else ""


def _tonight(study: Study, source: Source, origin: Origin, horizon: int, as_of: date) -> np.ndarray:
    """Quantiles of one model from one origin, (levels,): of the night itself, which may be later than the origin's day."""
    values = study.ranges[source][origin.index, horizon][origin.position]
    row = study.rows[origin.index][origin.position]
    own_day = study.market.series[origin.index].price_dates[row]
    if source[1] == FIX or own_day == np.datetime64(as_of):
        return values
    cell, night = (origin.index, horizon), np.array([as_of], dtype="datetime64[D]")
    at_fix = study.at_fix[source[0]][cell][[origin.position]]
    caught: np.ndarray = moved(at_fix, shifts(study.market, origin.index, np.array([row]), night, horizon))[0]
    return caught


def record_of(study: Study, source: Source, origin: Origin, horizon: int) -> Record:
    """What a model's 90 percent range did over the last 250 origins whose outcome was known."""
    end = max(origin.position + 1 - horizon, 0)
    inside = study.inside(source, origin.index, horizon)[max(end - SCORED_ORIGINS, 0) : end]
    judged = inside[np.isfinite(inside)]
    return Record(source[0], horizon, len(judged), float(judged.mean()) if len(judged) else None)


def _read(records: Mapping[Source, Record], champion: str) -> tuple[Source, str]:
    """Which source the desk reads, and why: a promoted model that has no range here gives way to the ensemble it came from."""
    fallbacks = [records[name, NIGHT] for name in FALLBACKS if (name, NIGHT) in records]
    wanted = [records[name, NIGHT] for name in (champion, ENSEMBLE) if (name, NIGHT) in records]
    missing = "" if (champion, NIGHT) in records else f"; no {champion} here"
    if wanted and fallbacks:
        model, verdict = choose(wanted[0], fallbacks)
        return (model, NIGHT), verdict + missing
    source = (fallbacks[0].model, NIGHT) if fallbacks else next(iter(records))
    return source, examination(records[source]) + missing
