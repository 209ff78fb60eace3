"""Live progress of a run: a line a finished step, with rows and seconds; a spinner where there is a terminal."""

import time
from contextlib import AbstractContextManager, nullcontext

import dagster as dg
from rich.console import Console
from rich.status import Status


class Progress:
    """Listens to a run's events and prints one line for every step that finished.

    In a terminal the running step is shown by a spinner; elsewhere plain lines are printed as they come.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self._status = Status("starting", console=console) if console.is_terminal else None
        self._started: dict[str, float] = {}
        self._rows: dict[str, dict[str, int]] = {}

    def live(self) -> AbstractContextManager[object]:
        """Shows the spinner while the run goes on."""
        return self._status or nullcontext()

    def __call__(self, event: dg.DagsterEvent) -> None:
        """Take note of one event of the run."""
        step = event.step_key
        if step is None:
            return
        if event.is_step_start:
            self._started[step] = time.monotonic()
            if self._status:
                self._status.update(_title(step))
        elif event.is_step_materialization:
            self._rows.setdefault(step, {})[str(event.asset_key)] = _row_count(event)
        elif event.is_step_success or event.is_step_failure:
            self._finish(step, event.is_step_success)

    def _finish(self, step: str, success: bool) -> None:
        seconds = time.monotonic() - self._started.get(step, time.monotonic())
        rows = f"{sum(self._rows[step].values()):>11,} rows" if step in self._rows else " " * 16
        mark = "[green]done[/]" if success else "[red]failed[/]"
        self.console.print(f"  {_title(step):<44}{rows} {seconds:>7.1f} s  {mark}", highlight=False)


def _title(step: str) -> str:
    """`forecasts__scorecard` as `forecasts · scorecard`; a check by the promise it makes."""
    return step.replace("__", " · ").replace("_", " ")


def _row_count(event: dg.DagsterEvent) -> int:
    count = event.step_materialization_data.materialization.metadata.get("dagster/row_count")
    return int(count.value) if count is not None and isinstance(count.value, int) else 0
