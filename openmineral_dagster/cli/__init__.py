"""`openmineral`: the desk's commands. Exit status 2 and one line for what cannot be done, 1 for a run that failed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openmineral_dagster.reference.errors import BadInput, OpenMineralError, UsageFault

if TYPE_CHECKING:
    from openmineral_dagster.lake.root import DataRoot


STAGES = ("market", "features", "forecasts", "risk", "deals", "memos")


class NamedPath(click.Path):
    """A path; the empty text, which the system takes for the current folder, is none."""

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
    from openmineral_dagster.cli.nights import run_nightly

    run_nightly(root, as_of)


@cli.command()
@click.option("--start", type=IsoDate(), required=True, help="first night")
@click.option("--end", type=IsoDate(), required=True, help="last night")
@click.option("--stage", type=click.Choice(STAGES), help="only the tables of this stage, and what they need upstream")
@rooted
def backfill(root: DataRoot, start: date, end: date, stage: str | None) -> None:
    """Compute and publish the business days of a range of dates, in one run."""
    from openmineral_dagster.cli.nights import run_backfill

    run_backfill(root, start, end, stage)


@cli.command()
@click.argument("names", nargs=-1)
@rooted
def refresh(root: DataRoot, names: tuple[str, ...]) -> None:
    """Ask the publishers that are turned on (or only those named) for what is new, as a nightly without --as-of does first."""
    from openmineral_dagster.cli.network import run_refresh_command

    run_refresh_command(root, names)


@cli.command()
@rooted
def sources(root: DataRoot) -> None:
    """List the publishers data can be had from over the network: which are on, under which licence, why some are off."""
    from openmineral_dagster.cli.network import print_sources

    print_sources(root)


@cli.command()
@click.option("--through", type=IsoDate(), help="the Friday to train through; the last one before the newest price by default")
@click.option("--trials", type=click.IntRange(0), default=50, show_default=True, help="tuning trials; a broken-off study goes on")
@rooted
def train(root: DataRoot, through: date | None, trials: int) -> None:
    """Tune, train and examine the challengers of the forecast, logged to MLflow."""
    from openmineral_dagster.defs.launch import run_training

    print(f"trained through {run_training(root, through, trials)}")


@cli.command()
@click.option("--start", type=IsoDate(), required=True, help="first night")
@click.option("--end", type=IsoDate(), required=True, help="last night")
@click.option("--challengers", is_flag=True, help="train the challengers of every quarter that are missing; 10 s each")
@rooted
def backtest(root: DataRoot, start: date, end: date, challengers: bool) -> None:
    """Forecast every night of a range as it would have been forecast then, and score them all."""
    from openmineral_dagster.cli.nights import run_backtest_command

    run_backtest_command(root, start, end, challengers)


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


@cli.command()
@rooted
def purge(root: DataRoot) -> None:
    """Delete what is older than its retention: runs, files of the lake nothing names, received windows, and more."""
    from openmineral_dagster.cli.upkeep import print_purged

    print_purged(root)


@cli.group()
def lake() -> None:
    """Look after the stored tables: size, publications, going back, restoring a copy, collecting old files."""


@lake.command("size")
@rooted
def lake_size(root: DataRoot) -> None:
    """Print how many files and bytes each table takes."""
    from openmineral_dagster.cli.upkeep import print_size

    print_size(root)


@lake.command("publications")
@rooted
def lake_publications(root: DataRoot) -> None:
    """List the publications that can be gone back to."""
    from openmineral_dagster.cli.upkeep import print_publications

    print_publications(root)


@lake.command("rollback")
@click.argument("number", type=click.IntRange(1))
@rooted
def lake_rollback(root: DataRoot, number: int) -> None:
    """Publish again what publication NUMBER held."""
    from openmineral_dagster.cli.upkeep import print_rollback

    print_rollback(root, number)


@lake.command("restore")
@click.option("--data-root", type=PATH, help="the copied or moved data root")
@click.option("--landing", type=PATH, help="its landing folder, where that lies elsewhere now")
def lake_restore(data_root: Path | None, landing: Path | None) -> None:
    """Put the newest whole publication of a copied or moved data root in force where it lies."""
    from openmineral_dagster.cli.upkeep import print_restore

    print_restore(data_root, landing)


@lake.command("collect")
@click.option("--keep-days", type=click.IntRange(0), default=30, show_default=True, help="younger files stay")
@rooted
def lake_collect(root: DataRoot, keep_days: int) -> None:
    """Delete files that no publication or night names any more. Every nightly does so after 30 days."""
    from openmineral_dagster.cli.upkeep import print_collected

    print_collected(root, keep_days)


@lake.command("landing")
@click.argument("folder", type=PATH)
@click.option("--as-of", type=IsoDate(), required=True, help="the night whose landing is wanted")
@rooted
def lake_landing(root: DataRoot, folder: Path, as_of: date) -> None:
    """Write the files a night received, byte for byte, into FOLDER."""
    from openmineral_dagster.cli.upkeep import unpack_landing

    unpack_landing(root, as_of, folder)


@lake.command("dictionary")
def lake_dictionary() -> None:
    """Print the data dictionary as Markdown."""
    from openmineral_dagster.lake.dictionary import dictionary

    print(dictionary(), end="")


@cli.group()
def deal() -> None:
    """Value deals, simulate them, and print the schema of their files."""


@deal.command("value")
@click.argument("file", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="print the valuation as JSON")
@click.option("--as-of", type=IsoDate(), help="the night whose market prices what is open; default: the last with an LME price")
@rooted
def deal_value(root: DataRoot, file: Path, as_json: bool, as_of: date | None) -> None:
    """Value one deal file to the cent; prices it leaves open come from the landing's market as the night knew it."""
    from openmineral_dagster.cli.deals import print_value

    print_value(root, file, as_json, as_of)


@deal.command("simulate")
@click.argument("file", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="print the distribution as JSON")
@click.option("--as-of", type=IsoDate(), help="the night whose forecast ranges move the prices; default: the last published")
@click.option("--outcomes", type=click.IntRange(100, 10_000_000), default=100_000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=20_260_101, show_default=True)
@rooted
def deal_simulate(root: DataRoot, file: Path, **options: Any) -> None:
    """What one deal file may make: probability of a loss, 5 and 95 percent margins, and what moves it most."""
    from openmineral_dagster.cli.deals import print_margins

    print_margins(root, file, **options)


@deal.command("schema")
def deal_schema() -> None:
    """Print the JSON schema of deal files, for editors."""
    from openmineral_dagster.deals.schema import deal_schema

    print(deal_schema(), end="")


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
