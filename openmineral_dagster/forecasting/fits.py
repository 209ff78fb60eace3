"""GARCH fits kept from night to night, by the digest of the prices they read: the same prices need no second fit."""

import json
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from openmineral_dagster.features.scales import Garch
from openmineral_dagster.lake.atomic import write_atomically

Fits = dict[str, Garch | None]


def file_of(models: Path) -> Path:
    """Where they lie under `models`: another release of the optimiser starts anew."""
    return models / f"garch-{version('arch')}.json"


def load(models: Path) -> Fits:
    """What is kept; nothing where the file is missing or damaged, for every fit can be made again."""
    try:
        seal, content = file_of(models).read_text().split("\n", 1)
        if seal != sha256(content.encode()).hexdigest():
            return {}
        kept = json.loads(content)
        return {str(digest): Garch(*map(float, fit)) if fit else None for digest, fit in kept.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def save(models: Path, fits: Fits) -> None:
    """Keep `fits`."""
    kept = {digest: [fit.omega, fit.alpha, fit.beta, fit.nu] if fit else None for digest, fit in sorted(fits.items())}
    content = json.dumps(kept)
    write_atomically(file_of(models), f"{sha256(content.encode()).hexdigest()}\n{content}".encode())
