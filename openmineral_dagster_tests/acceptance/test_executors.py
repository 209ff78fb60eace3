"""The night under the multiprocess executor publishes the rows it publishes in one process."""

import os
import subprocess
import sys

import pytest

from openmineral_dagster.defs.instance import prepare_home
from openmineral_dagster.lake.root import SAMPLE_LANDING, bind, locate
from openmineral_dagster_tests.nights import published

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(1800)]

SCRIPT = """
import sys
import dagster as dg
from openmineral_dagster.definitions import defs

def nightly_job():
    return defs().resolve_job_def("nightly")

if __name__ == "__main__":
    with dg.DagsterInstance.get() as instance:
        parallel = {"execution": {"config": {"max_concurrent": 4}}}
        job = dg.reconstructable(nightly_job)
        result = dg.execute_job(job, instance, run_config=parallel, tags={"dagster/partition": sys.argv[1]})
        sys.exit(not result.success)
"""


def test_the_multiprocess_executor_publishes_the_same_rows(sample_night, tmp_path):
    root = locate(SAMPLE_LANDING, tmp_path / "root")
    bind(root)
    script = tmp_path / "parallel_night.py"
    script.write_text(SCRIPT)
    environment = os.environ | {
        "DAGSTER_HOME": str(prepare_home(root)),
        "OPENMINERAL_LANDING": str(root.landing),
        "OPENMINERAL_DATA_ROOT": str(root.path),
        "OPENMINERAL_EXECUTOR": "multiprocess",
    }
    subprocess.run([sys.executable, str(script), "2026-11-20"], env=environment, check=True, timeout=900)
    assert published(root) == published(sample_night)
