"""The publication: a manifest of exact files per night, and the DuckDB file of views over them, swapped in whole."""

import json
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from importlib.resources import files as package_files
from pathlib import Path

import duckdb
import polars as pl

from openmineral_dagster.lake.atomic import write_atomically
from openmineral_dagster.lake.schema import UTC_TIME, Table
from openmineral_dagster.lake.store import VINTAGES, Lake
from openmineral_dagster.lake.tables import PRICES, TABLES
from openmineral_dagster.reference.calendars import night_end
from openmineral_dagster.reference.errors import GateFailure, UsageFault

SAMPLE_MARK = "SAMPLE DATA, not real. "
Files = dict[str, dict[str, list[str]]]
SQL_TYPES = {
    "String": "VARCHAR",
    "Date": "DATE",
    "Float64": "DOUBLE",
    "Int64": "BIGINT",
    "Boolean": "BOOLEAN",
    str(UTC_TIME): "TIMESTAMPTZ",
}


@dataclass(frozen=True)
class Manifest:
    """What one publication holds.

    Attributes:
        number: publications are numbered from 1.
        nights: the nights that are whole in it, oldest first, as ISO dates.
        tables: table name -> partition -> files, relative to the lake folder.
        sample_data: whether everything comes from the bundled sample.
        views: digest of the statements that define views, macros and comments.
        location: the lake folder its database reads; another one once the data root was copied or moved.
    """

    number: int
    nights: list[str]
    tables: Files
    sample_data: bool
    views: str
    location: str = ""

    def says_the_same(self, other: "Manifest | None") -> bool:
        """Whether a reader could tell the two publications apart by anything but their number."""
        return other is not None and {**vars(self), "number": 0} == {**vars(other), "number": 0}

    @property
    def last_night(self) -> date:
        """The last night any of its tables was computed for."""
        nights = {partition for partitions in self.tables.values() for partition in partitions if partition != VINTAGES}
        return date.fromisoformat(max(nights))


def database_path(root: Path) -> Path:
    """The file analysts open."""
    return root / "analytics.duckdb"


def current(lake: Lake) -> Manifest | None:
    """The manifest in force, or None before the first publication.

    Raises:
        UsageFault: it is damaged.
    """
    pointer = lake.folder / "current.json"
    if not pointer.exists():
        return None
    manifest = manifest_in(pointer)
    if manifest is None:
        raise UsageFault(f"{pointer} is damaged: `openmineral lake restore` puts the newest whole publication in force")
    return manifest


def manifest_in(file: Path) -> Manifest | None:
    """The manifest a file holds, or None where it is damaged."""
    try:
        return Manifest(**json.loads(file.read_text()))
    except (ValueError, TypeError):
        return None


def publish(
    lake: Lake,
    nights: Iterable[date],
    sample_data: bool,
    tables: Iterable[Table] = TABLES.values(),
    *,
    of_whole_nights: bool = False,
) -> Manifest:
    """Publish `nights` beside the nights already published; all tables change at once.

    Publishing the same rows again changes nothing. Only files of these nights and of the tables that grow are taken up,
    so what another night left half-done is never seen.

    Args:
        tables: those computed; where it is not all of them, a night that is published whole stays as it is.
        of_whole_nights: take the tables up for whole nights too: they hold what those had, and more.

    Raises:
        GateFailure: a table of one of the nights was never written.
    """
    with lake.lock():
        before = current(lake)
        manifest = _next_manifest(lake, before, nights, sample_data, list(tables), of_whole_nights)
        if manifest.says_the_same(before) and database_path(lake.root).exists():
            return before or manifest
        put_in_force(lake, manifest)
    return manifest


def put_in_force(lake: Lake, manifest: Manifest) -> None:
    """Build the database of a manifest, swap it in, and make the manifest the current one; the caller holds the lock."""
    content = json.dumps(vars(manifest), indent=1).encode()
    write_atomically(manifests(lake) / f"{manifest.number:06d}.json", content)
    _build_database(lake, manifest)
    write_atomically(lake.folder / "current.json", content)


def manifests(lake: Lake) -> Path:
    """The folder of every publication's manifest."""
    return lake.folder / "manifests"


