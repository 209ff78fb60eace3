"""A newcomer's road: a fresh clone in an empty folder, the two commands typed as the README says."""

import os
import subprocess

import pytest

from openmineral_dagster.lake.root import PROJECT

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("newcomer") / "openmineral"
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(folder)], check=True)
    return folder


def make(clone, *arguments):
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VIRTUAL_ENV", "PYTHON", "DAGSTER", "OPENMINERAL"))
    }
    return subprocess.run(["make", *arguments], cwd=clone, env=environment, capture_output=True, text=True, check=False)


def test_make_nightly_sets_itself_up_and_says_where_the_results_are(clone):
    done = make(clone, "nightly")
    assert done.returncode == 0, done.stderr
    assert "SAMPLE DATA" in done.stdout
    assert (clone / "data" / "runtime" / "sample" / "analytics.duckdb").exists()


def test_make_nightly_runs_on_real_prices(clone, real_landing):
    done = make(clone, "nightly", f"LANDING={real_landing}")
    assert done.returncode == 0, done.stderr
    assert "Night of 2024-12-31" in done.stdout
    assert "SAMPLE DATA" not in done.stdout


def test_the_clone_is_left_as_git_knows_it(clone):
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True).stdout
    assert changed == ""
