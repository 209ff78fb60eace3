"""`openmineral nightly` and `openmineral backfill`: one night or many, with live progress."""

import sys
import time
from collections.abc import Callable
from datetime import date

from rich.console import Console

from openmineral_dagster.cli.network import refresh_first
from openmineral_dagster.cli.progress import Progress
from openmineral_dagster.cli.summary import PIPED_WIDTH, print_record, print_summary
from openmineral_dagster.defs.launch import RISK_STAGE, Listener, require_night, run_backtest, run_night, run_nights
from openmineral_dagster.lake.root import DataRoot, bind
from openmineral_dagster.market.nights import nights_between, resolve_night
from openmineral_dagster.sources.landing import price_span, read_landing


def run_nightly(root: DataRoot, as_of: date | None) -> None:
    """Compute one night and print what it produced.

    Raises:
        UsageFault: the landing, the data root or the night cannot be used.
        RunFailed: a step failed; nothing was published.
    """
    started, console = time.monotonic(), _console()
    if as_of is None:
        refresh_first(console, root)
    landed = read_landing(root.landing, root.received)
    night = resolve_night(as_of, *price_span(landed))
    require_night(night)
    bind(root)
    console.print(f"Night of {night}, landing {root.landing}", highlight=False)
    _show(console, lambda listener: run_night(root, night, listener))
    print_summary(console, root, night, landed.notices, time.monotonic() - started)


def run_backfill(root: DataRoot, start: date, end: date, stage: str | None) -> None:
    """Compute the nights of a range in one run and print the last one's summary.

    Raises:
        UsageFault: no night of the range can be computed.
        RunFailed: a step failed; nothing was published.
    """
    started = time.monotonic()
    landed = read_landing(root.landing, root.received)
    nights = nights_between(start, end, *price_span(landed))
    bind(root)
    console = _console()
    named = f"{len(nights)} nights from {nights[0]} to {nights[-1]}"
    console.print(f"{named}, landing {root.landing}", highlight=False)
    _show(console, lambda listener: run_nights(root, nights, stage, listener))
    if stage is None:
        print_summary(console, root, nights[-1], landed.notices, time.monotonic() - started)
    else:
        console.print(f"Published {stage} of {named} in {time.monotonic() - started:.1f} s.", highlight=False)
        if stage == RISK_STAGE:
            console.print(f"  {root.reports / nights[-1].isoformat() / 'risk.html'}", soft_wrap=True, highlight=False)


def run_backtest_command(root: DataRoot, start: date, end: date, challengers: bool) -> None:
    """Backtest the nights of a range and print what the record is worth.

    Raises:
        UsageFault: no night of the range can be computed.
        RunFailed: a step failed; nothing was published.
    """
    started = time.monotonic()
    landed = read_landing(root.landing, root.received)
    nights = nights_between(start, end, *price_span(landed))
    bind(root)
    console = _console()
    console.print(f"Backtest of {len(nights)} nights from {nights[0]} to {nights[-1]}, landing {root.landing}", highlight=False)
    _show(console, lambda listener: run_backtest(root, nights[0], nights, listener, trains=challengers))
    print_record(console, root, nights[-1])
    page = root.reports / nights[-1].isoformat() / "calibration.html"
    console.print(f"Published in {time.monotonic() - started:.1f} s. By instrument and volatility:", highlight=False)
    console.print(f"  {page}", soft_wrap=True, highlight=False)


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=PIPED_WIDTH)


def _show(console: Console, run: Callable[[Listener], None]) -> None:
    progress = Progress(console)
    with progress.live():
        run(progress)
