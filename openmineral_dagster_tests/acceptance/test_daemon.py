"""The daemon and everything it started killed in mid-night: started again, the night is finished without anybody's hand."""

import json
import urllib.error
import urllib.request

import pytest

from openmineral_dagster.lake.publish import current
from openmineral_dagster.lake.root import SAMPLE_LANDING, bind, locate
from openmineral_dagster_tests.acceptance.daemon import kill_all, runs, served, wait_for
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
