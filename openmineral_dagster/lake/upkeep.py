"""Keeping a lake: its size, going back to an earlier publication, restoring a copied data root, collecting old files."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from openmineral_dagster.lake.atomic import UNFINISHED
from openmineral_dagster.lake.publish import Manifest, current, manifest_in, manifests, put_in_force
from openmineral_dagster.lake.store import Lake
from openmineral_dagster.reference.errors import UsageFault
from openmineral_dagster.reference.retention import LAKE_FILES

KEPT_DAYS = LAKE_FILES.days
"""Days a file stays that no publication or head names any more: longer than any query, and a way back for a month."""
STALE_ASIDE = timedelta(days=1)


@dataclass(frozen=True)
class Size:
    """Files and bytes of one table of the lake, and how many of them the current publication reads."""

    table: str
    files: int
    bytes: int
    published_files: int


def publications(lake: Lake) -> list[Manifest]:
    """Every publication whose manifest is kept and readable, oldest first."""
    found = (manifest_in(path) for path in sorted(manifests(lake).glob("*.json")))
    return [manifest for manifest in found if manifest]


def sizes(lake: Lake) -> list[Size]:
    """The size of every table of the lake, superseded files included, and of the raw bytes."""
    manifest = current(lake)
    published = _named(manifest) if manifest else set()
    found: dict[str, list[Path]] = {}
    for path in _parquet(lake):
        found.setdefault(".".join(path.relative_to(lake.folder).parts[:2]), []).append(path)
    tables = [
        Size(name, len(paths), _bytes(paths), sum(_name(lake, path) in published for path in paths))
        for name, paths in found.items()
    ]
    raw = [path for path in lake.raw.folder.rglob("*") if path.is_file()]
    return [*sorted(tables, key=lambda size: size.table), Size("raw", len(raw), _bytes(raw), 0)]


def roll_back(lake: Lake, number: int) -> Manifest:
    """Publish again what publication `number` held, and let the next night go on from there.

    Tables that grow keep what was learned since, so that a read as of any time still gives what the desk knew then.
    Nothing is deleted: the publications since stay listed, and can be rolled forward to in the same way.

    Raises:
        UsageFault: there is no such publication, or its files are no longer all there as they were written.
    """
    with lake.lock():
        wanted = next((held for held in publications(lake) if held.number == number), None)
        if wanted is None:
            raise UsageFault(f"data root {lake.root}: no publication {number} is kept")
        broken = damaged(lake, wanted)
        if broken:
            raise UsageFault(f"publication {number}: {broken[0]} is missing or damaged, and {len(broken) - 1} more")
        return _reinstate(lake, wanted, growing=False)


def restore(lake: Lake) -> Manifest:
    """Put the newest whole publication of a copied, moved or damaged data root in force, at the place it now lies.

    Raises:
        UsageFault: no publication is whole.
    """
    with lake.lock():
        whole = (held for held in reversed(publications(lake)) if not damaged(lake, held))
        wanted = next(whole, None)
        if wanted is None:
            raise UsageFault(f"data root {lake.root}: no publication in it is whole")
        return _reinstate(lake, wanted, growing=True)


def at_home(lake: Lake) -> bool:
    """Whether the current publication reads the files of this very folder; true where there is none yet."""
    manifest = current(lake)
    return manifest is None or manifest.location == str(lake.folder)


def damaged(lake: Lake, manifest: Manifest) -> list[str]:
    """The files a manifest names that are missing, or whose bytes no longer have the hash in their name."""
    return [name for name in sorted(_named(manifest)) if not _is_whole(lake.folder / name)]


def collect(lake: Lake, now: datetime, keep_days: int = KEPT_DAYS) -> list[Path]:
    """Delete what no head, current publication or manifest younger than `keep_days` names; the files that went.

    Raw bytes are kept. A file is old by its modification time, so that what a run is writing is never taken.
    """
    with lake.lock():
        before = now - timedelta(days=keep_days)
        manifest = current(lake)
        old = [path for path in manifests(lake).glob("*.json") if _is_older(path, before)]
        gone = [path for path in old if manifest is None or int(path.stem) != manifest.number]
        for path in gone:
            path.unlink()
        needed = {name for held in [*publications(lake), *([manifest] if manifest else [])] for name in _named(held)}
        needed |= {_name(lake, path) for table, partition in lake.heads() for path in lake.files(table, partition)}
        unneeded = [path for path in _parquet(lake) if _name(lake, path) not in needed and _is_older(path, before)]
        asides = [path for path in lake.root.rglob(f"{UNFINISHED}*") if _is_older(path, now - STALE_ASIDE)]
        for path in [*unneeded, *asides]:
            path.unlink(missing_ok=True)
        return [*gone, *unneeded, *asides]


def _reinstate(lake: Lake, wanted: Manifest, growing: bool) -> Manifest:
    """`wanted` as a new publication in force; with `growing` also the tables that grow hold no more than it."""
    number = max(int(path.stem) for path in manifests(lake).glob("*.json")) + 1
    again = replace(wanted, number=number, location=str(lake.folder))
    put_in_force(lake, again)
    lake.reset_heads(again.tables, growing)
    return again


def _named(manifest: Manifest) -> set[str]:
    return {name for partitions in manifest.tables.values() for names in partitions.values() for name in names}


def _is_whole(path: Path) -> bool:
    return path.is_file() and path.stem.endswith(sha256(path.read_bytes()).hexdigest()[:16])


def _parquet(lake: Lake) -> Iterator[Path]:
    return (path for path in lake.folder.rglob("*.parquet") if not path.name.startswith("."))


def _name(lake: Lake, path: Path) -> str:
    return path.relative_to(lake.folder).as_posix()


def _bytes(paths: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


def _is_older(path: Path, than: datetime) -> bool:
    return path.stat().st_mtime < than.timestamp()
