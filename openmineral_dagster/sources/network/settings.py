"""Which publishers the desk has turned on: none, unless it said so."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from openmineral_dagster.reference.errors import UsageFault
from openmineral_dagster.sources.folder import SETTINGS

SOURCES, MIRROR = "OPENMINERAL_SOURCES", "OPENMINERAL_MIRROR"
ALL = "all"
LARGEST = 100_000


class Settings(BaseModel):
    """What `sources.yaml` may say; the environment comes before it.

    Attributes:
        sources: names of publishers, or "all" for those that may be used freely.
        mirror: a server of the desk's own that is asked in the publishers' place, as MIRROR/host/path.
        feeds: addresses of RSS or Atom feeds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sources: tuple[str, ...] = ()
    mirror: str = ""
    feeds: tuple[str, ...] = ()

    @field_validator("sources", "feeds", mode="before")
    @classmethod
    def _one_or_many(cls, given: object) -> object:
        """A single name stands for a list of it, and commas part several."""
        return [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given

    @field_validator("feeds", "mirror")
    @classmethod
    def _web_addresses(cls, given: tuple[str, ...] | str) -> tuple[str, ...] | str:
        for address in (given,) if isinstance(given, str) else given:
            if address and not _is_web_address(address):
                raise ValueError("expected a web address without name and password in it")
        return given


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


def read_settings(landing: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of a landing, with what the environment says in their place.

    Raises:
        UsageFault: the file cannot be read, or says something else.
    """
    written = _written(landing / SETTINGS)
    named = environment.get(SOURCES)
    if named is not None:
        written["sources"] = [name.strip() for name in named.split(",") if name.strip()]
    if environment.get(MIRROR):
        written["mirror"] = environment[MIRROR]
    try:
        return Settings.model_validate(written)
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageFault(f"{SETTINGS}: {where}: {first['msg']}") from fault


def _written(file: Path) -> dict[str, object]:
    """What the file says; nothing where there is none."""
    try:
        if not file.exists():
            return {}
        if file.stat().st_size > LARGEST:
            raise UsageFault(f"{SETTINGS}: expected at most {LARGEST} bytes")
        found = yaml.load(file.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 builds texts, lists and mappings only
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise UsageFault(f"{SETTINGS}: cannot be read: {' '.join(str(error).split())[:200]}") from error
    if found is None or found == "":
        return {}
    if not isinstance(found, dict):
        raise UsageFault(f"{SETTINGS}: expected sources, mirror or feeds, found a {type(found).__name__}")
    return found
