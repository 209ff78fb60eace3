"""Trained versions on disk, each with what it was examined by; a version is there whole or not at all."""

import json
import re
import shutil
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from openmineral_dagster.forecasting import boosting, network
from openmineral_dagster.forecasting.boosting import GRADIENT_BOOSTING
from openmineral_dagster.forecasting.models import UNKNOWN, Predict, scale_path
from openmineral_dagster.forecasting.network import QUANTILE_NETWORK
from openmineral_dagster.forecasting.quantiles import HORIZONS
from openmineral_dagster.forecasting.series import Market
from openmineral_dagster.reference.errors import OpenMineralError

CHALLENGERS = (QUANTILE_NETWORK, GRADIENT_BOOSTING)
CODE_VERSION = 6
"""Raised by hand whenever what a version reads or holds changes: older ones are then trained again."""
KEPT_IN_MEMORY = 128
_REPORT, _SEAL = "report.json", "sha256"
_NAME = re.compile(rf"(\d{{4}}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))\.v{CODE_VERSION}")

Multipliers = Callable[[np.ndarray], np.ndarray]
"""Inputs, (origins, inputs), to multipliers of ewma97 x sqrt(horizon), (origins, horizons, levels)."""


class UnusableVersion(OpenMineralError):
    """A stored version that is missing files, damaged, or of another layout than this code's."""


@dataclass(frozen=True)
class Report:
    """What a training leaves to be read: by people, by MLflow and by the night.

    Attributes:
        trials: tuning trials behind the version.
        settings: of the network.
        metrics: by name, of both models on examples held out.
        importance: permutation importance of each input of the trees.
        deciles: of each input over the examples fitted on, for the drift of later ones, nine each.
        drift_usual: drift that one in a hundred spans of the history before showed without anything being new.
    """

    trained_through: date
    trials: int
    settings: dict[str, Any]
    metrics: dict[str, float]
    importance: dict[str, float]
    deciles: dict[str, list[float]]
    drift_usual: float


@dataclass(frozen=True, eq=False)
class Version:
    """Both challengers trained through a date."""

    network: network.TrainedNetwork
    boosting: boosting.TrainedBoosting
    report: Report

    @property
    def trained_through(self) -> date:
        """Last date whose prices the version saw."""
        return self.report.trained_through

    def multipliers(self, model: str) -> Multipliers:
        """How one of CHALLENGERS ranges origins."""
        if model == QUANTILE_NETWORK:
            return lambda inputs: network.multipliers(self.network, inputs)
        return lambda inputs: boosting.multipliers(self.boosting, inputs)


@dataclass(frozen=True)
class Trained:
    """A challenger as the walk-forward asks it: each origin is forecast by the newest version trained before its day."""

    name: str
    versions: Sequence[Version]

    def fit(self, market: Market, through: date) -> Predict:
        """Versions are fitted elsewhere, and found by the day of each origin."""
        shapes: dict[tuple[int, bytes], np.ndarray] = {}

        def predict(index: int, rows: np.ndarray, horizon: int) -> np.ndarray:
            key = index, rows.tobytes()
            if key not in shapes:
                shapes[key] = self._shapes(market, index, rows)
            width = scale_path(market, "ewma97", index, date.min, horizon)[rows]
            usable = np.where(width > 0, width, np.nan)
            return usable[:, None] * shapes[key][:, HORIZONS.index(horizon)]

        return predict

    def _shapes(self, market: Market, index: int, rows: np.ndarray) -> np.ndarray:
        """Multipliers of every origin and horizon, (origins, horizons, levels); NaN where no version serves."""
        days = market.series[index].price_dates[rows]
        ends = np.array([version.trained_through for version in self.versions], dtype="datetime64[D]")
        serving = np.searchsorted(ends, days) - 1
        found = np.full((len(rows), len(HORIZONS), len(UNKNOWN)), np.nan)
        for place in np.unique(serving[serving >= 0]):
            own = serving == place
            found[own] = self.versions[place].multipliers(self.name)(market.inputs[index][rows[own]])
        return found


def vintage_of(as_of: date) -> date:
    """Training date of the version a night has at least: the last Friday of the calendar quarter before it.

    A function of the date alone, so that a night of long ago can have its version trained today.
    """
    last = date(as_of.year, 3 * ((as_of.month - 1) // 3) + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - 4) % 7)


def version_name(trained_through: date) -> str:
    """Name of the version trained through a date, for example "2024-09-27.v2"."""
    return f"{trained_through.isoformat()}.v{CODE_VERSION}"


def folder_of(models: Path, trained_through: date) -> Path:
    """Where the version trained through a date lies under `models`."""
    return models / "challengers" / version_name(trained_through)


def store(models: Path, version: Version) -> Path:
    """Keep a version, in place of one of the same name; returns its folder."""
    folder = folder_of(models, version.trained_through)
    aside = folder.parent / f".aside-{uuid.uuid4().hex}"
    network.save(version.network, aside)
    boosting.save(version.boosting, aside)
    report = asdict(version.report) | {"trained_through": version.trained_through.isoformat()}
    (aside / _REPORT).write_text(json.dumps(report, sort_keys=True, indent=1, allow_nan=False) + "\n")
    (aside / _SEAL).write_text(_digest(aside))
    before = folder.parent / f".before-{uuid.uuid4().hex}"
    if folder.exists():
        folder.rename(before)
    aside.rename(folder)
    shutil.rmtree(before, ignore_errors=True)
    return folder


def find(models: Path, trained_through: date) -> Version | None:
    """The version trained through a date, or None when it was never trained here.

    Raises:
        UnusableVersion: its files are damaged.
    """
    folder = folder_of(models, trained_through)
    return _load(folder, folder.stat().st_mtime_ns) if folder.exists() else None


def stored(models: Path) -> list[date]:
    """Training dates of the versions of this code that are kept, oldest first."""
    named = (_NAME.fullmatch(folder.name) for folder in models.glob("challengers/*"))
    return sorted(date.fromisoformat(name[1]) for name in named if name)


def usable(models: Path, days: Sequence[date], tell: Callable[[str], None]) -> list[Version]:
    """The versions trained through `days`; one whose files are damaged is left out, and `tell` told."""
    found = []
    for day in days:
        try:
            version = find(models, day)
        except UnusableVersion as fault:
            tell(f"{fault}: left out; `openmineral train --through {day}` makes it again")
        else:
            found += [version] if version else []
    return found


@lru_cache(maxsize=KEPT_IN_MEMORY)
def _load(folder: Path, written: int) -> Version:
    try:
        if (folder / _SEAL).read_text() != _digest(folder):
            raise UnusableVersion(f"{folder}: a file differs from what was stored")
        report = json.loads((folder / _REPORT).read_text())
        read = Report(**report | {"trained_through": date.fromisoformat(report["trained_through"])})
        return Version(network.load(folder), boosting.load(folder), read)
    except (OSError, ValueError, KeyError, TypeError, network.UnusableNetwork, boosting.UnusableBoosting) as error:
        raise UnusableVersion(f"{folder}: {error}") from error


def _digest(folder: Path) -> str:
    """Of everything in a version's folder but the seal itself: a number changed by hand or by a disk is still a number."""
    files = sorted(path for path in folder.iterdir() if path.name != _SEAL)
    content = [[path.name, sha256(path.read_bytes()).hexdigest()] for path in files]
    return sha256(json.dumps(content).encode()).hexdigest()
