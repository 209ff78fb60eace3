"""A daemon as it runs on a desk: started on a data root, watched, and killed with all it started."""

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


def wait_for(condition, seconds):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.1)


def runs(root):
    """Status of each run, the oldest first."""
    with instance_of(root) as instance:
        return [run.status.value for run in reversed(instance.get_runs())]
