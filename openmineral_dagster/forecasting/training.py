"""Training the challengers through a date: tuned on purged folds, fitted, examined on a year held out, and reported."""

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
            deciles={name: _deciles(column) for name, column in zip(INPUTS, fitted.inputs.T, strict=True)},
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

    Sum over tenths of (share now - 0.1) x log(share now / 0.1), empty tenths counted as a thousandth. Above 0.25 the trade
    calls a population changed. Source: Siddiqi 2006.
    """
    return max(
        (_stability(np.array(report.deciles[name]), column) for name, column in zip(INPUTS, inputs.T, strict=True)), default=0.0
    )


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
