"""The last stage: what ran, and the DuckDB file everything becomes visible in at once."""

from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl

from openmineral_dagster.defs.gates import require_gates
from openmineral_dagster.defs.nightly import OWNERS, asset_key, night_asset, night_of
from openmineral_dagster.defs.partitions import NIGHTS
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.lake.publish import database_path, publish
from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.store import Lake, write_atomically
from openmineral_dagster.lake.tables import MEMOS, RUNS, TABLES
from openmineral_dagster.lake.vintages import known_by
from openmineral_dagster.reference.calendars import night_end

EVERYTHING = [asset_key(table) for table in TABLES.values() if table is not RUNS]


@night_asset(RUNS, {"polars"}, deps=EVERYTHING)
def night_summary(context: dg.AssetExecutionContext, data_root: DataRootResource) -> pl.DataFrame:
    """How many rows the night has in each table, and from which landing."""
    as_of, root = night_of(context), data_root.root
    counted = [
        (as_of, table.name, _rows_known(root.lake, table, as_of), root.landing.name, root.sample_data)
        for table in TABLES.values()
        if table is not RUNS
    ]
    return pl.DataFrame(counted, schema=RUNS.dtypes, orient="row")


def _rows_known(lake: Lake, table: Table, as_of: date) -> int:
    """Rows the night has: its own, or every vintage it knew."""
    rows = lake.scan(table, as_of.isoformat()) if table.layout == "nights" else known_by(lake.scan(table), night_end(as_of))
    return int(rows.select(pl.len()).collect().item())


@dg.asset(
    key=["analytics"],
    group_name="ops",
    kinds={"duckdb"},
    owners=[OWNERS["ops"]],
    partitions_def=NIGHTS,
    deps=[asset_key(RUNS)],
)
def analytics(context: dg.AssetExecutionContext, data_root: DataRootResource) -> dg.MaterializeResult:
    """The publication: passes every gate again, then swaps in `analytics.duckdb` and writes the memos as files."""
    as_of, root = night_of(context), data_root.root
    require_gates(root.lake, as_of)
    manifest = publish(root.lake, as_of, root.sample_data)
    write_memos(root.memos / context.partition_key, root.lake.read_night(MEMOS, as_of))
    return dg.MaterializeResult(
        metadata={
            "publication": manifest.number,
            "nights": len(manifest.nights),
            "database": dg.MetadataValue.path(str(database_path(root.path))),
        }
    )


def write_memos(folder: Path, memos: pl.DataFrame) -> None:
    """The night's memos as files, a deal each; the file of a deal withdrawn since goes, as its row did."""
    files = {f"{memo['deal_id']}.md": memo["markdown"].encode() for memo in memos.iter_rows(named=True)}
    for name, content in files.items():
        write_atomically(folder / name, content)
    for withdrawn in [file for file in folder.glob("*.md") if file.name not in files]:
        withdrawn.unlink()
