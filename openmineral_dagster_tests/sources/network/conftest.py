"""A web that serves every publisher's files."""

import pytest

from openmineral_dagster_tests.sources.network.publishers import everything
from openmineral_dagster_tests.sources.network.server import serving


@pytest.fixture(scope="session")
def pages():
    return everything()


@pytest.fixture
def web(pages):
    with serving() as server:
        server.publish(pages)
        yield server
