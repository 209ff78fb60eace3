"""The files of a landing folder: found in one order, never outside it, each with its bytes or why they cannot be had."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openmineral_dagster.lake.atomic import UNFINISHED
from openmineral_dagster.reference.errors import BadInput, UsageFault

RECEIVED = "received"
"""First part of the path of a file that came over the network."""
SETTINGS = "sources.yaml"
"""The file of a landing that says which publishers are turned on; no data."""
DESK = "desk"
"""The folder of a landing where the desk sets its scenarios, margins and limits; no data."""
LARGEST = 200_000_000
"""Bytes of one file; the largest real one is a fiftieth of it, and anything beyond would only exhaust memory."""


@dataclass(frozen=True)
class Found:
    """Something in the landing.

    Attributes:
        file: path inside the landing, printable.
        notice: why it is passed over, or "".
        fault: why it cannot be read, or "".
    """

    path: Path
    file: str
    notice: str = ""
    fault: str = ""

    def content(self) -> bytes:
        """The file's bytes.

        Raises:
            BadInput: it cannot be read, or is too large to be one of ours.
        """
        if self.fault:
            raise BadInput(self.file, "", self.fault, "something that can be read")
        try:
            size = self.path.stat().st_size
            if size > LARGEST:
                raise BadInput(self.file, "", f"{size} bytes", f"at most {LARGEST} bytes")
            return self.path.read_bytes()
        except OSError as error:
            raise BadInput(self.file, "", _why(error), "a file that can be read") from error


def landing_files(folder: Path) -> list[Found]:
    """Everything below `folder` that is no folder, sorted by path.

    Raises:
        UsageFault: `folder` is missing, no folder, unreadable or empty.
    """
    try:
        if not folder.is_dir():
            raise UsageFault(f"landing {folder}: {'not a folder' if folder.exists() else 'there is no such folder'}")
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UsageFault(f"landing {folder}: cannot be read: {_why(error)}") from error
    files = list(_found(entries, "", folder.resolve()))
    if not files:
        raise UsageFault(f"landing {folder}: the folder is empty")
    return sorted(files, key=lambda found: found.file)


def received_files(folder: Path | None) -> list[Found]:
    """Everything below the folder of what came over the network, each path behind RECEIVED; nothing where there is none."""
    if folder is None or not folder.is_dir():
        return []
    return sorted(_below(folder, RECEIVED, folder.resolve()), key=lambda found: found.file)


def _found(entries: list[Path], prefix: str, root: Path) -> Iterator[Found]:
    for path in entries:
        if path.name.startswith(UNFINISHED):
            continue
        file = prefix + _printable(path.name)
        if path.is_symlink():
            yield Found(path, file, notice=_why_not_followed(path, root))
        elif path.is_dir():
            yield from _below(path, file, root)
        else:
            yield Found(path, file, notice="" if path.is_file() else "not a plain file, passed over")


def _below(folder: Path, file: str, root: Path) -> Iterator[Found]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        yield Found(folder, file, fault=_why(error))
        return
    yield from _found(entries, f"{file}/", root)


def _why_not_followed(link: Path, root: Path) -> str:
    """Why a link is passed over; "" for one to a plain file of the same landing."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return "a link that leads nowhere, passed over"
    if not target.is_relative_to(root):
        return "a link that leads out of the landing, not followed"
    return "" if target.is_file() else "a link to a folder, not followed"


def _printable(name: str) -> str:
    """A file's name as it can be stored and shown."""
    decoded = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "?" for character in decoded)


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__
