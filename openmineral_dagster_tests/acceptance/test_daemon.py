"""The daemon and everything it started killed in mid-night: started again, the night is finished without anybody's hand."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from openmineral_dagster.defs.instance import instance_of
from openmineral_dagster.lake.publish import current
from openmineral_dagster.lake.root import SAMPLE_LANDING, bind, locate
from openmineral_dagster_tests.nights import compute, published

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(900)]

NIGHT = "2026-11-20"
LAUNCH = """mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename } }"""


@pytest.fixture
def landing(tmp_path):
    folder = tmp_path / "landing"
    (folder / "lme").mkdir(parents=True)
    for metal in ("copper", "zinc"):
        header, *rows = (SAMPLE_LANDING / "lme" / f"{metal}.csv").read_text().splitlines()
        (folder / "lme" / f"{metal}.csv").write_text("\n".join([header, *rows[-500:]]) + "\n")
    return folder


@contextmanager
def served(root):
    """Dagster on a data root: its address and a way to kill it with all it started."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "openmineral_dagster.cli", "ui", "--data-root", str(root.path), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield answering(f"http://127.0.0.1:{port}"), server.pid
    finally:
        kill_all(server.pid)
        server.wait()


def answering(url):
    for _ in range(240):
        with (
            suppress(urllib.error.URLError, TimeoutError, ConnectionError),
            urllib.request.urlopen(f"{url}/server_info", timeout=2),
        ):
            return url
        time.sleep(0.25)
    pytest.fail("the server did not answer within a minute")


def descendants(pid):
    """A process and everything below it."""
    found = [pid]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            child, parent = int(stat.parent.name), int(stat.read_text().rsplit(")", 1)[1].split()[1])
            if parent == pid:
                found += descendants(child)
    return found


def kill_all(pid):
    for process in descendants(pid):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def launch(url):
    selector = {
        "repositoryLocationName": "openmineral_dagster.definitions",
        "repositoryName": "__repository__",
        "jobName": "nightly",
    }
    params = {"selector": selector, "executionMetadata": {"tags": [{"key": "dagster/partition", "value": NIGHT}]}}
    body = json.dumps({"query": LAUNCH, "variables": {"params": params}}).encode()
    request = urllib.request.Request(f"{url}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)["data"]["launchRun"]["__typename"] == "LaunchRunSuccess"


def wait_for(condition, seconds):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.1)


def runs(root):
    """Status of each run, the oldest first."""
    with instance_of(root) as instance:
        return [run.status.value for run in reversed(instance.get_runs())]


def test_a_night_whose_daemon_was_killed_is_finished_by_the_next_one(landing, tmp_path):
    root = locate(landing, tmp_path / "root")
    bind(root)
    with served(root) as (url, pid):
        wait_for(lambda: launch(url), 60)
        wait_for(lambda: any((root.lake.folder / "market").glob("*")), 120)
        kill_all(pid)
    assert runs(root) == ["STARTED"], "nobody could say that it ended"
    assert current(root.lake) is None
    with served(root):
        wait_for(lambda: current(root.lake) is not None and runs(root)[-1] == "SUCCESS", 300)
    assert runs(root) == ["FAILURE", "SUCCESS"]
    assert published(root) == published(compute(landing, tmp_path / "fresh"))
    assert not (root.path / "notices.jsonl").exists(), "a run that is tried again is nothing to tell of"
