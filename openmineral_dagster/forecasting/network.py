"""The pooled quantile network: the shape of the range around EWMA volatility, learned from volatility ratios of all series.

Reads VOLATILITIES, gives for each horizon the multipliers of `ewma97_vol * sqrt(horizon)`, starts exactly at the normal and keeps
the median at zero: it can only reshape the range. A challenger, measured at 0.2 percent of CRPS over `ewma97_normal`.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from openmineral_dagster.forecasting.examples import INPUTS, VOLATILITIES, Examples
from openmineral_dagster.forecasting.models import NORMAL_MULTIPLIERS
from openmineral_dagster.forecasting.quantiles import HORIZONS, QUANTILES, level_index
from openmineral_dagster.reference.errors import OpenMineralError

if TYPE_CHECKING:
    import torch

QUANTILE_NETWORK = "quantile_network"
LAYOUT_VERSION = 3
"""Raised by hand whenever layout or training below changes."""

SEEDS = (11, 23, 47)
MAX_EPOCHS = 8
PATIENCE = 3
LARGEST_LOG_STRETCH = 2.0
"""A gap between neighbouring quantiles stays within e^-2 and e^2 times the normal's, whatever the input."""

_READ = [INPUTS.index(name) for name in VOLATILITIES]
_MEDIAN = level_index(0.5)
_GAPS = np.diff(NORMAL_MULTIPLIERS)
_WEIGHTS, _META, _PARTS = "weights.npz", "network.json", ("weight", "bias")
LAYERS = 3

Weights = tuple[tuple[np.ndarray, np.ndarray], ...]
"""Weight, (outputs, inputs), and bias, (outputs,), of each layer in double precision."""


class UnusableNetwork(OpenMineralError):
    """Stored network files that are missing, damaged, or of another layout than this code's."""


@dataclass(frozen=True)
class Settings:
    """What tuning chooses."""

    width: int = 32
    dropout: float = 0.0
    batch: int = 512
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4


DEFAULT = Settings()


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """One version of the network.

    Attributes:
        trained_through: last date whose prices the version saw; it serves nights after it.
        fitted_rows, stopping_rows: pooled origins fitted on, and those that chose the epoch.
        epochs: the best epoch of each member; 0 where nothing improved on the normal.
        members: one network a seed, as the weights of its layers; their multipliers are averaged.
    """

    trained_through: date
    settings: Settings
    fitted_rows: int
    stopping_rows: int
    epochs: tuple[int, ...]
    members: tuple[Weights, ...]


def train(fitted: Examples, stopping: Examples, trained_through: date, settings: Settings = DEFAULT) -> TrainedNetwork:
    """Fit the network; the `stopping` examples decide after which epoch. Seeded: the same examples give the same network."""
    members = [fit_member(fitted, stopping, seed, settings) for seed in SEEDS]
    return TrainedNetwork(
        trained_through=trained_through,
        settings=settings,
        fitted_rows=len(fitted.days),
        stopping_rows=len(stopping.days),
        epochs=tuple(epoch for _, epoch in members),
        members=tuple(_weights(member) for member, _ in members),
    )


def multipliers(network: TrainedNetwork, inputs: np.ndarray) -> np.ndarray:
    """Multipliers of `ewma97 x sqrt(horizon)` at each origin, (origins, horizons, levels), rising; NaN without its inputs."""
    return _by_member(network, inputs).mean(axis=0)


def disagreement(network: TrainedNetwork, inputs: np.ndarray) -> np.ndarray:
    """How unsure the network is of itself: standard deviation over its members of the width of the 90 percent range, as a
    share of that width, (origins, horizons)."""
    every = _by_member(network, inputs)
    widths = every[..., -1 - level_index(0.05)] - every[..., level_index(0.05)]
    return widths.std(axis=0) / widths.mean(axis=0)


def _by_member(network: TrainedNetwork, inputs: np.ndarray) -> np.ndarray:
    read = inputs[:, _READ]
    usable = np.isfinite(read).all(axis=1)
    found = np.full((len(network.members), len(inputs), len(HORIZONS), len(QUANTILES)), np.nan)
    for place, member in enumerate(network.members):
        found[place, usable] = _stretched(_forward(member, read[usable]))
    return found


def _forward(member: Weights, inputs: np.ndarray) -> np.ndarray:
    """The last layer of a member without dropout, (rows, horizons, gaps): without torch, whose import costs more than this."""
    rows = inputs
    for weight, bias in member[:-1]:
        linear = rows @ weight.T + bias
        rows = linear / (1.0 + np.exp(-linear))
    weight, bias = member[-1]
    return (rows @ weight.T + bias).reshape(-1, len(HORIZONS), len(_GAPS))


def _stretched(stretch: np.ndarray) -> np.ndarray:
    """Rising multipliers with a median of zero, (rows, horizons, levels): the normal's gaps, each stretched by the network."""
    gaps = _GAPS * np.exp(LARGEST_LOG_STRETCH * np.tanh(stretch / LARGEST_LOG_STRETCH))
    below, above = gaps[..., :_MEDIAN], gaps[..., _MEDIAN:]
    lower = -np.cumsum(below[..., ::-1], axis=-1)[..., ::-1]
    return np.concatenate([lower, np.zeros_like(lower[..., :1]), np.cumsum(above, axis=-1)], axis=-1)


