"""Starting runs from Python, in the same Dagster instance the UI shows."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from importlib.resources import files as package_files
from pathlib import Path

import dagster as dg
from dagster._core.utils import make_new_run_id
from filelock import FileLock, Timeout

from openmineral_dagster.defs.assets.network import source_key
from openmineral_dagster.defs.build import build_defs
from openmineral_dagster.defs.jobs import TRAINING
from openmineral_dagster.defs.nightly import FIRST_NIGHT
from openmineral_dagster.defs.partitions import NIGHTS, QUARTERS, quarter_of
from openmineral_dagster.features.panel import feature_history
from openmineral_dagster.forecasting.network import is_eligible, model_vintage
from openmineral_dagster.lake.atomic import write_atomically
from openmineral_dagster.lake.publish import publish
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.tables import PRICES, TABLES
from openmineral_dagster.reference.calendars import night_end
from openmineral_dagster.reference.errors import OpenMineralError, UsageFault
from openmineral_dagster.sources.network.catalogue import SOURCES

Listener = Callable[[dg.DagsterEvent], None]
STARTED_HERE = "openmineral/terminal"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class RunFailed(OpenMineralError):
    """A run that did not finish; the last publication is untouched. Exit status 1."""


def prepare_home(root: DataRoot) -> Path:
    """The Dagster home of a data root, with our settings in it."""
    settings = package_files("openmineral_dagster.defs").joinpath("dagster.yaml").read_bytes()
    file = root.dagster_home / "dagster.yaml"
    if not file.exists() or file.read_bytes() != settings:
        write_atomically(file, settings)
    return root.dagster_home


@contextmanager
def instance_of(root: DataRoot) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance kept in a data root."""
    home = str(prepare_home(root))
    os.environ["DAGSTER_HOME"] = home
    with dg.DagsterInstance.from_config(home) as instance:
        yield instance


def require_night(as_of: date) -> None:
    """Refuse a night Dagster has no partition for.

    Raises:
        UsageFault: it lies before the first partition or in the future of this machine's clock.
    """
    require_partition(NIGHTS, as_of.isoformat())


def require_partition(partitions: dg.PartitionsDefinition, key: str) -> None:
    """Refuse a date Dagster has no partition for.

    Raises:
        UsageFault: it lies before the first partition or in the future of this machine's clock.
    """
    if not partitions.has_partition_key(key):
        raise UsageFault(f"{key}: outside the nights that can be computed ({partitions.get_first_partition_key()} to today)")


def run_night(root: DataRoot, as_of: date, listener: Listener) -> None:
    """Compute and publish one night in this process, telling `listener` every event.

    Raises:
        UsageFault: the night cannot be computed, or another night is running in this data root.
        RunFailed: a step or a blocking check failed; nothing was published.
    """
    require_night(as_of)
    with _alone(root), instance_of(root) as instance:
        _report_abandoned(instance)
        execute(root, instance, "nightly", as_of.isoformat(), listener)


def run_nights(root: DataRoot, nights: Sequence[date], stage: str | None, listener: Listener) -> None:
    """Compute many nights in one run and publish them; with a stage only its tables and what they need upstream.

    A night that is published whole stays as it is when only a stage of it is computed again.

    Raises:
        UsageFault: a night cannot be computed, or another night is running in this data root.
        RunFailed: a step or a blocking check failed; nothing was published.
    """
    for night in (nights[0], nights[-1]):
        require_night(night)
    keys = stage_keys(root, stage) if stage else None
    with _alone(root), instance_of(root) as instance:
        _report_abandoned(instance)
        last = nights[-1].isoformat()
        execute(root, instance, "nightly", last, listener, tags={FIRST_NIGHT: nights[0].isoformat()}, assets=keys)
        if keys:
            publish(root.lake, nights, root.sample_data, [TABLES[".".join(key.path)] for key in keys])