def _next_manifest(
    lake: Lake,
    before: Manifest | None,
    nights: Iterable[date],
    sample_data: bool,
    computed: Collection[Table],
    of_whole_nights: bool,
) -> Manifest:
    whole = len(computed) == len(TABLES)
    held = before.nights if before else []
    added = sorted({night.isoformat() for night in nights} - (set() if whole or of_whole_nights else set(held)))
    tables: Files = {name: dict(before.tables.get(name, {})) if before else {} for name in TABLES}
    for table in computed:
        for partition in added if table.layout == "nights" else [VINTAGES]:
            tables[table.name][partition] = _written(lake, table, partition)
    number = (before.number if before else 0) + 1
    return Manifest(number, sorted({*held, *(added if whole else [])}), tables, sample_data, _views_digest(), str(lake.folder))


def _written(lake: Lake, table: Table, partition: str) -> list[str]:
    held = lake.files(table, partition)
    if not held:
        raise GateFailure(f"{table.name}: nothing was written for the night of {partition}, so it cannot be published")
    return [path.relative_to(lake.folder).as_posix() for path in held]


def _views_digest() -> str:
    declared = [(t.name, t.meaning, [(c.name, str(c.dtype), c.comment) for c in t.columns]) for t in TABLES.values()]
    return sha256((_macros() + json.dumps(declared)).encode()).hexdigest()[:16]


def _macros() -> str:
    return package_files(__package__).joinpath("macros.sql").read_text()


def _build_database(lake: Lake, manifest: Manifest) -> None:
    """Build the DuckDB file aside and swap it in; readers of the old one keep what they opened."""
    aside = lake.root / f".analytics-{uuid.uuid4().hex}.duckdb"
    try:
        with duckdb.connect(aside) as connection:
            for statement in statements(lake, manifest):
                connection.execute(statement)
        aside.replace(database_path(lake.root))
    finally:
        aside.unlink(missing_ok=True)


def statements(lake: Lake, manifest: Manifest) -> Iterable[str]:
    """The SQL that defines the publication, in order."""
    knows = night_end(manifest.last_night)
    mark = SAMPLE_MARK if manifest.sample_data else ""
    for schema in sorted({name.split(".")[0] for name in TABLES}):
        yield f"CREATE SCHEMA {schema}"
    for name, table in TABLES.items():
        yield _view(lake, table, manifest.tables[name], knows)
        yield from _comments(name, table, mark + table.meaning)
    yield from _latest_prices(mark)
    yield _macros()


def _view(lake: Lake, table: Table, partitions: Mapping[str, list[str]], knows: datetime) -> str:
    paths = [str(lake.folder / file) for partition in sorted(partitions) for file in partitions[partition]]
    columns = ", ".join(f'"{name}"' for name in table.dtypes)
    known = f" WHERE known_at <= TIMESTAMPTZ '{knows.isoformat()}'" if table.layout == "vintages" else ""
    rows = _rows(table, paths) if paths else _no_rows(table)
    return f"CREATE VIEW {table.name} AS SELECT {columns} FROM {rows}{known}"  # noqa: S608 no outside text


def _rows(table: Table, paths: Sequence[str]) -> str:
    """The rows of files; a column that nights computed by an older release do not have is NULL there."""
    listed = ", ".join(map(_literal, paths))
    oldest = min(paths, key=lambda path: Path(path).stat().st_mtime_ns)
    if set(table.dtypes) <= set(pl.read_parquet_schema(oldest)):
        return f"read_parquet([{listed}])"
    return f"(FROM {_no_rows(table)} UNION ALL BY NAME FROM read_parquet([{listed}], union_by_name = true))"


def _no_rows(table: Table) -> str:
    """A table that was not computed for any night of the publication."""
    typed = ", ".join(f'NULL::{_sql_type(column.dtype)} AS "{column.name}"' for column in table.columns)
    return f"(SELECT {typed} WHERE false)"


def _sql_type(dtype: pl.DataType | type[pl.DataType]) -> str:
    if isinstance(dtype, pl.Decimal):
        return f"DECIMAL({dtype.precision}, {dtype.scale})"
    return SQL_TYPES[str(dtype)]


def _comments(view: str, table: Table, meaning: str) -> Iterable[str]:
    yield f"COMMENT ON VIEW {view} IS {_literal(meaning)}"
    for column in table.columns:
        yield f'COMMENT ON COLUMN {view}."{column.name}" IS {_literal(column.comment)}'


def _latest_prices(mark: str) -> Iterable[str]:
    yield (
        "CREATE VIEW market.prices_latest AS SELECT * FROM market.prices "
        "QUALIFY row_number() OVER (PARTITION BY instrument, tenor, price_date ORDER BY known_at DESC) = 1"
    )
    yield from _comments("market.prices_latest", PRICES, mark + "The latest vintage of every price, one row a key")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
