"""One run at a time in a data root, and runs whose process is gone told from those that live."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run

from openmineral_dagster.defs.alone import alive, alone_in, alone_or_refused, report_abandoned, root_lock, run_lock
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.reference.errors import UsageFault

HOLD = """
import sys, time
from pathlib import Path
from openmineral_dagster.defs.alone import alive, alone_or_refused
from openmineral_dagster.lake.root import DataRoot
root = DataRoot(Path(sys.argv[1]), Path(sys.argv[1]))
with alone_or_refused(root), alive(root, sys.argv[2]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def root(tmp_path):
    return DataRoot(tmp_path, tmp_path)


@pytest.fixture
def holder(root):
    """Another process that is at work in the data root as run "theirs"."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(root.path), "theirs"], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


@dg.op
def nothing():
    """Does nothing."""


def job(root, wait_s):
    return dg.GraphDefinition(name="tiny", node_defs=[nothing]).to_job(
        executor_def=alone_in(root, dg.in_process_executor, wait_s=wait_s)
    )


def run(root, wait_s, instance):
    """A run through the executor, as a worker of the queue runs it."""
    definition = job(root, wait_s)
    return execute_run(InMemoryJob(definition), instance.create_run_for_job(definition), instance)


def test_a_terminal_is_refused_while_another_process_is_at_work_and_served_once_it_is_killed(root, holder):
    with pytest.raises(UsageFault, match="another night is running"), alone_or_refused(root):
        pass
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with alone_or_refused(root):
        pass


def test_a_run_of_the_queue_waits_for_the_terminal(root, holder):
    with dg.DagsterInstance.ephemeral() as instance:
        started = time.monotonic()
        assert not run(root, 0.5, instance).success, "it waits no longer than it may"
        assert time.monotonic() - started >= 0.5
        holder.kill()
        holder.wait()
        assert run(root, 30, instance).success
    assert list((root.dagster_home / "alive").glob("*.lock")) == [root.dagster_home / "alive" / "theirs.lock"]


def test_nobody_else_gets_in_while_a_run_is_at_work(root):
    with root_lock(root), pytest.raises(UsageFault), alone_or_refused(root):
        pass


def records(*runs):
    """An instance that has these runs unfinished: id and minutes since each was heard of."""
    reported = []
    now = datetime.now(UTC)
    listed = [
        SimpleNamespace(dagster_run=SimpleNamespace(run_id=run_id), update_timestamp=now - timedelta(minutes=minutes))
        for run_id, minutes in runs
    ]
    return SimpleNamespace(
        get_run_records=lambda filters: listed, report_run_failed=lambda run, words: reported.append((run.run_id, words))
    )


def test_only_runs_whose_process_is_gone_are_marked(root, holder):
    with alive(root, "ours"):
        pass
    run_lock(root, "killed").acquire()
    run_lock(root, "killed").release()
    instance = records(("theirs", 60), ("killed", 1), ("never started", 6), ("about to start", 1))
    assert report_abandoned(root, instance) == ["killed", "never started"]


def test_a_run_that_was_killed_is_marked_by_the_sensor_of_the_daemon(root, holder):
    holder.kill()
    holder.wait()
    assert report_abandoned(root, records(("theirs", 1))) == ["theirs"]
