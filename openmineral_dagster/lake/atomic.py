"""Writing a file so that nobody ever sees half of it."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

UNFINISHED = ".aside-"
"""Begins the name of a file that is being written; one left by a kill is nobody's data."""


_TOGETHER: ContextVar[bool] = ContextVar("files are made durable together", default=False)


@contextmanager
def durable_together(many: bool) -> Iterator[None]:
    """Files written inside outlive a kill as always; where they are `many`, they outlive a power cut once all are written.

    One wait for the disk instead of thousands.
    """
    token = _TOGETHER.set(many)
    try:
        yield
    finally:
        _TOGETHER.reset(token)
        if many:
            os.sync()


def write_atomically(path: Path, content: bytes) -> None:
    """Put `content` at `path` so that a reader, or a kill at any point, sees the whole of it or what was there before."""
    together = _TOGETHER.get()
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.parent / f"{UNFINISHED}{uuid.uuid4().hex}"
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        if not together:
            os.fsync(file.fileno())
    aside.replace(path)
    if not together:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
