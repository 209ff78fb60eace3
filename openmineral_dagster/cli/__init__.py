"""`openmineral`: the desk's commands. Exit status 2 and one line for what cannot be done, 1 for a run that failed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openmineral_dagster.reference.errors import BadInput, OpenMineralError, UsageFault

if TYPE_CHECKING:
    from rich.console import Console

    from openmineral_dagster.lake.root import DataRoot


class NamedPath(click.Path):
    """A path that is not the empty text, which would be the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, or a usage error."""
        if value == "":
            self.fail("expected a path, found nothing", param, ctx)
        return super().convert(value, param, ctx)


PATH = NamedPath(path_type=Path)


class IsoDate(click.ParamType):
    """A calendar date as YYYY-MM-DD."""

    name = "date"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date, or a usage error that says the expectation."""
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(value, "%Y-%m-%d").date()
        except ValueError:
            self.fail(f"expected a date as YYYY-MM-DD, found {value!r}", param, ctx)


def rooted(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --landing and --data-root to a command, and hands it the data root they name."""

    @click.option("--landing", type=PATH, help="landing folder; default: the bundled sample, or what the data root belongs to")
    @click.option("--data-root", type=PATH, help="where everything is kept; default: one under data/runtime for each landing")
    @wraps(command)
    def wrapped(landing: Path | None, data_root: Path | None, **options: Any) -> Any:
        from openmineral_dagster.lake.root import locate

        return command(root=locate(landing, data_root), **options)

    return wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Nightly analytics for trading metals and mineral concentrates."""


def main() -> None:
    """Run a command; the console script."""
    try:
        cli.main(standalone_mode=False)
    except (UsageFault, BadInput) as fault:
        _stop(2, str(fault))
    except click.exceptions.NoArgsIsHelpError as asked:
        print(asked.format_message(), file=sys.stderr)
        sys.exit(2)
    except click.exceptions.Abort:
        _stop(130, "interrupted")
    except click.ClickException as fault:
        _stop(2, fault.format_message())
    except OpenMineralError as fault:
        _stop(1, str(fault))


def _stop(status: int, line: str) -> None:
    print(f"openmineral: {' '.join(line.split())}", file=sys.stderr)
    sys.exit(status)


@cli.command()
@click.option("--as-of", type=IsoDate(), help="the night to compute; default: the last date with an LME price")
@rooted
def nightly(root: DataRoot, as_of: date | None) -> None:
    """Compute and publish one night, from the landing folder to the deal memos."""
    from rich.console import Console

    from openmineral_dagster.cli.summary import PIPED_WIDTH, print_summary
    from openmineral_dagster.defs.launch import require_night
    from openmineral_dagster.lake.root import bind
    from openmineral_dagster.market.nights import resolve_night
    from openmineral_dagster.sources.landing import price_span, read_landing

    started = time.monotonic()
    landed = read_landing(root.landing)
    night = resolve_night(as_of, *price_span(landed))
    require_night(night)
    bind(root)
    console = Console() if sys.stdout.isatty() else Console(width=PIPED_WIDTH)
    console.print(f"Night of {night}, landing {root.landing}", highlight=False)
    _run_night(console, root, night)
    print_summary(console, root, night, landed.notices, time.monotonic() - started)


def _run_night(console: Console, root: DataRoot, night: date) -> None:
    from openmineral_dagster.cli.progress import Progress
    from openmineral_dagster.defs.launch import run_night

    progress = Progress(console)
    with progress.live():
        run_night(root, night, progress)


@cli.command()
@click.option("--as-of", type=IsoDate(), required=True, help="train the version that serves the night of this date")
@rooted
def train(root: DataRoot, as_of: date) -> None:
    """Train and examine the quantile network that serves a night, logged to MLflow."""
    from openmineral_dagster.defs.launch import run_training

    print(f"trained through {run_training(root, as_of)}")


@cli.command()
@click.argument("statement")
@rooted
def sql(root: DataRoot, statement: str) -> None:
    """Run one SQL statement, read-only, against the published tables."""
    from openmineral_dagster.cli.query import print_query

    print_query(root, statement)


@cli.command()
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True)
@rooted
def ui(root: DataRoot, port: int) -> None:
    """Open Dagster on this data root: the graph, the runs, the schedule and the sensor."""
    from openmineral_dagster.cli.serve import serve

    serve(root, port)


@cli.group()
def deal() -> None:
    """Value deals."""


@deal.command("value")
@click.argument("file", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="print the valuation as JSON")
@click.option("--as-of", type=IsoDate(), help="refuse a deal that was not known on this date")
@rooted
def deal_value(root: DataRoot, file: Path, as_json: bool, as_of: date | None) -> None:
    """Value one deal file to the cent."""
    from openmineral_dagster.cli.deals import print_value

    print_value(file, as_json, as_of)


@cli.command()
@click.argument("name", required=False)
@click.option("--file", "names", type=PATH, help="CSV with columns name, type, country; one JSON object a line is printed")
@click.option("--country", help="ISO code of the party's country")
@click.option("--type", "entity_type", type=click.Choice(["person", "entity", "vessel"]))
@click.option("--lists", type=PATH, help="folder of screening lists; default: the landing's sanctions folder")
@click.option("--as-of", type=IsoDate(), help="the day the lists must be fresh on; default: today")
@click.option("--json", "as_json", is_flag=True, help="print JSON (what --file always prints)")
@rooted
def screen(root: DataRoot, **options: Any) -> None:
    """Screen a name, or a file of names, against the sanctions lists."""
    from openmineral_dagster.cli.screening import print_screening

    print_screening(root, **options)
