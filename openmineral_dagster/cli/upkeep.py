"""`openmineral lake`: how large it is, which publications it keeps, going back, restoring a copy, collecting old files."""

from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from openmineral_dagster.defs.alone import alone_or_refused
from openmineral_dagster.defs.instance import instance_of
from openmineral_dagster.defs.purge import purge
from openmineral_dagster.lake.atomic import write_atomically
from openmineral_dagster.lake.publish import Manifest, current
from openmineral_dagster.lake.root import DataRoot, bound_landing, rebind
from openmineral_dagster.lake.tables import FILES
from openmineral_dagster.lake.upkeep import collect, publications, restore, roll_back, sizes
from openmineral_dagster.reference.errors import UsageFault


def print_size(root: DataRoot) -> None:
    """Files and megabytes of each table and of the raw bytes."""
    _require_bound(root)
    grid = Grid("table", "files", "in the publication", "MB")
    held = sizes(root.lake)
    for size in held:
        grid.add_row(size.table, f"{size.files:,}", f"{size.published_files:,}", f"{size.bytes / 1e6:,.2f}")
    Console().print(grid)
    print(f"{sum(size.files for size in held):,} files, {sum(size.bytes for size in held) / 1e6:,.2f} MB")


def print_publications(root: DataRoot) -> None:
    """Every publication that is kept, oldest first; the current one is marked."""
    _require_bound(root)
    in_force = current(root.lake)
    for manifest in publications(root.lake):
        mark = "  current" if in_force and manifest.number == in_force.number else ""
        print(f"{manifest.number:>6}  {len(manifest.nights)} nights, last {manifest.last_night}{mark}")


def print_rollback(root: DataRoot, number: int) -> None:
    """Publish again what an earlier publication held."""
    _require_bound(root)
    print(_in_force(roll_back(root.lake, number)))


def print_restore(path: Path | None, landing: Path | None) -> None:
    """Put a copied or moved data root in force where it lies; with a landing, bind it to that one.

    Raises:
        UsageFault: the folder is no data root, or no publication in it is whole.
    """
    if path is None:
        raise UsageFault("lake restore: name the copied --data-root")
    bound = bound_landing(path)
    if bound is None:
        raise UsageFault(f"data root {path}: nothing was ever computed in it")
    root = DataRoot(path.resolve(), (landing or bound).resolve())
    manifest = restore(root.lake)
    if landing is not None:
        rebind(root)
    print(_in_force(manifest))


def print_collected(root: DataRoot, keep_days: int) -> None:
    """Delete files no publication of the last `keep_days` days names."""
    _require_bound(root)
    gone = collect(root.lake, datetime.now(UTC), keep_days)
    print(f"{len(gone)} files collected")


def unpack_landing(root: DataRoot, as_of: date, folder: Path) -> None:
    """Write the landing a night received, byte for byte, into an empty folder.

    Raises:
        UsageFault: the night was not computed, or the folder holds something.
    """
    _require_bound(root)
    files = root.lake.read_night(FILES, as_of)
    if files.is_empty():
        raise UsageFault(f"data root {root.path}: the night of {as_of} was not computed")
    if folder.exists() and any(folder.iterdir()):
        raise UsageFault(f"{folder} holds other files: name an empty or new folder")
    for file, digest, *_ in files.select("file", "sha256").iter_rows():
        write_atomically(folder / file, root.lake.raw.read(digest))
    print(f"{files.height} files written to {folder}")


def print_purged(root: DataRoot) -> None:
    """Delete what is older than its retention, and print how much of each kind went.

    Raises:
        UsageFault: nothing was ever computed in the data root, or a run is at work in it.
    """
    _require_bound(root)
    grid = Grid("what", "days kept", "deleted")
    with alone_or_refused(root), instance_of(root) as instance:
        for purged in purge(root, instance, datetime.now(UTC)):
            grid.add_row(purged.kind, str(purged.kept_days), str(purged.deleted))
    Console().print(grid)


def _require_bound(root: DataRoot) -> None:
    if bound_landing(root.path) is None:
        raise UsageFault(f"data root {root.path}: nothing was ever computed in it")


def _in_force(manifest: Manifest) -> str:
    return f"publication {manifest.number} is in force: {len(manifest.nights)} nights, last {manifest.last_night}"
