"""Training the challengers through a date: tuned on purged folds, fitted, examined on a year held out, and reported."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np

from openmineral_dagster.forecasting import boosting, network
from openmineral_dagster.forecasting.boosting import GRADIENT_BOOSTING
from openmineral_dagster.forecasting.examples import INPUTS, Examples, examples
from openmineral_dagster.forecasting.models import NORMAL_MULTIPLIERS
from openmineral_dagster.forecasting.network import QUANTILE_NETWORK, Settings
from openmineral_dagster.forecasting.quantiles import HORIZONS, coverage, crps
from openmineral_dagster.forecasting.registry import Report, Version
from openmineral_dagster.forecasting.series import Market
from openmineral_dagster.reference.errors import OpenMineralError

HELD_OUT = timedelta(days=365)
MINIMUM_FITTED = 750
MINIMUM_HELD_OUT = 100
DECILES = np.arange(1, 10) / 10
DRIFT_ROWS = 60
"""Dates whose inputs are compared with those fitted on."""
SPANS = 200


class NotEnoughHistory(OpenMineralError):
    """Prices through the training date are too few to train on; the night goes on without challengers."""


def held_out(market: Market, trained_through: date) -> tuple[Examples, Examples]:
    """Examples to fit on, and those of the year before `trained_through`; no outcome of the former reaches into the latter.

    Raises:
        NotEnoughHistory: fewer than 750 of the one or 100 of the other.
    """
    fitted = examples(market, date.min, trained_through - HELD_OUT)
    year = examples(market, trained_through - HELD_OUT, trained_through)
    if len(fitted.days) < MINIMUM_FITTED or len(year.days) < MINIMUM_HELD_OUT:
        raise NotEnoughHistory(
            f"training through {trained_through} needs {MINIMUM_FITTED} origins before the last year and {MINIMUM_HELD_OUT} in "
            f"it, found {len(fitted.days)} and {len(year.days)}"
        )
    return fitted, year


def is_eligible(market: Market, trained_through: date) -> bool:
    """Whether there is history enough to train through a date."""
    try:
        held_out(market, trained_through)
    except NotEnoughHistory:
        return False
    return True


def train(market: Market, trained_through: date, settings: Settings, trials: int) -> Version:
    """Both challengers, fitted on rows dated `trained_through` or earlier. Seeded: equal prices, equal version.

    The last year chooses the network's epoch and makes the trees' calibration map, so the metrics in the report, of that
    year, flatter both: whether they are any good is for the nights after to say.

    Raises:
        NotEnoughHistory: `is_eligible` is false.
    """
    fitted, year = held_out(market, trained_through)
    net = network.train(fitted, year, trained_through, settings)
    trees = boosting.train(fitted, year, trained_through)
    shapes = {
        QUANTILE_NETWORK: network.multipliers(net, year.inputs),
        GRADIENT_BOOSTING: boosting.multipliers(trees, year.inputs),
    }
    found = {f"{model}_{name}": value for model, shape in shapes.items() for name, value in measured(shape, year).items()}
    unsure = network.disagreement(net, year.inputs)
    return Version(
        net,
        trees,
        Report(
            trained_through=trained_through,
            trials=trials,
            settings=vars(settings).copy(),
            metrics=found | {f"{QUANTILE_NETWORK}_disagreement": _rounded(np.nanmean(unsure))},
            importance={name: _rounded(value) for name, value in boosting.importance(trees, year).items()},
            deciles=deciles_of(fitted),
            drift_usual=usual_drift(fitted),
        ),
    )


def measured(shape: np.ndarray, judged: Examples) -> dict[str, float]:
    """CRPS skill against the normal and 90 percent coverage by horizon, of multipliers of the examples."""
    found = {}
    for place, horizon in enumerate(HORIZONS):
        quantiles, outcomes = shape[:, place], judged.outcomes[:, place]
        known = np.isfinite(quantiles).all(axis=1)
        normal = np.broadcast_to(NORMAL_MULTIPLIERS, quantiles[known].shape)
        own, reference = crps(quantiles[known], outcomes[known]).mean(), crps(normal, outcomes[known]).mean()
        found[f"skill_{horizon}"] = _rounded(1.0 - own / reference)
        found[f"coverage_90_{horizon}"] = _rounded(coverage(quantiles[known], outcomes[known], 90))
    return found


def drift(report: Report, inputs: np.ndarray) -> float:
    """Largest population stability index of any input, of later rows against those the version was fitted on; 0 is none.

    Sum over tenths of (share now - 0.1) x log(share now / 0.1), empty tenths counted as a thousandth. Source: Siddiqi 2006. Sixty
    dates of slow inputs drift far by themselves: `usual_drift` says how far.
    """
    return _largest(report.deciles, inputs)


def deciles_of(fitted: Examples) -> dict[str, list[float]]:
    """Nine deciles of each input."""
    return {name: _deciles(column) for name, column in zip(INPUTS, fitted.inputs.T, strict=True)}


def usual_drift(fitted: Examples) -> float:
    """What 99 in 100 spans of 60 dates of the history itself stay below: regimes come and go without the market being new."""
    days = np.unique(fitted.days)
    starts = np.unique(np.linspace(0, max(len(days) - DRIFT_ROWS, 0), SPANS).astype(int))
    deciles = deciles_of(fitted)
    found = []
    for start in starts:
        last = days[min(start + DRIFT_ROWS, len(days)) - 1]
        spans = (fitted.days >= days[start]) & (fitted.days <= last)
        found.append(_largest(deciles, fitted.inputs[spans]))
    return _rounded(np.quantile(found, 0.99))


def _largest(deciles: Mapping[str, list[float]], inputs: np.ndarray) -> float:
    return max(_stability(np.array(deciles[name]), column) for name, column in zip(INPUTS, inputs.T, strict=True))


def _stability(deciles: np.ndarray, values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    if not len(known) or not len(deciles):
        return 0.0
    shares = np.bincount(np.searchsorted(deciles, known), minlength=10) / len(known)
    held = np.maximum(shares, 1e-3)
    return float(((held - 0.1) * np.log(held / 0.1)).sum())


def _deciles(values: np.ndarray) -> list[float]:
    known = values[np.isfinite(values)]
    return [_rounded(value) for value in np.quantile(known, DECILES)] if len(known) else []


def _rounded(value: float) -> float:
    """As a report prints it: beyond eight decimals there is only rounding."""
    return round(float(value), 8) + 0.0
