"""Trained versions on disk, each with the evidence it was examined by; a version is there whole or not at all."""

import json
import shutil
import uuid
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from openmineral_dagster.forecasting.network import QUANTILE_NETWORK, TrainedNetwork, load, save, version_name
from openmineral_dagster.forecasting.promotion import Evidence

_EVIDENCE = "evidence.json"


@dataclass(frozen=True)
class Version:
    """A trained network and the evidence for or against its promotion."""

    network: TrainedNetwork
    evidence: Evidence


def folder_of(models: Path, trained_through: date) -> Path:
    """Where the version trained through a date lies under `models`."""
    return models / QUANTILE_NETWORK / version_name(trained_through)


def store(models: Path, version: Version) -> Path:
    """Keep a version, in place of one of the same name; returns its folder."""
    folder = folder_of(models, version.network.trained_through)
    aside = folder.parent / f".aside-{uuid.uuid4().hex}"
    save(version.network, aside)
    (aside / _EVIDENCE).write_text(json.dumps(version.evidence, sort_keys=True, allow_nan=False))
    if folder.exists():
        shutil.rmtree(folder)
    aside.rename(folder)
    return folder


def find(models: Path, trained_through: date) -> Version | None:
    """The version trained through a date, or None when it was never trained here.

    Raises:
        UnusableNetwork: its files are damaged.
    """
    folder = folder_of(models, trained_through)
    if not folder.exists():
        return None
    return Version(load(folder), json.loads((folder / _EVIDENCE).read_text()))
