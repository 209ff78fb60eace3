"""Writing the sample's files: text with Unix line ends, numbers rounded to the tick they are quoted in."""

from collections.abc import Iterable
from pathlib import Path


def to_tick(value: float, tick: float, places: int) -> str:
    """`value` at the nearest multiple of `tick`, written with `places` decimals."""
    return f"{round(value / tick) * tick:.{places}f}"


def write_text(path: Path, text: str) -> None:
    """The text as UTF-8, in a folder made for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def write_rows(path: Path, header: str, rows: Iterable[Iterable[str]]) -> None:
    """A comma-separated file; no field may need quoting."""
    write_text(path, "\n".join([header, *(",".join(row) for row in rows)]) + "\n")
