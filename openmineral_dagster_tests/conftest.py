"""What several tests need: the real data where it is given, and one night on the sample, computed once."""

from pathlib import Path

import pytest

from openmineral_dagster.lake.root import PROJECT, SAMPLE_LANDING, DataRoot

SHARED = PROJECT.parent / "shared"


@pytest.fixture(scope="session")
def real_landing() -> Path:
    """A landing folder with real prices; tests that want it are skipped where it is not given."""
    landing = SHARED / "data"
    if not landing.is_dir():
        pytest.skip("no real landing folder beside the project")
    return landing


@pytest.fixture(scope="session")
def sample_night(tmp_path_factory: pytest.TempPathFactory) -> DataRoot:
    """The last night of the bundled sample, computed once a worker: tests read it and leave it alone."""
    from openmineral_dagster_tests.nights import compute

    return compute(SAMPLE_LANDING, tmp_path_factory.mktemp("sample") / "root")
