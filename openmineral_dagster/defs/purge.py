"""Clearing what grows for ever, by age and by what still needs it. Doing it twice does nothing more."""

import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
from filelock import FileLock, Timeout

from openmineral_dagster.defs.alone import run_locks
from openmineral_dagster.defs.resources import EXPERIMENT, REGISTERED, DataRootResource, tracking_uri
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.upkeep import collect
from openmineral_dagster.reference import retention
from openmineral_dagster.sources.text_table import stem_and_vintage

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
WINDOW = re.compile(r"-[0-9a-f]{8}$")
"""Ends the name of a file that is one of many of its address."""


@dataclass(frozen=True)
class Purged:
    """What was deleted of one kind, and how long that is kept."""

    kind: str
    kept_days: int
    deleted: int


def purge(root: DataRoot, instance: dg.DagsterInstance, now: datetime) -> list[Purged]:
    """Delete what is older than its retention at `now` (aware) and needed by nothing."""
    steps: tuple[tuple[str, timedelta, Callable[[datetime], int]], ...] = (
        ("runs and their events", retention.RUNS, lambda before: _runs(instance, before)),
        ("lake files and publications", retention.LAKE_FILES, lambda before: _lake_files(root, now)),
        ("received windows", retention.WINDOWS, lambda before: _windows(root, before.date())),
        ("records of rounds", retention.ROUNDS, lambda before: _older(root.network.glob("rounds/*.json"), before)),
        ("experiments", retention.EXPERIMENTS, lambda before: _experiments(root, before)),
        ("memo files", retention.MEMO_FILES, lambda before: _memos(root, before.date())),
        ("abandoned locks", retention.LOCKS, lambda before: _locks(root, before)),
    )
    return [Purged(kind, kept.days, delete(now - kept)) for kind, kept, delete in steps]


def _runs(instance: dg.DagsterInstance, before: datetime) -> int:
    """Finished runs from before, but for the last of each job."""
    old = instance.get_runs(dg.RunsFilter(statuses=FINISHED, created_before=before))
    last = {job: instance.get_runs(dg.RunsFilter(job_name=job), limit=1)[0].run_id for job in {run.job_name for run in old}}
    gone = [run.run_id for run in old if run.run_id != last[run.job_name]]
    for run_id in gone:
        instance.delete_run(run_id)
    return len(gone)


def _lake_files(root: DataRoot, now: datetime) -> int:
    return len(collect(root.lake, now, retention.LAKE_FILES.days)) if root.lake.folder.is_dir() else 0


def _windows(root: DataRoot, before: date) -> int:
    named = ((path, *stem_and_vintage(path.name)) for path in root.received.rglob("*.*") if path.is_file())
    return _delete(path for path, stem, vintage in named if vintage and vintage < before and WINDOW.search(stem))


def _experiments(root: DataRoot, before: datetime) -> int:
    """MLflow's runs of versions never promoted, with their artifacts; what carries an alias stays."""
    if not (root.mlflow / "mlflow.db").exists():
        return 0
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri(root))
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return 0
    versions = client.search_model_versions(f"name='{REGISTERED}'")
    named = set(client.get_registered_model(REGISTERED).aliases.values()) if versions else set()
    aliased = {version.run_id for version in versions if version.version in named}
    gone = 0
    for run in client.search_runs([experiment.experiment_id]):
        if run.info.run_id not in aliased and run.info.start_time < before.timestamp() * 1000:
            for version in (version for version in versions if version.run_id == run.info.run_id):
                client.delete_model_version(REGISTERED, version.version)
            client.delete_run(run.info.run_id)
            shutil.rmtree(root.mlflow / "artifacts" / run.info.run_id, ignore_errors=True)
            gone += 1
    return gone


def _memos(root: DataRoot, before: date) -> int:
    """Folders of nights from before."""
    gone = [folder for folder in root.memos.glob("????-??-??") if folder.is_dir() and date.fromisoformat(folder.name) < before]
    for folder in gone:
        shutil.rmtree(folder)
    return len(gone)


def _locks(root: DataRoot, before: datetime) -> int:
    gone = 0
    for path in run_locks(root).glob("*.lock"):
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
            try:
                with FileLock(path).acquire(timeout=0):
                    gone += 1
                path.unlink(missing_ok=True)
            except Timeout:
                continue
    return gone


def _older(paths: Iterable[Path], before: datetime) -> int:
    return _delete(path for path in paths if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before)


def _delete(paths: Iterable[Path]) -> int:
    gone = list(paths)
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


@dg.op
def clear_what_is_old(context: dg.OpExecutionContext, data_root: DataRootResource) -> None:
    """Delete what is older than its retention, and say what went."""
    for purged in purge(data_root.root, context.instance, datetime.now(UTC)):
        context.log.info(f"{purged.kind}: {purged.deleted} deleted, {purged.kept_days} days are kept")


@dg.job(name="purge", description="Delete what is older than its retention: runs, lake files, received windows, and more.")
def purge_job() -> None:
    """Clear a data root."""
    clear_what_is_old()
