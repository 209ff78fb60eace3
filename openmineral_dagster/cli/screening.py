"""`openmineral screen`: one name, or a file of names, against the screening lists."""

import csv
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

from rich.console import Console

from openmineral_dagster.compliance.names import EntityType
from openmineral_dagster.compliance.screening import Screener, ScreenResult, screen_names
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.reference.calendars import LONDON
from openmineral_dagster.reference.errors import UsageFault
from openmineral_dagster.sources.sanctions import read_lists


def print_screening(
    root: DataRoot,
    name: str | None,
    names: Path | None,
    country: str | None,
    entity_type: EntityType | None,
    lists: Path | None,
    as_of: date | None,
    as_json: bool,
) -> None:
    """Print the answer to one name, or a JSON object a line for a file of names.

    Raises:
        UsageFault: neither or both of name and file are given, or a folder or file cannot be read.
        BadInput: the name, its type or its country cannot be screened.
    """
    if (name is None) == (names is None):
        raise UsageFault("screen: name either NAME or --file names.csv")
    screener, day = Screener(read_lists(*_list_folders(root, lists))), as_of or datetime.now(LONDON).date()
    if names is not None:
        for answer in screen_names(screener, _rows(names), day):
            print(answer.as_json())
    elif name is not None:
        answer = screener.screen(name, entity_type, country, as_of=day)
        print(answer.as_json()) if as_json else _print(name, answer)


def _list_folders(root: DataRoot, lists: Path | None) -> tuple[Path, ...]:
    if lists is None:
        return root.list_folders
    if not lists.is_dir():
        raise UsageFault(f"--lists {lists}: expected a folder of screening lists")
    return (lists,)


def _rows(file: Path) -> Iterator[Mapping[str, str | None]]:
    """The rows of a CSV with a name column."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageFault(f"--file {file}: expected a UTF-8 CSV file ({type(error).__name__})") from error
    reader = csv.DictReader(text.splitlines())
    if "name" not in (reader.fieldnames or ()):
        raise UsageFault(f"--file {file}: expected a header with the column name (and type, country)")
    return reader


def _print(name: str, answer: ScreenResult) -> None:
    console = Console(highlight=False)
    matched = f", likest {answer.matched} on {answer.list}" if answer.hit else ""
    console.print(f"{name}: {answer.outcome} (score {answer.score:.3f}{matched})", markup=False)
    console.print(answer.reason, markup=False)
    console.print(answer.list_version, markup=False)
