"""Files of the lake: immutable Parquet, the heads that name the newest of each partition, and as-of reads."""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl
from filelock import FileLock

from openmineral_dagster.lake.atomic import write_atomically
from openmineral_dagster.lake.raw import RawStore
from openmineral_dagster.lake.schema import Table, require_valid
from openmineral_dagster.lake.tables import TABLES
from openmineral_dagster.lake.vintages import date_column_of, latest_vintages, new_vintages
from openmineral_dagster.reference.errors import UsageFault

VINTAGES = "vintages"
"""Partition name of the tables that only grow."""
MOST_FILES = 64
"""Files of one growing table before they are written into one: each costs a reader about a millisecond."""
ROW_GROUP = 65_536
"""Rows of a growing table are stored by date in groups of this size, so that a reader of some days skips the others."""


@dataclass(frozen=True)
class Lake:
    """The tables under one data root.

    Attributes:
        root: the data root; the lake lies in its `lake/` folder.
    """

    root: Path

    @property
    def folder(self) -> Path:
        """Where every file of the lake lies."""
        return self.root / "lake"

    def lock(self) -> FileLock:
        """The one lock of everything that changes heads or the publication, across processes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder / ".lock", is_singleton=True)

    @property
    def raw(self) -> RawStore:
        """Raw bytes as they were received."""
        return RawStore(self.folder / "raw")

    def files(self, table: Table, partition: str) -> list[Path]:
        """The files of the newest write of a partition, oldest first; empty when it was never written."""
        head = self._head(table, partition)
        return [self.folder / name for name in json.loads(head.read_text())] if head.exists() else []

    def write_night(self, table: Table, as_of: date, frame: pl.DataFrame) -> Path:
        """Store the rows of one night, replacing that night's head; equal rows keep the file they have.

        Raises:
            GateFailure: the rows break the table's schema, or speak of another night.
        """
        valid = require_valid(frame, table)
        with self.lock():
            held = self.files(table, as_of.isoformat())
            path = self._write(table, as_of.isoformat(), valid, version=len(self._versions(table, as_of.isoformat())) + 1)
            if held != [path]:
                self._point(table, as_of.isoformat(), [path])
        return path

    def merge(self, table: Table, incoming: pl.DataFrame) -> pl.DataFrame:
        """Store what `incoming` says that is not held yet, and return those new vintages.

        Args:
            incoming: as `lake.vintages.new_vintages` takes it.
        """
        with self.lock():
            new = new_vintages(self._since(table, incoming).collect(), incoming, table)
            self.append_vintages(table, new)
        return new

    def _since(self, table: Table, incoming: pl.DataFrame) -> pl.LazyFrame:
        """The rows held that `incoming` could repeat or change: those from its first day on, where a row is of a day."""
        dates = date_column_of(table)
        if dates not in table.key:
            return self.scan(table)
        return self.scan(table).filter(pl.col(dates) >= pl.lit(incoming[dates].min(), dtype=table.dtypes[dates]))

    def append_vintages(self, table: Table, frame: pl.DataFrame) -> None:
        """Add rows to a table that only grows; the first call leaves a file even when there are no rows."""
        valid = require_valid(frame, table)
        with self.lock():
            held = self.files(table, VINTAGES)
            if valid.is_empty() and held:
                return
            if len(held) >= MOST_FILES:
                held, valid = [], pl.concat([self.scan(table).collect(), valid])
            version = len(self._versions(table, VINTAGES)) + 1
            ordered = valid.sort(date_column_of(table), *table.key)
            self._point(table, VINTAGES, [*held, self._write(table, VINTAGES, ordered, version)])

    def scan(self, table: Table, partition: str = VINTAGES) -> pl.LazyFrame:
        """Every stored row of a partition, lazily."""
        files = self.files(table, partition)
        return pl.scan_parquet(files) if files else table.empty().lazy()

    def read(self, table: Table, as_of: datetime) -> pl.LazyFrame:
        """What the desk knew at `as_of` (aware): the latest vintage of each key, lazily, in no particular order.

        Raises:
            UsageFault: `as_of` has no time zone and could mean any hour of a day.
        """
        if as_of.tzinfo is None:
            raise UsageFault(f"{as_of}: expected a time with its zone, such as 2026-11-20 23:00+00:00")
        return latest_vintages(self.scan(table), table, as_of)

    def read_night(self, table: Table, as_of: date) -> pl.DataFrame:
        """The rows computed for the night of `as_of`; empty when it was not computed.

        A column that a night of an older release does not have is null.
        """
        return _rows_of(self.files(table, as_of.isoformat()), table)

    def read_before(self, table: Table, as_of: date, nights: int | None = None) -> pl.DataFrame:
        """The rows of the nights before `as_of` that were computed, oldest first: the last `nights`, or all.

        A column that nights of an older release do not have is null there.
        """
        heads = sorted((self.folder / "heads" / table.name).glob("*.json"))
        earlier = [head.stem for head in heads if head.stem < as_of.isoformat()]
        return _rows_of([file for stem in earlier[-nights if nights else 0 :] for file in self.files(table, stem)], table)

    def heads(self) -> list[tuple[Table, str]]:
        """Every table and partition that was ever written."""
        found = sorted((self.folder / "heads").glob("*/*.json"))
        return [(TABLES[head.parent.name], head.stem) for head in found if head.parent.name in TABLES]

    def taken_up(self, as_of: date) -> str | None:
        """What `take_up` noted for a night, or None."""
        note = self._landing_note(as_of)
        return note.read_text() if note.exists() else None

    def take_up(self, as_of: date, landing: str) -> None:
        """Note that everything of a landing with this digest that the night could know is stored."""
        write_atomically(self._landing_note(as_of), landing.encode())

    def _landing_note(self, as_of: date) -> Path:
        return self.folder / "heads" / "landing" / f"{as_of}.txt"

    def reset_heads(self, tables: Mapping[str, Mapping[str, Sequence[str]]], growing: bool) -> None:
        """Make every head name the files given by table and partition, and forget the partitions that are not given.

        Args:
            growing: also those of the tables that only grow, which otherwise keep all they hold.
        """
        with self.lock():
            for note in (self.folder / "heads" / "landing").glob("*.txt"):
                note.unlink()
            for table, partition in self.heads():
                if partition not in tables.get(table.name, {}) and (growing or table.layout == "nights"):
                    self._head(table, partition).unlink()
            for table in (TABLES[name] for name in tables):
                for partition, files in tables[table.name].items() if growing or table.layout == "nights" else ():
                    self._point(table, partition, [self.folder / file for file in files])

    def _head(self, table: Table, partition: str) -> Path:
        return self.folder / "heads" / table.name / f"{partition}.json"

    def _point(self, table: Table, partition: str, files: Sequence[Path]) -> None:
        names = [path.relative_to(self.folder).as_posix() for path in files]
        write_atomically(self._head(table, partition), json.dumps(names).encode())

    def _partition_folder(self, table: Table, partition: str) -> Path:
        return self.folder.joinpath(*table.name.split("."), partition)

    def _versions(self, table: Table, partition: str) -> list[Path]:
        return sorted(self._partition_folder(table, partition).glob("*.parquet"))

    def _write(self, table: Table, partition: str, frame: pl.DataFrame, version: int) -> Path:
        """The file that holds `frame`: one that already does, byte for byte, or a new one that never changes."""
        buffer = io.BytesIO()
        frame.write_parquet(buffer, row_group_size=ROW_GROUP)
        digest = hashlib.sha256(buffer.getvalue()).hexdigest()[:16]
        for path in self._versions(table, partition):
            # Compared whole: a power cut can leave a file that has a name and no content.
            if path.stem.endswith(digest) and table.layout == "nights" and path.read_bytes() == buffer.getvalue():
                return path
        path = self._partition_folder(table, partition) / f"{version:06d}-{digest}.parquet"
        write_atomically(path, buffer.getvalue())
        return path


def _rows_of(files: list[Path], table: Table) -> pl.DataFrame:
    """The rows of files in the columns of a table as it is declared today."""
    if not files:
        return table.empty()
    return pl.scan_parquet(files, schema=table.dtypes, missing_columns="insert", extra_columns="ignore").collect()
