"""Gradient-boosted quantiles of the size of moves, in units of EWMA volatility, from every declared input. A challenger.

The size alone is learned, of all horizons together, and taken with both signs, so the median is zero. Trees under-cover out
of sample; an isotonic map from the level asked to the share found on held-out examples mends that.
"""

from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
from scipy.special import ndtri

from openmineral_dagster.forecasting.examples import INPUTS, Examples
from openmineral_dagster.forecasting.models import LEVELS
from openmineral_dagster.forecasting.quantiles import HORIZONS
from openmineral_dagster.reference.errors import OpenMineralError

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingRegressor

GRADIENT_BOOSTING = "gradient_boosting"
SIZE_LEVELS = 2.0 * LEVELS[LEVELS > 0.5] - 1.0
"""Levels of the size of a move whose quantiles, with both signs, are the quantiles of the move at QUANTILES."""
GROWN_LEVELS = np.array([0.2, 0.5, 0.7, 0.9, 0.98])
"""Levels of the size that are fitted; others lie between them."""
TREES, LEAVES, SMALLEST_LEAF, RATE, DEEPEST = 60, 8, 500, 0.08, 5
LARGEST_LEVEL = 0.995
"""Most that is asked of the trees' levels, however thin the held-out tail."""
IMPORTANCE_REPEATS = 3
SEED = 7
_FILE = "boosting.npz"


class UnusableBoosting(OpenMineralError):
    """A stored version that is missing or damaged."""


@dataclass(frozen=True, eq=False)
class Trees:
    """The trees of one level as arrays, (trees, nodes) each: a row goes left where its feature is at most the threshold, or
    missing where so noted; a leaf is its own child. They are read without the library that grew them, whose import costs more
    than the night's forecasts.
    """

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    missing_left: np.ndarray
    value: np.ndarray
    baseline: np.ndarray

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """What the trees say together of each row, (rows,)."""
        trees, rows = np.arange(len(self.feature)), np.arange(len(inputs))[:, None]
        at = np.zeros((len(inputs), len(trees)), dtype=np.intp)
        for _ in range(DEEPEST):
            read = inputs[rows, self.feature[trees, at]]
            goes_left = np.where(np.isnan(read), self.missing_left[trees, at], read <= self.threshold[trees, at])
            at = np.where(goes_left, self.left[trees, at], self.right[trees, at])
        total = np.full(len(inputs), float(self.baseline))
        for tree in trees:  # one by one, as the library adds them
            total += self.value[tree, at[:, tree]]
        return total


@dataclass(frozen=True)
class TrainedBoosting:
    """One version.

    Attributes:
        trees: for each of GROWN_LEVELS; their last input is the logarithm of the horizon.
        asked: the level to ask of the trees for each level of SIZE_LEVELS, by horizon, (horizons, levels).
    """

    trained_through: date
    trees: tuple[Trees, ...]
    asked: np.ndarray


def train(fitted: Examples, stopping: Examples, trained_through: date) -> TrainedBoosting:
    """Fit the trees; the `stopping` examples make the calibration map. Seeded: the same examples give the same trees."""
    inputs = np.concatenate([_beside(fitted.inputs, place) for place in range(len(HORIZONS))])
    sizes = np.abs(fitted.outcomes.T.reshape(-1))
    trees = tuple(_grown(inputs, sizes, level) for level in GROWN_LEVELS)
    asked = [
        levels_to_ask(_at(_sizes(trees, _beside(stopping.inputs, place)), SIZE_LEVELS), np.abs(stopping.outcomes[:, place]))
        for place in range(len(HORIZONS))
    ]
    return TrainedBoosting(trained_through, trees, np.array(asked))


def multipliers(version: TrainedBoosting, inputs: np.ndarray) -> np.ndarray:
    """Multipliers of `ewma97 x sqrt(horizon)` at each origin, (origins, horizons, levels), rising, the median zero."""
    found = np.zeros((len(inputs), len(HORIZONS), len(LEVELS)))
    if len(inputs):
        for place, asked in enumerate(version.asked):
            above = _at(_sizes(version.trees, _beside(inputs, place)), asked)
            found[:, place] = np.concatenate([-above[:, ::-1], np.zeros((len(above), 1)), above], axis=1)
    return found


def _beside(inputs: np.ndarray, place: int) -> np.ndarray:
    """Inputs with the logarithm of a horizon as the last one."""
    return np.column_stack([inputs, np.full(len(inputs), np.log(HORIZONS[place]))])


