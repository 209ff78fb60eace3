"""Writing a file so that nobody ever sees half of it."""

import os
import uuid
from pathlib import Path

UNFINISHED = ".aside-"
"""Begins the name of a file that is being written; one left by a kill is nobody's data."""


def write_atomically(path: Path, content: bytes) -> None:
    """Put `content` at `path` so that a reader, or a kill at any point, sees the whole of it or what was there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.parent / f"{UNFINISHED}{uuid.uuid4().hex}"
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
