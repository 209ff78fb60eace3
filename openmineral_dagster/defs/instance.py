"""The Dagster instance of a data root: its settings, and where it keeps what it knows: files beside the data, or Postgres."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files as package_files
from pathlib import Path

import dagster as dg

from openmineral_dagster.lake.atomic import write_atomically
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.reference.errors import UsageFault

POSTGRES = "OPENMINERAL_POSTGRES_URL"
"""Environment variable: address of the Postgres database that keeps runs, events and schedules."""
DRIVER = "postgresql+psycopg2://"
POSTGRES_STORAGE = f"""storage:
  postgres:
    postgres_url:
      env: {POSTGRES}
"""


def prepare_home(root: DataRoot) -> Path:
    """The Dagster home of a data root, with our settings in it; an address with its password stays in the environment.

    Raises:
        UsageFault: the address of the database is none.
    """
    address = os.environ.get(POSTGRES, "")
    if address and (not address.startswith(DRIVER) or address.count("@") > 1):
        raise UsageFault(f"{POSTGRES}: expected an address that begins with {DRIVER}, with %40 for @ in a password")
    settings = package_files("openmineral_dagster.defs").joinpath("dagster.yaml").read_bytes()
    settings += POSTGRES_STORAGE.encode() if address else b""
    file = root.dagster_home / "dagster.yaml"
    if not file.exists() or file.read_bytes() != settings:
        write_atomically(file, settings)
    return root.dagster_home


@contextmanager
def instance_of(root: DataRoot) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance kept in a data root.

    Raises:
        UsageFault: its database cannot be reached.
    """
    home = str(prepare_home(root))
    os.environ["DAGSTER_HOME"] = home
    with _opened(home) as instance:
        yield instance


def _opened(home: str) -> dg.DagsterInstance:
    if not os.environ.get(POSTGRES):
        return dg.DagsterInstance.from_config(home)
    from dagster_postgres.utils import DagsterPostgresException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return dg.DagsterInstance.from_config(home)
    except (SQLAlchemyError, DagsterPostgresException, ValueError) as error:
        # The driver's own words may hold the address, password and all.
        raise UsageFault(f"{POSTGRES}: the database cannot be reached ({type(error).__name__})") from error