def save(network: TrainedNetwork, folder: Path) -> None:
    """Write the weights as plain arrays and everything else as JSON into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {
        f"{seed}.{layer}.{part}": values
        for seed, member in zip(SEEDS, network.members, strict=True)
        for layer, pair in enumerate(member)
        for part, values in zip(_PARTS, pair, strict=True)
    }
    np.savez_compressed(folder / _WEIGHTS, **arrays)  # type: ignore[arg-type]
    meta = {
        "trained_through": network.trained_through.isoformat(),
        "settings": asdict(network.settings),
        "fitted_rows": network.fitted_rows,
        "stopping_rows": network.stopping_rows,
        "epochs": network.epochs,
        "layout": _layout(),
    }
    (folder / _META).write_text(json.dumps(meta, indent=1, sort_keys=True) + "\n")


def load(folder: Path) -> TrainedNetwork:
    """The network `save` wrote into `folder`. Only numbers are read back: no stored object is ever run.

    Raises:
        UnusableNetwork: a file is missing or damaged, or its layout is not this code's.
    """
    try:
        meta = json.loads((folder / _META).read_text())
        if meta["layout"] != _layout():
            raise UnusableNetwork(f"{folder / _META}: layout differs from this code's, train the version again")
        with np.load(folder / _WEIGHTS, allow_pickle=False) as held:
            members = tuple(
                tuple((held[f"{seed}.{layer}.weight"], held[f"{seed}.{layer}.bias"]) for layer in range(LAYERS)) for seed in SEEDS
            )
        return TrainedNetwork(
            trained_through=date.fromisoformat(meta["trained_through"]),
            settings=Settings(**meta["settings"]),
            fitted_rows=meta["fitted_rows"],
            stopping_rows=meta["stopping_rows"],
            epochs=tuple(meta["epochs"]),
            members=members,
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise UnusableNetwork(f"{folder}: {type(error).__name__} while reading the network") from error


def _torch() -> ModuleType:
    """torch, imported only where it is used: it costs a second. One thread: more of them only wait for each other."""
    import torch

    torch.set_num_threads(1)
    return torch


def _layout() -> dict[str, object]:
    """What a stored network must share with this code to be read."""
    return {
        "layout": LAYOUT_VERSION,
        "seeds": list(SEEDS),
        "inputs": list(VOLATILITIES),
        "horizons": list(HORIZONS),
        "quantiles": list(QUANTILES),
    }


def _member(settings: Settings) -> "torch.nn.Sequential":
    """One network of the ensemble. Its last layer starts at zero, so that it starts as the normal."""
    nn, width = _torch().nn, settings.width
    last = nn.Linear(width, len(HORIZONS) * len(_GAPS))
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    hidden = [nn.Linear(len(VOLATILITIES), width), nn.SiLU(), nn.Dropout(settings.dropout), nn.Linear(width, width), nn.SiLU()]
    return nn.Sequential(*hidden, nn.Dropout(settings.dropout), last)


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
    levels = torch.tensor(QUANTILES, dtype=outcomes.dtype, device=outcomes.device)
    error = outcomes[..., None] - _multipliers(member, ratios)
    return torch.maximum(levels * error, (levels - 1.0) * error).mean()


def fit_member(fitted: Examples, stopping: Examples, seed: int, settings: Settings) -> "tuple[torch.nn.Module, int]":
    """One member with the weights of the epoch that scored best on the stopping examples, and that epoch; 0 where none
    improved on the normal.

    Fitted in single precision, on a GPU where there is one.
    """
    torch = _torch()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        member = _member(settings).to(device)
        rows, year = _tensors(fitted, device), _tensors(stopping, device)
        best, best_epoch, best_loss = _copied(member), 0, _score(member, *year)
        optimiser = torch.optim.Adam(member.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
        for epoch in range(1, MAX_EPOCHS + 1):
            _epoch(member, optimiser, rows, settings.batch)
            loss = _score(member, *year)
            if loss < best_loss:
                best, best_epoch, best_loss = _copied(member), epoch, loss
            elif epoch - best_epoch >= PATIENCE:
                break
    member.load_state_dict(best)
    return member.cpu().eval(), best_epoch


def _tensors(examples: Examples, device: "torch.device") -> "tuple[torch.Tensor, torch.Tensor]":
    """Inputs and outcomes of the examples that have every input the network reads."""
    torch = _torch()
    read = examples.inputs[:, _READ]
    usable = np.isfinite(read).all(axis=1)
    inputs, outcomes = (torch.from_numpy(values[usable]).float() for values in (read, examples.outcomes))
    return inputs.to(device), outcomes.to(device)


def _epoch(
    member: "torch.nn.Module", optimiser: "torch.optim.Optimizer", rows: "tuple[torch.Tensor, torch.Tensor]", batch: int
) -> None:
    inputs, outcomes = rows
    member.train()
    for chosen in _torch().randperm(len(inputs)).to(inputs.device).split(batch):
        optimiser.zero_grad()
        _loss(member, inputs[chosen], outcomes[chosen]).backward()
        optimiser.step()


def untrained(settings: Settings) -> "torch.nn.Module":
    """A member before any training: the normal."""
    return _member(settings)


def score(member: "torch.nn.Module", examples: Examples) -> float:
    """Mean pinball loss on examples, in units of volatility."""
    return _score(member, *_tensors(examples, _torch().device("cpu")))


def _score(member: "torch.nn.Module", inputs: "torch.Tensor", outcomes: "torch.Tensor") -> float:
    member.eval()
    with _torch().no_grad():
        return float(_loss(member, inputs, outcomes))


def _copied(member: "torch.nn.Module") -> "dict[str, torch.Tensor]":
    return {name: weights.clone() for name, weights in member.state_dict().items()}


def _weights(member: "torch.nn.Module") -> Weights:
    """The layers of a fitted member as arrays."""
    torch = _torch()
    layers = [layer for layer in member.modules() if isinstance(layer, torch.nn.Linear)]
    return tuple(tuple(values.detach().double().numpy() for values in (layer.weight, layer.bias)) for layer in layers)
