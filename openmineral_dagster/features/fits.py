"""Fits of volatility models kept from night to night, by the digest of the returns they read: no fit is made twice."""

import json
from collections.abc import Mapping
from dataclasses import astuple
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from openmineral_dagster.features.gjr import Gjr
from openmineral_dagster.features.scales import Garch
from openmineral_dagster.lake.atomic import write_atomically

Fit = TypeVar("Fit", Garch, Gjr)
Fits = dict[str, Garch | None]


def file_of(folder: Path, kind: type[Garch] | type[Gjr]) -> Path:
    """Where the fits of one kind lie: another release of the optimiser starts anew."""
    return folder / f"{kind.__name__.lower()}-{version('arch')}.json"


def load(folder: Path, kind: type[Fit]) -> dict[str, Fit | None]:
    """What is kept; nothing where the file is missing or damaged, for every fit can be made again."""
    try:
        seal, content = file_of(folder, kind).read_text().split("\n", 1)
        if seal != sha256(content.encode()).hexdigest():
            return {}
        kept = json.loads(content)
        return {str(digest): kind(*map(float, fit)) if fit else None for digest, fit in kept.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def save(folder: Path, kind: type[Fit], fits: Mapping[str, Fit | None]) -> None:
    """Keep `fits`."""
    content = json.dumps({digest: astuple(fit) if fit else None for digest, fit in sorted(fits.items())})
    write_atomically(file_of(folder, kind), f"{sha256(content.encode()).hexdigest()}\n{content}".encode())
