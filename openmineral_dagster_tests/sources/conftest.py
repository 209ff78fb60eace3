"""The real landing folder, read once a worker."""

from pathlib import Path

import pytest

from openmineral_dagster.sources.landing import Landing, read_landing
from openmineral_dagster_tests.sources.landings import valid


@pytest.fixture(scope="session")
def real(real_landing: Path) -> Landing:
    """The reading of the real landing folder, checked against the schemas."""
    return valid(read_landing(real_landing))
