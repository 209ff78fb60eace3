"""Settings of the network by Optuna: trials on purged and embargoed folds, the hopeless ones cut short, kept and resumable."""

import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from openmineral_dagster.forecasting import network
from openmineral_dagster.forecasting.examples import Examples, folds
from openmineral_dagster.forecasting.network import DEFAULT, LAYOUT_VERSION, SEEDS, Settings

if TYPE_CHECKING:
    import optuna

TRIALS = 50
FOLDS = 3
STARTUP_TRIALS = 8
"""Trials drawn at random before the sampler learns and the pruner judges."""
SEED = 3


def storage_in(folder: Path, tell: Callable[[str], None]) -> str:
    """Address of the database of studies in a folder; one that is damaged is set aside, and `tell` told: trials can be made
    again, and a training must not wait for somebody to look."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "studies.db"
    if file.exists() and not _is_sound(file):
        aside = file.with_name(f"studies.damaged-{uuid.uuid4().hex[:8]}.db")
        file.rename(aside)
        tell(f"{file}: damaged, kept as {aside.name}; studies begin anew")
    return f"sqlite:///{file}"


def _is_sound(file: Path) -> bool:
    """Whether SQLite reads a database; one that another training writes to, or that a kill left half written, is sound."""
    if not file.is_file():
        return False
    try:
        with closing(sqlite3.connect(file)) as held:
            return held.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except sqlite3.OperationalError:  # locked, or not ours to read: opening it says so
        return True
    except sqlite3.DatabaseError:
        return False


def study_name(fitted: Examples, trained_through: date) -> str:
    """Each training date has its own study, and so have restated prices and other code: trials on other examples do not count."""
    digest = sha256(fitted.outcomes.tobytes() + fitted.inputs.tobytes()).hexdigest()[:12]
    return f"network v{LAYOUT_VERSION} through {trained_through.isoformat()} on {digest}"


def tune(storage: str, fitted: Examples, trained_through: date, trials: int = TRIALS) -> tuple[Settings, int]:
    """The best settings of a study of `trials` trials, and how many it has finished or cut short.

    Args:
        storage: address of the database studies are kept in; a study that was broken off goes on where it stood.
        fitted: examples the folds are cut from; the year held out is not among them.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        storage=storage,
        study_name=study_name(fitted, trained_through),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS),
        load_if_exists=True,
    )
    # A sampler that starts again draws what it drew: one that goes on must draw something else.
    study.sampler = optuna.samplers.TPESampler(seed=SEED + len(_done(study)), n_startup_trials=STARTUP_TRIALS)
    if not study.get_trials(deepcopy=False):
        study.enqueue_trial(asdict(DEFAULT))
    pairs = list(folds(fitted, FOLDS))
    study.optimize(lambda trial: objective(trial, pairs), n_trials=max(trials - len(_done(study)), 0))
    return Settings(**study.best_params) if _completed(study) else DEFAULT, len(_done(study))


def objective(trial: "optuna.Trial", pairs: list[tuple[Examples, Examples]]) -> float:
    """Mean over the folds of the pinball loss of one member on each, over that of the normal it starts as."""
    import optuna

    settings = Settings(
        width=trial.suggest_categorical("width", [8, 16, 32, 48]),
        dropout=trial.suggest_float("dropout", 0.0, 0.3),
        batch=trial.suggest_categorical("batch", [512, 1024, 2048]),
        learning_rate=trial.suggest_float("learning_rate", 3e-4, 1e-2, log=True),
        weight_decay=trial.suggest_float("weight_decay", 1e-6, 1e-2, log=True),
    )
    losses: list[float] = []
    for step, (fitted, judged) in enumerate(pairs):
        losses.append(fold_loss(fitted, judged, settings))
        trial.report(float(np.mean(losses)), step)
        if trial.should_prune():
            raise optuna.TrialPruned
    return float(np.mean(losses))


def fold_loss(fitted: Examples, judged: Examples, settings: Settings) -> float:
    """Loss of one member on a fold, over the normal's. Its last tenth of dates chooses the epoch: a fold never does."""
    days = np.unique(fitted.days)
    early = fitted.days < days[int(0.9 * len(days))]
    member, _ = network.fit_member(fitted.where(early), fitted.where(~early), SEEDS[0], settings)
    return network.score(member, judged) / network.score(network.untrained(settings), judged)


def _done(study: "optuna.Study") -> "list[optuna.trial.FrozenTrial]":
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()]


def _completed(study: "optuna.Study") -> bool:
    return any(trial.value is not None for trial in study.get_trials(deepcopy=False))
