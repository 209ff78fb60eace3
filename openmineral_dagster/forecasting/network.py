"""The pooled quantile network: the shape of the range around EWMA volatility, learned from volatility ratios of all series.

Reads RATIOS, gives for each horizon the multipliers of `ewma97_vol * sqrt(horizon)`, starts exactly at the normal and keeps
the median at zero: it can only reshape the range. A challenger, measured at 0.2 percent of CRPS over `ewma97_normal`.
"""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from pickle import UnpicklingError
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from openmineral_dagster.forecasting.baselines import NORMAL_MULTIPLIERS
from openmineral_dagster.forecasting.quantiles import HORIZONS, QUANTILES, level_index
from openmineral_dagster.forecasting.series import RATIOS, PricedSeries, priced_series
from openmineral_dagster.reference.errors import OpenMineralError

if TYPE_CHECKING:
    import torch

QUANTILE_NETWORK = "quantile_network"
CODE_VERSION = 1
"""Raised by hand whenever layout or training below changes; part of every version's name."""

SEEDS = (11, 23, 47)
WIDTH = 32
BATCH = 512
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-4
MAX_EPOCHS = 8
PATIENCE = 3
STOPPING_YEAR = timedelta(days=365)
MINIMUM_FITTED = 750
MINIMUM_STOPPING = 100
LARGEST_LOG_STRETCH = 2.0
"""A gap between neighbouring quantiles stays within e^-2 and e^2 times the normal's, whatever the input."""

_MEDIAN = level_index(0.5)
_GAPS = np.diff(NORMAL_MULTIPLIERS)
_WEIGHTS, _META = "weights.pt", "network.json"


class NotEnoughHistory(OpenMineralError):
    """Prices through the training date are too few to fit the network; the night is forecast by the baselines."""


class UnusableNetwork(OpenMineralError):
    """Stored network files that are missing, damaged, or of another layout than this code's."""


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """One version of the network.

    Attributes:
        trained_through: last date whose prices the version saw; it serves nights after it.
        fitted_rows, stopping_rows: pooled origins fitted on, and of the last year that chose the epoch.
        epochs: the best epoch of each member; 0 where nothing improved on the normal.
        members: one network a seed; their multipliers are averaged.
    """

    version: str
    trained_through: date
    fitted_rows: int
    stopping_rows: int
    epochs: tuple[int, ...]
    members: "tuple[torch.nn.Module, ...]"


@dataclass(frozen=True)
class _Examples:
    """Pooled origins with all outcomes known: (rows, 4) ratios, (rows, 3) outcomes over ewma97_vol sqrt(horizon)."""

    ratios: np.ndarray
    outcomes: np.ndarray


