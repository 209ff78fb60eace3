"""Proof against look-ahead: everything known after a moment becomes noise, and what is computed as of it must not change.

Two ways in: `noisy_lake` for anything that reads the stored tables, `noisy_landing` for what reads the files.
"""

import json
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl

from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.store import Lake
from openmineral_dagster.lake.tables import TABLES
from openmineral_dagster.reference.publication import published_at

Computation = Callable[[Lake, datetime], pl.DataFrame]
SOURCES = {"lme": "lme", "futures": "comex", "energy": "eia", "fx": "ecb", "macro": "cboe", "rates": "treasury"}
"""Folder of a landing -> the publication rule of its rows; SOFR has its own."""


def leaks(compute: Computation, lake: Lake, moments: Iterable[datetime], folder: Path) -> list[datetime]:
    """The moments at which `compute(lake, moment)` changes when everything known later does."""
    return [
        moment
        for number, moment in enumerate(moments)
        if not compute(lake, moment).equals(compute(noisy_lake(lake, folder / str(number), moment, seed=number), moment))
    ]


def noisy_lake(lake: Lake, folder: Path, moment: datetime, seed: int) -> Lake:
    """A copy of the growing tables of `lake` in which every number of every row known after `moment` is noise."""
    copy, random = Lake(folder), np.random.default_rng(seed)
    for table in TABLES.values():
        if table.layout == "vintages":
            rows = lake.scan(table).collect()
            copy.append_vintages(table, _noisy(rows, table, pl.col("known_at") > moment, random))
    return copy


def _noisy(rows: pl.DataFrame, table: Table, future: pl.Expr, random: np.random.Generator) -> pl.DataFrame:
    """`rows` with the numbers of the `future` ones replaced, within the bounds of their columns."""
    noise = {}
    for column in table.columns:
        if column.dtype == pl.Float64:
            drawn = random.lognormal(4.0, 1.0, rows.height)
            low, high = column.low or 0.0, column.high if column.high is not None else np.inf
            noise[column.name] = pl.when(future).then(pl.Series(np.clip(drawn, low, high))).otherwise(pl.col(column.name))
    return rows.with_columns(**noise)


def noisy_landing(landing: Path, folder: Path, moment: datetime, seed: int) -> Path:
    """A copy of a landing in which every row published after `moment` says something else."""
    random = np.random.default_rng(seed)
    for path in sorted(landing.rglob("*")):
        if path.is_file():
            target = folder / path.relative_to(landing)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_noisy_file(path, path.relative_to(landing).parts[0], moment, random))
    return folder


def _noisy_file(path: Path, kind: str, moment: datetime, random: np.random.Generator) -> bytes:
    content = path.read_bytes()
    if kind in SOURCES:
        source = "sofr" if path.stem == "SOFR" else SOURCES[kind]
        return _lines(content, lambda line: _is_later(source, _day(line), moment), random)
    if kind == "positions":
        return _lines(content, lambda line: _is_after(line.split(",")[5], moment), random, keep=r"\d{4}-\d\d-\d\d")
    if kind == "news":
        later = lambda line: json.loads(line)["published_at"] > moment.isoformat()  # noqa: E731
        return _lines(content, later, random, keep=r'"published_at": "[^"]*"')
    if kind == "deals":
        traded = re.search(r"traded_on: *\"?([0-9-]+)", content.decode())
        is_later = traded is not None and _is_after(traded.group(1), moment)
        return _lines(content, lambda line: is_later and "fixed_usd" in line, random)
    return content


def _lines(content: bytes, is_later: Callable[[str], bool], random: np.random.Generator, keep: str = r"^[^,]*,") -> bytes:
    """`content` with other digits in the lines published later, but for what matches `keep`: the date."""
    header, *lines = content.decode("utf-8-sig").split("\n")
    noisy = [_scrambled(line, keep, random) if line.strip() and is_later(line) else line for line in lines]
    return "\n".join([header, *noisy]).encode()


def _scrambled(line: str, keep: str, random: np.random.Generator) -> str:
    kept = re.search(keep, line)
    start, end = kept.span() if kept else (0, 0)
    other = [str(random.integers(1, 10)) if character.isdigit() else character for character in line]
    return "".join(other[:start]) + line[start:end] + "".join(other[end:])


def _day(line: str) -> date:
    """The date a line starts with, ISO or month first."""
    text = line.split(",", maxsplit=1)[0].strip('"')[:10]
    return datetime.strptime(text, "%m/%d/%Y").date() if "/" in text else date.fromisoformat(text)


def _is_later(source: str, day: date, moment: datetime) -> bool:
    return published_at(source, day) > moment


def _is_after(day: str, moment: datetime) -> bool:
    return date.fromisoformat(day) > moment.date()
