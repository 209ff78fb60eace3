"""Running whole nights in tests, and comparing what they published."""

from datetime import date
from pathlib import Path

import duckdb

from openmineral_dagster.defs.launch import run_night
from openmineral_dagster.lake.publish import database_path
from openmineral_dagster.lake.root import DataRoot, bind, locate
from openmineral_dagster.market.nights import resolve_night
from openmineral_dagster.sources.landing import price_span, read_landing


def compute(landing: Path, root: Path, as_of: date | None = None) -> DataRoot:
    """One night in this process, as the command runs it."""
    data_root = locate(landing, root)
    night = resolve_night(as_of, *price_span(read_landing(data_root.landing)))
    bind(data_root)
    run_night(data_root, night, lambda event: None)
    return data_root


def published(root: DataRoot) -> dict[str, list[tuple]]:
    """Every row of every published table, in an order of its own."""
    with duckdb.connect(database_path(root.path), read_only=True) as connection:
        views = connection.sql(
            "SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE NOT internal ORDER BY ALL"
        ).fetchall()
        return {name: connection.sql(f"SELECT * FROM {name} ORDER BY ALL").fetchall() for (name,) in views}


def select(root: DataRoot, statement: str) -> list[tuple]:
    """The rows of one statement."""
    with duckdb.connect(database_path(root.path), read_only=True) as connection:
        return connection.sql(statement).fetchall()