def stage_keys(root: DataRoot, stage: str) -> list[dg.AssetKey]:
    """The nightly assets of a stage and everything upstream of them."""
    graph = build_defs(root).resolve_asset_graph()
    wanted = (dg.AssetSelection.groups(stage).upstream() - TRAINING).required_multi_asset_neighbors()
    return sorted(key for key in wanted.resolve(graph) if ".".join(key.path) in TABLES)


def run_refresh(root: DataRoot, listener: Listener, names: Sequence[str] = ()) -> None:
    """Ask the publishers that are turned on, or those of them that are named, once, in this process.

    Raises:
        RunFailed: the round itself failed; a publisher that fails does not make it fail.
    """
    keys = [source_key(source) for source in SOURCES if source.name in names] or None
    with instance_of(root) as instance:
        execute(root, instance, "refresh", None, listener, assets=keys)


def run_training(root: DataRoot, as_of: date) -> date:
    """Train the network version that serves the night of `as_of`, in this process; returns its training date.

    Raises:
        UsageFault: there is no such quarter, or the prices stored for it are too few; nothing is written.
        RunFailed: the training failed.
    """
    vintage = model_vintage(as_of)
    require_partition(QUARTERS, quarter_of(vintage))
    if not is_eligible(feature_history(root.lake.read(PRICES, night_end(vintage)).collect()), vintage):
        raise UsageFault(
            f"data root {root.path}: too few prices are stored to train a version through {vintage}; "
            f"`openmineral nightly` takes up those of the landing"
        )
    with instance_of(root) as instance:
        execute(root, instance, "train", quarter_of(vintage), lambda event: None)
    return vintage


def execute(
    root: DataRoot,
    instance: dg.DagsterInstance,
    job: str,
    partition: str | None,
    listener: Listener,
    *,
    tags: Mapping[str, str] | None = None,
    assets: Sequence[dg.AssetKey] | None = None,
) -> None:
    """Run one job in this process, for one partition where it has any.

    Raises:
        RunFailed: naming the step that failed and why.
    """
    run_id = make_new_run_id()
    instance.add_event_listener(run_id, lambda entry: listener(entry.dagster_event) if entry.dagster_event else None)
    result = (
        build_defs(root)
        .resolve_job_def(job)
        .execute_in_process(
            instance=instance,
            partition_key=partition,
            asset_selection=assets,
            run_id=run_id,
            run_config=QUIET,
            tags={STARTED_HERE: str(os.getpid()), **(tags or {})},
            raise_on_error=False,
        )
    )
    if not result.success:
        raise RunFailed(f"{job}{f' of {partition}' if partition else ''} failed: {_first_failure(result)}")


def _first_failure(result: dg.ExecuteInProcessResult) -> str:
    """The first failed step and its own words, in one line."""
    for event in result.all_events:
        if event.is_step_failure and event.step_key:
            error = event.step_failure_data.error
            cause = error.cause if error and error.cause else error
            words = " ".join(cause.message.split()) if cause else "no reason given"
            return f"{event.step_key}: {words}"[:600]
    failed = [check.check_name for check in result.get_asset_check_evaluations() if not check.passed]
    return f"blocking check {', '.join(failed)}" if failed else "see the run in the UI"


@contextmanager
def _alone(root: DataRoot) -> Iterator[None]:
    """One night at a time from the terminal; a kill releases the lock."""
    lock = FileLock(root.path / ".night.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UsageFault(f"data root {root.path}: another night is running in it") from error
    try:
        yield
    finally:
        lock.release()


def _report_abandoned(instance: dg.DagsterInstance) -> None:
    """A terminal run still open while we hold the lock was killed: say so in the UI."""
    unfinished = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.NOT_STARTED]
    for run in instance.get_runs(dg.RunsFilter(job_name="nightly", statuses=unfinished)):
        if STARTED_HERE in run.tags:
            instance.report_run_failed(run, "the process that ran it is gone")
