"""`openmineral refresh` and `openmineral sources`: asking publishers over the network, and which may be asked."""

import sys
from collections.abc import Sequence

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from openmineral_dagster.cli.summary import PIPED_WIDTH
from openmineral_dagster.defs.launch import run_refresh
from openmineral_dagster.lake.root import DataRoot, bind
from openmineral_dagster.reference.errors import UsageFault
from openmineral_dagster.sources.network.catalogue import SOURCES
from openmineral_dagster.sources.network.received import utc_now
from openmineral_dagster.sources.network.rounds import asked_by, sources_on
from openmineral_dagster.sources.network.settings import SOURCES as VARIABLE


def run_refresh_command(root: DataRoot, names: Sequence[str]) -> None:
    """Ask, and print what came of each file.

    Raises:
        UsageFault: nothing is turned on, or a name is not among what is.
    """
    on = {source.name for source in sources_on(root)[0]}
    wanted = set(names) or on
    if root.sample_data:
        raise UsageFault("the bundled sample takes no data from the network: name a landing of your own")
    if not wanted <= on or not on:
        missing = ", ".join(sorted(wanted - on)) or "no publisher"
        raise UsageFault(f"{missing}: not turned on; name it in {VARIABLE} or in sources.yaml of the landing")
    bind(root)
    run_refresh(root, lambda event: None, sorted(wanted))
    console = Console() if sys.stdout.isatty() else Console(width=PIPED_WIDTH)
    console.print(_outcomes(root, wanted))


def refresh_first(console: Console, root: DataRoot) -> None:
    """Ask the publishers that are turned on, before a night; a line for each file that did not come.

    Raises:
        UsageFault: the settings cannot be used.
    """
    on, _ = sources_on(root)
    if not on:
        return
    bind(root)
    console.print(f"Asking {', '.join(source.name for source in on)}", highlight=False)
    run_refresh(root, lambda event: None)
    for row in asked_by(root.network, utc_now()).filter(pl.col("reason") != "").iter_rows(named=True):
        said = f"{row['source']} {row['file']}: {row['status']}: {row['reason']}"
        console.print(f"notice: {said}", markup=False, highlight=False)


def print_sources(root: DataRoot) -> None:
    """Print every publisher, whether it is on, and what its data may be used for."""
    on = {source.name for source in sources_on(root)[0]}
    grid = Grid(title="Publishers", title_justify="left")
    for heading in ("name", "on", "what", "licence", "off unless named, because"):
        grid.add_column(heading, overflow="fold")
    for source in SOURCES:
        grid.add_row(source.name, "yes" if source.name in on else "no", source.title, source.licence, source.off_because)
    Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(grid)


def _outcomes(root: DataRoot, names: set[str]) -> Grid:
    grid = Grid(title="Received", title_justify="left")
    for heading in ("source", "file", "came", "rows", "last day", "why not"):
        grid.add_column(heading, overflow="fold")
    for row in asked_by(root.network, utc_now()).iter_rows(named=True):
        if row["source"] in names:
            rows, day = f"{row['rows']:,}" if row["rows"] is not None else "none", row["last_date"] or ""
            grid.add_row(row["source"], row["file"], row["status"], rows, str(day), escape(row["reason"]))
    return grid
