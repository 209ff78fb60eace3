"""What a person reads when a night is done: what was produced, from which data and how old, where it lies, what to type next."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from openmineral_dagster.lake.publish import database_path
from openmineral_dagster.lake.root import SAMPLE_LANDING, DataRoot, default_root
from openmineral_dagster.lake.tables import (
    CALIBRATION,
    FRESHNESS,
    MEMOS,
    PRICE_DISTRIBUTION,
    PROMOTIONS,
    QUARANTINE,
    RUNS,
    SKILL,
    VAR,
)

PIPED_WIDTH = 140
"""Columns where there is no terminal."""
SHOWN_NOTICES = 8
SAMPLE_BANNER = "SAMPLE DATA: generated prices, fictional deals and names. Nothing here is a real market."


def print_summary(console: Console, root: DataRoot, as_of: date, notices: Sequence[str], seconds: float) -> None:
    """Print the end of a night; `notices` say which files of the landing were not read."""
    if root.sample_data:
        console.print(f"[bold yellow]{SAMPLE_BANNER}[/]")
    console.print(_produced(root, as_of))
    console.print(_sources(root, as_of))
    memos = root.lake.read_night(MEMOS, as_of)
    if memos.height:
        console.print(_memos(memos))
    for notice in notices[:SHOWN_NOTICES]:
        console.print(f"notice: {notice}", markup=False, highlight=False)
    if len(notices) > SHOWN_NOTICES:
        console.print(f"and {len(notices) - SHOWN_NOTICES} more notices, in the log of the landing step", highlight=False)
    console.print(f"The night of {as_of} took {seconds:.1f} s.", highlight=False)
    _next_steps(console, root, as_of)


def _produced(root: DataRoot, as_of: date) -> Grid:
    grid = Grid(title=f"Published for the night of {as_of}", title_justify="left")
    for heading, side in (("table", "left"), ("rows", "right"), ("note", "left")):
        grid.add_column(heading, justify=side, overflow="fold")  # type: ignore[arg-type]
    notes = _notes(root, as_of)
    for row in root.lake.read_night(RUNS, as_of).iter_rows(named=True):
        grid.add_row(row["stage"], f"{row['rows']:,}", notes.get(row["stage"], ""))
    return grid


def _notes(root: DataRoot, as_of: date) -> dict[str, str]:
    """What deserves a word beside a row count."""
    champions = (
        root.lake.read_night(PRICE_DISTRIBUTION, as_of).filter("champion").select("model", "instrument", "horizon_days").unique()
    )
    models = champions.group_by("model").len().sort("len", descending=True)
    named = ", ".join(f"{count} by {model}" for model, count in models.iter_rows())
    var = root.lake.read_night(VAR, as_of).filter(
        "published", pl.col("portfolio") == "ALL", pl.col("confidence") == 0.99, pl.col("horizon_days") == 1
    )
    notes = {PRICE_DISTRIBUTION.name: f"champions: {named}" if named else "no series has enough history"}
    if var.height:
        notes[VAR.name] = f"whole book, 99 %, one day: VaR {var['var_usd'][0]:,.0f} USD, ES {var['es_usd'][0]:,.0f} USD"
    contenders = root.lake.read_night(PROMOTIONS, as_of)
    if contenders.height:
        notes[PROMOTIONS.name] = "; ".join(map(_standing, contenders.iter_rows(named=True)))
    files = root.lake.read_night(QUARANTINE, as_of)["file"].unique().sort().to_list()
    if files:
        notes[QUARANTINE.name] = f"not used, each with its reason, from {', '.join(files[:3])}{' ...' if len(files) > 3 else ''}"
    return notes


def _standing(contender: dict[str, Any]) -> str:
    """Where one challenger stands, in a line."""
    place = "champion" if contender["promoted"] else "challenger"
    return f"{contender['model']} {contender['version']}: {place}, {json.loads(contender['evidence'])['reason']}"


def print_record(console: Console, root: DataRoot, as_of: date) -> None:
    """Print what the models' record over the last scored window is worth, and whether their ranges held."""
    longest = pl.col("window_start") == pl.col("window_start").min().over("model", "information", "horizon_days")
    skill = root.lake.read_night(SKILL, as_of).filter((pl.col("market") == "all") & longest)
    grid = Grid(title="CRPS over all series against two references; coverage of the 90 % range", title_justify="left")
    for heading in ("model", "information", "rows ahead", "origins", "v hist500", "v EWMA", "t", "covers", "of a true one"):
        grid.add_column(heading, justify="left" if heading in ("model", "information") else "right")
    grid.add_column("where prices go")
    held = _held(root.lake.read_night(CALIBRATION, as_of))
    for row in skill.sort("horizon_days", "skill_hist500", descending=[False, True]).iter_rows(named=True):
        covers, band = held.get((row["model"], row["information"], row["horizon_days"]), ("", ""))
        scores = (f"{100 * row['skill_hist500']:+.2f} %", f"{100 * row['skill_ewma97']:+.2f} %", f"{row['dm_t_ewma97']:.1f}")
        origins = f"{row['dates']:,}"
        grid.add_row(
            row["model"], row["information"], str(row["horizon_days"]), origins, *scores, covers, band, row["mean_claim"]
        )
    console.print(grid)


