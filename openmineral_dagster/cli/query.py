"""`openmineral sql`: one read-only statement against the publication."""

import sys

import duckdb
from rich.console import Console
from rich.table import Table as Grid

from openmineral_dagster.cli.summary import PIPED_WIDTH, SAMPLE_BANNER
from openmineral_dagster.lake.publish import database_path
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.reference.errors import UsageFault

SHOWN_ROWS = 200


def print_query(root: DataRoot, statement: str) -> None:
    """Print the rows a statement gives.

    Raises:
        UsageFault: nothing is published yet, or DuckDB refuses the statement.
    """
    database = database_path(root.path)
    if not database.exists():
        raise UsageFault(f"data root {root.path}: nothing is published yet, run `make nightly` first")
    with duckdb.connect(database, read_only=True) as connection:
        try:
            _print(connection.execute(statement), root.sample_data)
        except duckdb.Error as error:
            raise UsageFault(f"sql: {str(error).splitlines()[0]}") from error


def _print(rows: duckdb.DuckDBPyConnection, sample_data: bool) -> None:
    grid = Grid(*(name for name, *_ in rows.description or ()))
    found = rows.fetchmany(SHOWN_ROWS + 1)
    for row in found[:SHOWN_ROWS]:
        grid.add_row(*("NULL" if value is None else str(value) for value in row))
    console = Console() if sys.stdout.isatty() else Console(width=PIPED_WIDTH)
    if sample_data:
        console.print(SAMPLE_BANNER, style="yellow")
    console.print(grid)
    more = f"first {SHOWN_ROWS} rows shown" if len(found) > SHOWN_ROWS else f"{len(found)} rows"
    console.print(more, highlight=False)