def levels_to_ask(sizes: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """The level to ask of forecast `sizes`, (examples, levels), so that each of SIZE_LEVELS of the observed lies below.

    Inverts the isotonic map from levels asked to shares found, anchored at zero and one.
    """
    found = (observed[:, None] <= sizes).mean(axis=0)
    from sklearn.isotonic import IsotonicRegression

    nominal = np.concatenate([[0.0], SIZE_LEVELS, [1.0]])
    shares = IsotonicRegression().fit_transform(nominal, np.concatenate([[0.0], found, [1.0]]))
    asked: np.ndarray = np.interp(SIZE_LEVELS, shares + 1e-9 * np.arange(len(shares)), nominal)
    return np.clip(asked, 0.0, LARGEST_LEVEL)


def importance(version: TrainedBoosting, examples: Examples) -> dict[str, float]:
    """Permutation importance of each input: mean rise of the pinball loss of the 90 percent size a row ahead when the input
    is shuffled, in units of volatility. Source: Breiman 2001."""
    from sklearn.inspection import permutation_importance
    from sklearn.metrics import mean_pinball_loss

    place = int(np.abs(GROWN_LEVELS - 0.9).argmin())

    def score(trees: Trees, inputs: np.ndarray, sizes: np.ndarray) -> float:
        return -float(mean_pinball_loss(sizes, trees.predict(inputs), alpha=float(GROWN_LEVELS[place])))

    found = permutation_importance(
        _Fitted(version.trees[place]),
        _beside(examples.inputs, 0),
        np.abs(examples.outcomes[:, 0]),
        scoring=score,
        n_repeats=IMPORTANCE_REPEATS,
        random_state=SEED,
    )
    return dict(zip(INPUTS, (float(value) for value in found.importances_mean), strict=False))


class _Fitted:
    """Trees, with the methods an estimator has."""

    def __init__(self, trees: Trees) -> None:
        self.predict = trees.predict

    def fit(self, inputs: np.ndarray, sizes: np.ndarray) -> "_Fitted":
        """Already fitted."""
        return self


def save(version: TrainedBoosting, folder: Path) -> None:
    """Write a version into `folder` as plain arrays."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {f"{place}.{name}": values for place, trees in enumerate(version.trees) for name, values in vars(trees).items()}
    trained_through = np.array(version.trained_through.toordinal())
    np.savez_compressed(folder / _FILE, trained_through=trained_through, asked=version.asked, **arrays)


def load(folder: Path) -> TrainedBoosting:
    """The version `save` wrote. Only numbers are read back: no stored object is ever run.

    Raises:
        UnusableBoosting: the file is missing or damaged.
    """
    try:
        with np.load(folder / _FILE, allow_pickle=False) as held:
            trees = tuple(
                Trees(**{field.name: held[f"{place}.{field.name}"] for field in fields(Trees)})
                for place in range(len(GROWN_LEVELS))
            )
            return TrainedBoosting(date.fromordinal(int(held["trained_through"])), trees, held["asked"])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise UnusableBoosting(f"{folder / _FILE}: {type(error).__name__} while reading the trees") from error


def _grown(inputs: np.ndarray, sizes: np.ndarray, level: float) -> Trees:
    from sklearn.ensemble import HistGradientBoostingRegressor

    grower = HistGradientBoostingRegressor(
        loss="quantile",
        quantile=level,
        learning_rate=RATE,
        max_iter=TREES,
        max_leaf_nodes=LEAVES,
        max_depth=DEEPEST,
        min_samples_leaf=SMALLEST_LEAF,
        early_stopping=False,
        random_state=SEED,
    )
    known = np.isfinite(inputs).any(axis=0)  # an input that is never there splits nothing, but must hold a number
    return as_arrays(grower.fit(np.where(known, inputs, 0.0), sizes))


def as_arrays(grower: "HistGradientBoostingRegressor") -> Trees:
    """The trees of a fitted regressor; shorter ones are filled up with leaves that nothing leads to."""
    grown = [stage[0].nodes for stage in grower._predictors]
    most = max(map(len, grown))

    def column(name: str, of_a_leaf: np.ndarray) -> np.ndarray:
        filled = [np.where(nodes["is_leaf"], of_a_leaf[: len(nodes)], nodes[name]) for nodes in grown]
        return np.stack([np.pad(values, (0, most - len(values))) for values in filled])

    own, none = np.arange(most), np.zeros(most)
    value = [np.pad(np.where(nodes["is_leaf"], nodes["value"], 0.0), (0, most - len(nodes))) for nodes in grown]
    return Trees(
        feature=column("feature_idx", none).astype(np.intp),
        threshold=column("num_threshold", none),
        left=column("left", own).astype(np.intp),
        right=column("right", own).astype(np.intp),
        missing_left=column("missing_go_to_left", none).astype(bool),
        value=np.stack(value),
        baseline=np.asarray(grower._baseline_prediction).reshape(()),
    )


def _sizes(grown: tuple[Trees, ...], inputs: np.ndarray) -> np.ndarray:
    """Rising quantiles of the size at GROWN_LEVELS, (origins, levels)."""
    return np.sort(np.maximum(np.stack([trees.predict(inputs) for trees in grown], axis=1), 0.0), axis=1)


def _at(sizes: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Sizes at other levels, (origins, levels): on the half-normal curve between those of GROWN_LEVELS and beyond."""
    nominal, wanted = ndtri(0.5 + 0.5 * np.concatenate([[0.0], GROWN_LEVELS])), ndtri(0.5 + 0.5 * levels)
    anchored = np.concatenate([np.zeros((len(sizes), 1)), sizes], axis=1)
    right = np.clip(np.searchsorted(nominal, wanted), 1, len(nominal) - 1)
    share = (wanted - nominal[right - 1]) / (nominal[right] - nominal[right - 1])
    found: np.ndarray = anchored[:, right - 1] + share * (anchored[:, right] - anchored[:, right - 1])
    return found