def _held(calibration: pl.DataFrame) -> dict[tuple[str, str, int], tuple[str, str]]:
    """Coverage of the 90 percent range and its band by model, information and horizon."""
    longest = pl.col("window_start") == pl.col("window_start").min().over("model", "information", "horizon_days")
    rows = calibration.filter((pl.col("scope") == "all") & ((pl.col("level") - 0.9).abs() < 1e-9)).filter(longest)
    return {
        (row["model"], row["information"], row["horizon_days"]): (
            f"{100 * row['coverage']:.1f} %",
            f"{100 * row['band_low']:.1f} to {100 * row['band_high']:.1f}",
        )
        for row in rows.iter_rows(named=True)
    }


def _sources(root: DataRoot, as_of: date) -> Grid:
    grid = Grid(title=f"From {root.landing}", title_justify="left")
    for heading in ("source", "last value of", "business days old"):
        grid.add_column(heading)
    grid.add_column("last asked of its publisher", overflow="fold")
    for row in root.lake.read_night(FRESHNESS, as_of).iter_rows(named=True):
        age = f"{_or_none(row['business_days_old'])}{'  [red]stale[/]' if row['stale'] else ''}"
        grid.add_row(row["source"], _or_none(row["last_date"]), age, escape(row["problem"] or ""))
    return grid


def _or_none(value: object) -> str:
    return "none" if value is None else str(value)


def _memos(memos: pl.DataFrame) -> Grid:
    grid = Grid(title="Deal memos", title_justify="left")
    for heading in ("deal", "recommendation", "confidence"):
        grid.add_column(heading)
    for memo in memos.iter_rows(named=True):
        grid.add_row(memo["deal_id"], memo["recommendation"], f"{memo['confidence']:.2f}")
    return grid


def _next_steps(console: Console, root: DataRoot, as_of: date) -> None:
    """Where things lie, and the next commands, as they can be typed."""
    variable, option = _naming(root)
    for line in (
        f"database  {database_path(root.path)}",
        f"memos     {root.memos / as_of.isoformat()}",
        f"risk      {root.reports / as_of.isoformat() / 'risk.html'}",
        f"ranges    {root.reports / as_of.isoformat() / 'calibration.html'}",
        f"next      make ui{variable}",
        f'          .venv/bin/openmineral sql{option} "FROM value_at_risk()"',
    ):
        console.print(line, soft_wrap=True, highlight=False, markup=False)


def _naming(root: DataRoot) -> tuple[str, str]:
    """How this data root is named to make and to the console script: not at all, by its landing, or by itself."""
    if root.path != default_root(root.landing):
        return f" DATA_ROOT={root.path}", f" --data-root {root.path}"
    if root.landing != SAMPLE_LANDING:
        return f" LANDING={root.landing}", f" --landing {root.landing}"
    return "", ""
