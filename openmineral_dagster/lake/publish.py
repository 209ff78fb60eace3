"""The publication: a manifest of exact files per night, and the DuckDB file of views over them, swapped in whole."""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from importlib.resources import files as package_files
from pathlib import Path

import duckdb

from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.store import VINTAGES, Lake, write_atomically
from openmineral_dagster.lake.tables import PRICES, TABLES
from openmineral_dagster.reference.calendars import night_end
from openmineral_dagster.reference.errors import GateFailure

SAMPLE_MARK = "SAMPLE DATA, not real. "
Files = dict[str, dict[str, list[str]]]


@dataclass(frozen=True)
class Manifest:
    """What one publication holds.

    Attributes:
        number: publications are numbered from 1.
        nights: the nights in it, oldest first, as ISO dates.
        tables: table name -> partition -> files, relative to the lake folder.
        sample_data: whether everything comes from the bundled sample.
        views: digest of the statements that define views, macros and comments.
    """

    number: int
    nights: list[str]
    tables: Files
    sample_data: bool
    views: str

    def says_the_same(self, other: "Manifest | None") -> bool:
        """Whether a reader could tell the two publications apart by anything but their number."""
        return other is not None and {**vars(self), "number": 0} == {**vars(other), "number": 0}


def database_path(root: Path) -> Path:
    """The file analysts open."""
    return root / "analytics.duckdb"


def current(lake: Lake) -> Manifest | None:
    """The manifest in force, or None before the first publication."""
    pointer = lake.folder / "current.json"
    return Manifest(**json.loads(pointer.read_text())) if pointer.exists() else None


def publish(lake: Lake, as_of: date, sample_data: bool) -> Manifest:
    """Publish the night of `as_of` beside the nights already published; all tables change at once.

    Publishing the same rows again changes nothing. Only files of this night and of the tables that grow are taken up,
    so what another night left half-done is never seen.

    Raises:
        GateFailure: a table of the night was never written.
    """
    with lake.lock():
        before = current(lake)
        manifest = _next_manifest(lake, before, as_of, sample_data)
        if manifest.says_the_same(before) and database_path(lake.root).exists():
            return before or manifest
        content = json.dumps(vars(manifest), indent=1).encode()
        write_atomically(lake.folder / "manifests" / f"{manifest.number:06d}.json", content)
        _build_database(lake, manifest)
        write_atomically(lake.folder / "current.json", content)
    return manifest


def _next_manifest(lake: Lake, before: Manifest | None, as_of: date, sample_data: bool) -> Manifest:
    tables: Files = {name: dict(before.tables.get(name, {})) if before else {} for name in TABLES}
    for name, table in TABLES.items():
        partition = as_of.isoformat() if table.layout == "nights" else VINTAGES
        held = lake.files(table, partition)
        if not held:
            raise GateFailure(f"{name}: nothing was written for the night of {as_of}, so it cannot be published")
        tables[name][partition] = [path.relative_to(lake.folder).as_posix() for path in held]
    nights = sorted({*(before.nights if before else []), as_of.isoformat()})
    number = (before.number if before else 0) + 1
    return Manifest(number, nights, tables, sample_data, _views_digest())


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
    knows = night_end(date.fromisoformat(manifest.nights[-1]))
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
    listed = ", ".join(_literal(path) for path in paths)
    columns = ", ".join(f'"{name}"' for name in table.dtypes)
    known = f" WHERE known_at <= TIMESTAMPTZ '{knows.isoformat()}'" if table.layout == "vintages" else ""
    return f"CREATE VIEW {table.name} AS SELECT {columns} FROM read_parquet([{listed}]){known}"  # noqa: S608 no outside text


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
