"""One run at a time in a data root, whoever started it; and the runs whose process is gone, told from those that live.

A run holds two locks of the operating system for its whole life: the data root's, and one of its own. A kill releases both.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.execution.step_dependency_config import StepDependencyConfig
from filelock import FileLock, Timeout

from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.reference.errors import TransientFault, UsageFault

WAIT_S = 3_600.0
"""The longest a run waits for another one."""
POLL_S = 1.0
STARTS_WITHIN = timedelta(minutes=5)
"""A run without a lock of its own after this long never got as far as taking it."""
UNFINISHED = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def root_lock(root: DataRoot) -> FileLock:
    """The lock of everything that writes tables or received files."""
    return FileLock(root.path / ".night.lock")


def run_lock(root: DataRoot, run_id: str) -> FileLock:
    """The lock a run holds while it lives."""
    return FileLock(run_locks(root) / f"{run_id}.lock")


def run_locks(root: DataRoot) -> Path:
    """Where runs hold their locks."""
    folder = root.dagster_home / "alive"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def alone_or_refused(root: DataRoot) -> Iterator[None]:
    """The data root for oneself.

    Raises:
        UsageFault: another run is at work in it.
    """
    lock = root_lock(root)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UsageFault(f"data root {root.path}: another night is running in it") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def alive(root: DataRoot, run_id: str) -> Iterator[None]:
    """Shows that a run lives; its lock goes with it."""
    lock = run_lock(root, run_id)
    with lock:
        try:
            yield
        finally:
            Path(lock.lock_file).unlink(missing_ok=True)


class Alone(dg.Executor):
    """Another executor, whose run first waits until no other run is at work in the data root."""

    def __init__(self, root: DataRoot, inner: dg.Executor, wait_s: float) -> None:
        self.root, self.inner, self.wait_s = root, inner, wait_s

    @property
    def retries(self) -> RetryMode:
        """As the other executor has it."""
        return self.inner.retries

    @property
    def step_dependency_config(self) -> StepDependencyConfig:
        """As the other executor has it."""
        return self.inner.step_dependency_config

    def execute(self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan) -> Iterator[dg.DagsterEvent]:
        """The events of the run.

        Raises:
            TransientFault: another run was at work for longer than this one waits.
        """
        with alive(self.root, plan_context.run_id), self._turn(plan_context):
            yield from self.inner.execute(plan_context, execution_plan)

    @contextmanager
    def _turn(self, plan_context: PlanOrchestrationContext) -> Iterator[None]:
        lock, until = root_lock(self.root), time.monotonic() + self.wait_s
        while True:
            try:
                lock.acquire(timeout=POLL_S)
                break
            except Timeout:
                plan_context.log.info("another run is at work in this data root: waiting")
                if time.monotonic() > until:
                    raise TransientFault(f"another run was at work for more than {self.wait_s:g} s") from None
        try:
            yield
        finally:
            lock.release()


def alone_in(root: DataRoot, inner: dg.ExecutorDefinition, wait_s: float = WAIT_S) -> dg.ExecutorDefinition:
    """`inner`, one run at a time in `root`, runs from the terminal included."""

    def create(init_context: dg.InitExecutorContext) -> Alone:
        if inner.executor_creation_fn is None:
            raise TypeError(f"executor {inner.name} cannot be created")
        return Alone(root, inner.executor_creation_fn(init_context), wait_s)

    return dg.ExecutorDefinition(inner.name, inner.config_schema.as_field(), inner.get_requirements, create, inner.description)


def report_abandoned(root: DataRoot, instance: dg.DagsterInstance) -> list[str]:
    """Mark the runs failed whose process is gone, so that they can be tried again; their ids.

    A run lives while it holds its own lock. One that has none yet is given some minutes to take it.
    """
    gone = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED)):
        run = record.dagster_run
        if not _lives(root, run.run_id, record.update_timestamp):
            instance.report_run_failed(run, "the process that ran it is gone")
            gone.append(run.run_id)
    return gone


def _lives(root: DataRoot, run_id: str, updated: datetime) -> bool:
    lock = run_lock(root, run_id)
    if not Path(lock.lock_file).exists():
        return datetime.now(UTC) - updated.astimezone(UTC) < STARTS_WITHIN
    try:
        with lock.acquire(timeout=0):
            return False
    except Timeout:
        return True