def model_vintage(as_of: date) -> date:
    """Training date of the version that serves the night of `as_of`: the last calendar quarter end before it.

    A function of the date alone, so tonight, a backfill and a backtest are served by the same version.
    """
    first_of_quarter = date(as_of.year, 3 * ((as_of.month - 1) // 3) + 1, 1)
    return first_of_quarter - timedelta(days=1)


def version_name(trained_through: date) -> str:
    """Name of the version trained through a date, for example "2024-09-30.v1"."""
    return f"{trained_through.isoformat()}.v{CODE_VERSION}"


def is_eligible(history: pl.DataFrame, trained_through: date) -> bool:
    """Whether `history` is long enough to train a version through that date: 750 pooled origins with known outcomes
    before the last year, and 100 in it."""
    fitted, stopping = _split(history, trained_through)
    return len(fitted.ratios) >= MINIMUM_FITTED and len(stopping.ratios) >= MINIMUM_STOPPING


def train(history: pl.DataFrame, trained_through: date) -> TrainedNetwork:
    """Fit the network on a `feature_history` of the prices known that night; rows dated after `trained_through` are not read.

    An origin is used only when its outcomes at every horizon were known by `trained_through`. The last year decides
    when to stop, and no outcome of a fitted origin reaches into it. Seeded: the same rows give the same network.

    Raises:
        NotEnoughHistory: `is_eligible` is false.
    """
    fitted, stopping = _split(history, trained_through)
    if len(fitted.ratios) < MINIMUM_FITTED or len(stopping.ratios) < MINIMUM_STOPPING:
        raise NotEnoughHistory(
            f"a network trained through {trained_through} needs {MINIMUM_FITTED} origins before the last year and "
            f"{MINIMUM_STOPPING} in it, found {len(fitted.ratios)} and {len(stopping.ratios)}"
        )
    members = [_fit(fitted, stopping, seed) for seed in SEEDS]
    return TrainedNetwork(
        version=version_name(trained_through),
        trained_through=trained_through,
        fitted_rows=len(fitted.ratios),
        stopping_rows=len(stopping.ratios),
        epochs=tuple(epoch for _, epoch in members),
        members=tuple(member for member, _ in members),
    )


def predict(network: TrainedNetwork, series: PricedSeries, rows: np.ndarray, horizon: int) -> np.ndarray:
    """Quantiles of the log return over `horizon` at each origin, (origins, levels), rising; NaN without its inputs."""
    torch = _torch()
    ratios, scale = series.log_ratios[rows], series.ewma97_vol[rows] * np.sqrt(horizon)
    usable = np.isfinite(ratios).all(axis=1) & (scale > 0)
    quantiles = np.full((len(rows), len(QUANTILES)), np.nan)
    with torch.no_grad():
        inputs = torch.from_numpy(ratios[usable])
        multipliers = torch.stack([_multipliers(member, inputs) for member in network.members]).mean(dim=0).numpy()
    quantiles[usable] = scale[usable, None] * multipliers[:, HORIZONS.index(horizon)]
    return quantiles


def save(network: TrainedNetwork, folder: Path) -> None:
    """Write the weights as a torch state dict and everything else as JSON into `folder`."""
    torch = _torch()
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({str(seed): member.state_dict() for seed, member in zip(SEEDS, network.members, strict=True)}, folder / _WEIGHTS)
    meta = {
        "version": network.version,
        "trained_through": network.trained_through.isoformat(),
        "fitted_rows": network.fitted_rows,
        "stopping_rows": network.stopping_rows,
        "epochs": network.epochs,
        "layout": _layout(),
    }
    (folder / _META).write_text(json.dumps(meta, indent=1, sort_keys=True) + "\n")


def load(folder: Path) -> TrainedNetwork:
    """The network `save` wrote into `folder`. Only tensors are read back: no stored object is ever run.

    Raises:
        UnusableNetwork: a file is missing or damaged, or its layout is not this code's.
    """
    torch = _torch()
    try:
        meta = json.loads((folder / _META).read_text())
        if meta["layout"] != _layout():
            raise UnusableNetwork(f"{folder / _META}: layout differs from this code's, train the version again")
        states = torch.load(folder / _WEIGHTS, weights_only=True)
        members = tuple(_restored(states[str(seed)]) for seed in SEEDS)
        return TrainedNetwork(
            version=meta["version"],
            trained_through=date.fromisoformat(meta["trained_through"]),
            fitted_rows=meta["fitted_rows"],
            stopping_rows=meta["stopping_rows"],
            epochs=tuple(meta["epochs"]),
            members=members,
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, EOFError, UnpicklingError) as error:
        raise UnusableNetwork(f"{folder}: {type(error).__name__} while reading the network") from error


def _torch() -> ModuleType:
    """torch, imported only where it is used: it costs a second. One thread: more of them only wait for each other."""
    import torch

    torch.set_num_threads(1)
    return torch


def _layout() -> dict[str, object]:
    """What a stored network must share with this code to be read."""
    return {
        "code": CODE_VERSION,
        "seeds": list(SEEDS),
        "width": WIDTH,
        "ratios": list(RATIOS),
        "horizons": list(HORIZONS),
        "quantiles": list(QUANTILES),
    }


def _split(history: pl.DataFrame, trained_through: date) -> tuple[_Examples, _Examples]:
    """Examples to fit on, whose outcomes are known a year before `trained_through`, and those of the last year."""
    year_before = trained_through - STOPPING_YEAR
    return _examples(history, date.min, year_before), _examples(history, year_before, trained_through)


def _examples(history: pl.DataFrame, after: date, through: date) -> _Examples:
    """Pooled origins dated after `after` with inputs and with every outcome dated by `through`."""
    ratios, outcomes = [np.empty((0, len(RATIOS)))], [np.empty((0, len(HORIZONS)))]
    for series in priced_series(history.filter(pl.col("price_date") <= through)):
        rows = series.after(series.known_origins(max(HORIZONS)), after)
        rows = rows[np.isfinite(series.log_ratios[rows]).all(axis=1)]
        moves = np.stack([series.outcomes(rows, horizon) / np.sqrt(horizon) for horizon in HORIZONS], axis=1)
        ratios.append(series.log_ratios[rows])
        outcomes.append(moves / series.ewma97_vol[rows, None])
    return _Examples(np.concatenate(ratios), np.concatenate(outcomes))


def _member() -> "torch.nn.Sequential":
    """One network of the ensemble. Its last layer starts at zero, so that it starts as the normal."""
    nn = _torch().nn
    last = nn.Linear(WIDTH, len(HORIZONS) * len(_GAPS))
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(len(RATIOS), WIDTH), nn.SiLU(), nn.Linear(WIDTH, WIDTH), nn.SiLU(), last)


def _multipliers(member: "torch.nn.Module", ratios: "torch.Tensor") -> "torch.Tensor":
    """Rising multipliers with a median of zero, (rows, horizons, levels): the normal's gaps, each stretched by the network."""
    torch = _torch()
    stretch = member(ratios).reshape(-1, len(HORIZONS), len(_GAPS))
    gaps = torch.from_numpy(_GAPS).to(stretch) * torch.exp(LARGEST_LOG_STRETCH * torch.tanh(stretch / LARGEST_LOG_STRETCH))
    below, above = gaps[..., :_MEDIAN], gaps[..., _MEDIAN:]
    lower = -below.flip(-1).cumsum(-1).flip(-1)
    return torch.cat([lower, torch.zeros_like(lower[..., :1]), above.cumsum(-1)], dim=-1)


def _loss(member: "torch.nn.Module", ratios: "torch.Tensor", outcomes: "torch.Tensor") -> "torch.Tensor":
    """Mean pinball loss over rows, horizons and levels, in units of volatility."""
    torch = _torch()
    levels = torch.tensor(QUANTILES, dtype=outcomes.dtype)
    error = outcomes[..., None] - _multipliers(member, ratios)
    return torch.maximum(levels * error, (levels - 1.0) * error).mean()


def _fit(fitted: _Examples, stopping: _Examples, seed: int) -> "tuple[torch.nn.Module, int]":
    """One member with the weights of the epoch that scored best on the stopping year, and that epoch.

    Fitted in single precision for speed, used in double: its multipliers then do not depend on the batch they are in.
    """
    torch = _torch()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        member = _member()
    shuffle = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(member.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    ratios, outcomes = torch.from_numpy(fitted.ratios).float(), torch.from_numpy(fitted.outcomes).float()
    year = torch.from_numpy(stopping.ratios).float(), torch.from_numpy(stopping.outcomes).float()
    best, best_epoch, best_loss = _copied(member), 0, _score(member, *year)
    for epoch in range(1, MAX_EPOCHS + 1):
        for batch in torch.randperm(len(ratios), generator=shuffle).split(BATCH):
            optimiser.zero_grad()
            _loss(member, ratios[batch], outcomes[batch]).backward()
            optimiser.step()
        loss = _score(member, *year)
        if loss < best_loss:
            best, best_epoch, best_loss = _copied(member), epoch, loss
        elif epoch - best_epoch >= PATIENCE:
            break
    member.load_state_dict(best)
    return member.double(), best_epoch


def _score(member: "torch.nn.Module", ratios: "torch.Tensor", outcomes: "torch.Tensor") -> float:
    with _torch().no_grad():
        return float(_loss(member, ratios, outcomes))


def _copied(member: "torch.nn.Module") -> "dict[str, torch.Tensor]":
    return {name: weights.clone() for name, weights in member.state_dict().items()}


def _restored(state: "dict[str, torch.Tensor]") -> "torch.nn.Module":
    member = _member().double()
    member.load_state_dict(state)
    return member
