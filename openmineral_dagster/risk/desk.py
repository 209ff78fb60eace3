"""The files by which the desk steers its risk: read from the folder `desk` of the landing, else those the package ships.

An entry that cannot be read is left out and named; a file that cannot be read leaves the shipped one in force, and is named.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from openmineral_dagster.deals.fields import Terms
from openmineral_dagster.deals.yaml_text import LARGEST_FILE, bad_input, read_mapping
from openmineral_dagster.lake.tables.risk import EXCLUDED
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.risk.limit_terms import MEASURE_NAMES, Limits
from openmineral_dagster.risk.liquidity import Margins
from openmineral_dagster.risk.shocks import Scenarios
from openmineral_dagster.sources.folder import DESK

MODELS: Mapping[str, type[Terms]] = {"scenarios": Scenarios, "margins": Margins, "limits": Limits}
"""The files of the desk by name, without `.yaml`."""
WHOLE_BOOK = "ALL"
Model = TypeVar("Model", bound=Terms)


@dataclass(frozen=True, eq=False)
class Desk:
    """What the desk set.

    Attributes:
        excluded: `risk.excluded` rows of what cannot be used.
    """

    scenarios: Scenarios
    margins: Margins
    limits: Limits
    excluded: pl.DataFrame


@cache
def shipped(model: type[Model]) -> Model:
    """The file of the package."""
    name = next(name for name, known in MODELS.items() if known is model)
    text = files("openmineral_dagster.risk").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    found, faults = parse(text, f"{name}.yaml", model)
    if faults:
        raise faults[0]
    return found


def schema_text(model: type[Terms]) -> str:
    """The JSON schema of a file, as `docs/schemas` publishes it."""
    return json.dumps(model.model_json_schema(), indent=2) + "\n"


def parse(text: str, file: str, model: type[Model]) -> tuple[Model, list[BadInput]]:
    """What a file's text says, and the entries that had to be left out.

    Raises:
        BadInput: nothing of the file can be used.
    """
    content = read_mapping(text, file, " and ".join(model.model_fields))
    try:
        return model.model_validate(content), []
    except ValidationError as error:
        faults = error.errors()
        entries = [(entry, fault) for fault in faults if (entry := _entry(fault, content))]
        whole = [fault for fault in faults if not _entry(fault, content)]
        if whole:
            # A list is too short because none of its entries can be used: the entry says why.
            blamed = entries[0][1] if entries and whole[0]["type"] == "too_short" else whole[0]
            raise _tag_fault(file, blamed) or bad_input(file, blamed) from error
    first = dict(reversed(entries))
    left_out = [_left_out(file, first[entry], content) for entry in sorted(first)]
    return _without(content, set(first), file, model), left_out


def _entry(fault: ErrorDetails, content: Mapping[str, Any]) -> tuple[str, int] | None:
    """The list and place of the entry a fault is in; None for a fault of the file as a whole."""
    where = fault["loc"]
    if len(where) > 1 and isinstance(where[0], str) and isinstance(where[1], int) and isinstance(content.get(where[0]), list):
        return where[0], where[1]
    return None


def _left_out(file: str, fault: ErrorDetails, content: Mapping[str, Any]) -> BadInput:
    """A fault of one entry: its place, the entry's own name, and what was expected."""
    found = _tag_fault(file, fault) or bad_input(file, fault)
    held = content[str(fault["loc"][0])][int(fault["loc"][1])]
    name = str(held.get("id") or held.get("instrument") or "") if isinstance(held, dict) else ""
    return BadInput(file, found.field, found.value, f"{found.expectation}; {f'{name} is' if name else 'the entry is'} left out")


def _tag_fault(file: str, fault: ErrorDetails) -> BadInput | None:
    """A limit whose measure is missing or not one of ours."""
    if not fault["type"].startswith("union_tag"):
        return None
    told = fault.get("ctx", {})
    field = ".".join([*map(str, fault["loc"]), "measure"])
    return BadInput(file, field, told.get("tag", ""), f"one of {', '.join(MEASURE_NAMES)}")


def _without(content: Mapping[str, Any], dropped: set[tuple[str, int]], file: str, model: type[Model]) -> Model:
    """The file without some entries.

    Raises:
        BadInput: what is left cannot be used.
    """
    left = {
        key: [entry for place, entry in enumerate(value) if (key, place) not in dropped] if isinstance(value, list) else value
        for key, value in content.items()
    }
    try:
        return model.model_validate(left)
    except ValidationError as error:
        raise bad_input(file, error.errors()[0]) from error


def read_desk(landing: Path, as_of: date) -> Desk:
    """What the desk set in `<landing>/desk`: scenarios.yaml, margins.yaml and limits.yaml, each shipped where it is absent."""
    faults: list[BadInput] = []
    scenarios, margins, limits = (
        _read(landing, Scenarios, faults),
        _read(landing, Margins, faults),
        _read(landing, Limits, faults),
    )
    faults += _strangers(landing / DESK)
    rows = [(as_of, WHOLE_BOOK, fault.file, fault.field, fault.value, f"expected {fault.expectation}") for fault in faults]
    excluded = pl.DataFrame(rows, schema=EXCLUDED.dtypes, orient="row").unique(EXCLUDED.key, keep="first").sort(EXCLUDED.key)
    return Desk(scenarios, margins, limits, excluded)


def _read(landing: Path, model: type[Model], faults: list[BadInput]) -> Model:
    name = next(name for name, known in MODELS.items() if known is model)
    file = f"{DESK}/{name}.yaml"
    try:
        text = _text(landing, file)
        if text is None:
            return shipped(model)
        found, left_out = parse(text, file, model)
    except BadInput as fault:
        faults.append(BadInput(fault.file, fault.field, fault.value, f"{fault.expectation}; the shipped file is used"))
        return shipped(model)
    faults += left_out
    return found


def _text(landing: Path, file: str) -> str | None:
    """The text of a file of the landing; None where there is none.

    Raises:
        BadInput: it cannot be read, leads out of the landing, is too large, or is no text.
    """
    path = landing / file
    if not path.is_symlink() and not path.exists():
        return None
    try:
        if not path.resolve().is_relative_to(landing.resolve()) or not path.is_file():
            raise BadInput(file, "", "a link out of the landing, or no file", "a plain file")
        if path.stat().st_size > LARGEST_FILE:
            raise BadInput(file, "", f"{path.stat().st_size} bytes", f"at most {LARGEST_FILE:,} bytes")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, RuntimeError, UnicodeDecodeError) as error:
        raise BadInput(file, "", " ".join(str(error).split()), "text in UTF-8 that can be read") from error


def _strangers(folder: Path) -> list[BadInput]:
    """Other YAML files of the folder: a name misspelt must not go unnoticed."""
    expected = [f"{name}.yaml" for name in MODELS]
    try:
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        return [BadInput(DESK, "", error.strerror or type(error).__name__, "a folder that can be read")]
    found = [name for name in names if name.casefold().endswith((".yaml", ".yml")) and name not in expected]
    return [BadInput(f"{DESK}/{name}".encode("utf-8", "replace").decode(), "", name, " or ".join(expected)) for name in found]
