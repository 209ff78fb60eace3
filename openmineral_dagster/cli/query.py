"""`openmineral sql`: one statement against the publication, shut in: it reads the lake and nothing else, and writes nothing."""

import sys

import duckdb
from rich.console import Console
from rich.table import Table as Grid

from openmineral_dagster.cli.summary import PIPED_WIDTH, SAMPLE_BANNER
from openmineral_dagster.lake.publish import database_path
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.upkeep import at_home
from openmineral_dagster.reference.errors import UsageFault

SHOWN_ROWS = 200


def print_query(root: DataRoot, statement: str) -> None:
    """Print the rows a statement gives.

    Raises:
        UsageFault: nothing is published yet, it is not one statement, it does not only read, or DuckDB refuses it.
    """
    database = database_path(root.path)
    if not database.exists():
        raise UsageFault(f"data root {root.path}: nothing is published yet, run `make nightly` first")
    if not at_home(root.lake):
        raise UsageFault(
            f"data root {root.path} was copied or moved: run `openmineral lake restore --data-root {root.path}` first"
        )
    with duckdb.connect(database, read_only=True) as connection:
        try:
            _shut_in(connection, root)
            _print(connection.execute(_single(connection, statement)), root.sample_data)
        except duckdb.Error as error:
            raise UsageFault(f"sql: {_words(error)}") from error


def _single(connection: duckdb.DuckDBPyConnection, text: str) -> duckdb.Statement:
    statements = connection.extract_statements(text)
    if len(statements) != 1:
        raise UsageFault(f"sql: expected one statement, found {len(statements) or 'none'}")
    if statements[0].type != duckdb.StatementType.SELECT:
        raise UsageFault("sql: expected a statement that reads, such as SELECT, FROM, DESCRIBE or SHOW")
    return statements[0]


def _shut_in(connection: duckdb.DuckDBPyConnection, root: DataRoot) -> None:
    """Leave the connection the files of the lake only, to read."""
    connection.execute("SET allowed_directories = [$1]", [f"{root.lake.folder}/"])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _words(error: duckdb.Error) -> str:
    """What is wrong, with DuckDB's hint where it gives one."""
    lines = [line.strip() for line in str(error).splitlines()]
    hints = [line for line in lines[1:] if line.startswith(("Did you mean", "Candidate bindings"))]
    return " ".join([lines[0], *hints])


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
