"""Starting runs from Python, in the same Dagster instance the UI shows."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg
from dagster._core.utils import make_new_run_id

from openmineral_dagster.defs.alone import alive, alone_or_refused, report_abandoned
from openmineral_dagster.defs.assets.forecasts import CHALLENGES, SCORES
from openmineral_dagster.defs.assets.market import NIGHTLY, VINTAGES
from openmineral_dagster.defs.assets.network import source_key
from openmineral_dagster.defs.assets.publication import write_calibration
from openmineral_dagster.defs.assets.reports import write_risk_report
from openmineral_dagster.defs.build import build_defs
from openmineral_dagster.defs.instance import instance_of
from openmineral_dagster.defs.jobs import FROM_THE_TERMINAL, TRAINING
from openmineral_dagster.defs.nightly import FIRST_NIGHT, asset_key
from openmineral_dagster.defs.notices import tell
from openmineral_dagster.defs.partitions import FRIDAY, NIGHTS, WEEKS, week_of
from openmineral_dagster.defs.retraining import last_friday
from openmineral_dagster.defs.study import SCORED_SINCE, TRAINS_ON_DEMAND, market_at
from openmineral_dagster.forecasting.training import is_eligible
from openmineral_dagster.lake.publish import publish
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.tables import PRICE_DISTRIBUTION, TABLES
from openmineral_dagster.reference.errors import OpenMineralError, UsageFault
from openmineral_dagster.sources.network.catalogue import SOURCES

Listener = Callable[[dg.DagsterEvent], None]
RISK_STAGE = "risk"
FORECASTS = (*CHALLENGES, PRICE_DISTRIBUTION)
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class RunFailed(OpenMineralError):
    """A run that did not finish; the last publication is untouched. Exit status 1."""


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
        UsageFault: the night cannot be computed, or another run is at work in this data root.
        RunFailed: a step or a blocking check failed; nothing was published.
    """
    require_night(as_of)
    with alone_or_refused(root), instance_of(root) as instance:
        report_abandoned(root, instance)
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
    with alone_or_refused(root), instance_of(root) as instance:
        report_abandoned(root, instance)
        last = nights[-1].isoformat()
        execute(root, instance, "nightly", last, listener, tags={FIRST_NIGHT: nights[0].isoformat()}, assets=keys)
        if keys:
            publish(root.lake, nights, root.sample_data, [TABLES[".".join(key.path)] for key in keys])
    if stage == RISK_STAGE:
        write_risk_report(root, nights[-1])


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
    with alone_or_refused(root), instance_of(root) as instance:
        execute(root, instance, "refresh", None, listener, assets=keys)


def run_training(root: DataRoot, through: date | None, trials: int) -> date:
    """Train the challengers through a Friday, or the last one before the newest price, in this process; returns the Friday.

    Raises:
        UsageFault: it is no Friday of a week there is, or the prices stored for it are too few; nothing is written.
        RunFailed: the training failed.
    """
    trained_through = last_friday(root) if through is None else through
    if trained_through.weekday() != FRIDAY:
        raise UsageFault(f"--through {trained_through}: expected a Friday, the last day of a week of prices")
    require_partition(WEEKS, week_of(trained_through))
    if not is_eligible(market_at(root, trained_through), trained_through):
        raise UsageFault(
            f"data root {root.path}: too few prices are stored to train through {trained_through}; "
            f"`openmineral nightly` takes up those of the landing"
        )
    config = {"ops": {"models__challengers": {"config": {"trials": trials}}}}
    with instance_of(root) as instance:
        execute(root, instance, "train", week_of(trained_through), lambda event: None, config=config)
    return trained_through


def run_backtest(root: DataRoot, start: date, nights: Sequence[date], listener: Listener, *, trains: bool) -> None:
    """Forecast every night from `start` on as the nightly would have, score them all, and publish.

    Args:
        trains: also the challengers of every quarter that have not been trained.

    Raises:
        UsageFault: a night cannot be computed, or another run is at work in this data root.
        RunFailed: a step failed; nothing was published.
    """
    for night in (nights[0], nights[-1]):
        require_night(night)
    last = nights[-1].isoformat()
    with alone_or_refused(root), instance_of(root) as instance:
        report_abandoned(root, instance)
        execute(root, instance, "nightly", last, listener, assets=[asset_key(table) for table in (*VINTAGES, *NIGHTLY)])
        tags = {FIRST_NIGHT: nights[0].isoformat(), TRAINS_ON_DEMAND: str(trains).lower()}
        execute(root, instance, "nightly", last, listener, tags=tags, assets=[asset_key(table) for table in FORECASTS])
        tags = {SCORED_SINCE: start.isoformat(), TRAINS_ON_DEMAND: "false"}
        execute(root, instance, "nightly", last, listener, tags=tags, assets=[asset_key(table) for table in SCORES])
        publish(root.lake, nights, root.sample_data, [*VINTAGES, *FORECASTS])
        publish(root.lake, nights[-1:], root.sample_data, list(SCORES), of_whole_nights=True)
    write_calibration(root, nights[-1])


def execute(
    root: DataRoot,
    instance: dg.DagsterInstance,
    job: str,
    partition: str | None,
    listener: Listener,
    *,
    tags: Mapping[str, str] | None = None,
    assets: Sequence[dg.AssetKey] | None = None,
    config: Mapping[str, Any] | None = None,
) -> None:
    """Run one job in this process, for one partition where it has any.

    Raises:
        RunFailed: naming the step that failed and why.
    """
    run_id = make_new_run_id()
    instance.add_event_listener(run_id, lambda entry: listener(entry.dagster_event) if entry.dagster_event else None)
    with alive(root, run_id):
        result = (
            build_defs(root)
            .resolve_job_def(job)
            .execute_in_process(
                instance=instance,
                partition_key=partition,
                asset_selection=assets,
                run_id=run_id,
                run_config={**QUIET, **(config or {})},
                tags={**FROM_THE_TERMINAL, **(tags or {})},
                raise_on_error=False,
            )
        )
    if not result.success:
        reason = _first_failure(result)
        tell(root, f"{job} failed", reason, {"run_id": run_id, "partition": partition or ""})
        raise RunFailed(f"{job}{f' of {partition}' if partition else ''} failed: {reason}")


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
