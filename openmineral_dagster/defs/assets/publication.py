"""The last stage: what ran, and the DuckDB file everything becomes visible in at once."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from openmineral_dagster.defs.freshness import NIGHT
from openmineral_dagster.defs.gates import require_gates
from openmineral_dagster.defs.nightly import MANY_NIGHTS_IN_ONE_RUN, OWNERS, Night, asset_key, night_asset, nights_of
from openmineral_dagster.defs.partitions import NIGHTS
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.defs.retries import tried_again
from openmineral_dagster.forecasting.promotion import champion_of
from openmineral_dagster.lake.atomic import write_atomically
from openmineral_dagster.lake.publish import Manifest, database_path, publish
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables import CALIBRATION, MEMOS, PRICE_DISTRIBUTION, PROMOTIONS, RUNS, SKILL, TABLES
from openmineral_dagster.lake.upkeep import collect, sizes
from openmineral_dagster.lake.vintages import known_by
from openmineral_dagster.reference.calendars import night_end
from openmineral_dagster.reporting.calibration import page as calibration_page

EVERYTHING = [asset_key(table) for table in TABLES.values() if table is not RUNS]


@night_asset(RUNS, {"polars"}, deps=EVERYTHING)
def night_summary(night: Night) -> pl.DataFrame:
    """How many rows the night has in each table, and from which landing."""
    return counted(night.root, night.as_of)


def counted(root: DataRoot, as_of: date) -> pl.DataFrame:
    """`ops.runs` of the night."""
    rows = [
        (as_of, table.name, _rows_known(root, table, as_of), root.landing.name, root.sample_data)
        for table in TABLES.values()
        if table is not RUNS
    ]
    return pl.DataFrame(rows, schema=RUNS.dtypes, orient="row")


def _rows_known(root: DataRoot, table: Table, as_of: date) -> int:
    """Rows the night has: its own, or every vintage it knew."""
    if table.layout == "nights":
        rows = root.lake.scan(table, as_of.isoformat())
    else:
        rows = known_by(root.lake.scan(table), night_end(as_of))
    return int(rows.select(pl.len()).collect().item())


@dg.asset(
    key=["analytics"],
    group_name="ops",
    kinds={"duckdb"},
    owners=[OWNERS["ops"]],
    partitions_def=NIGHTS,
    backfill_policy=MANY_NIGHTS_IN_ONE_RUN,
    deps=[asset_key(RUNS)],
    freshness_policy=NIGHT,
)
def analytics(context: dg.AssetExecutionContext, data_root: DataRootResource) -> dg.MaterializeResult:
    """The publication: passes every gate again, swaps in `analytics.duckdb`, writes the memos as files, clears old files."""
    root, nights = data_root.root, nights_of(context)
    for as_of in nights:
        require_gates(root.lake, as_of)
    with tried_again(context):
        manifest = publish(root.lake, nights, root.sample_data)
    for as_of in nights:
        write_memos(root.memos / as_of.isoformat(), root.lake.read_night(MEMOS, as_of))
    write_calibration(root, nights[-1])
    gone = collect(root.lake, datetime.now(UTC))
    return dg.MaterializeResult(metadata={**_shown(root, manifest), "files_collected": len(gone)})


def _shown(root: DataRoot, manifest: Manifest) -> dict[str, Any]:
    """What the catalogue shows of a publication."""
    held = sizes(root.lake)
    return {
        "publication": manifest.number,
        "nights": len(manifest.nights),
        "lake_files": sum(size.files for size in held),
        "lake_megabytes": round(sum(size.bytes for size in held) / 1e6, 2),
        "database": dg.MetadataValue.path(str(database_path(root.path))),
    }


def write_calibration(root: DataRoot, as_of: date) -> Path:
    """The page that says whether the night's ranges hold; returns its path."""
    tables = (PROMOTIONS, SKILL, CALIBRATION, PRICE_DISTRIBUTION)
    promoted, skill, coverage, ranges = (root.lake.read_night(table, as_of) for table in tables)
    path = root.reports / as_of.isoformat() / "calibration.html"
    judged = calibration_page(as_of, champion_of(promoted), skill, coverage, ranges, root.sample_data)
    write_atomically(path, judged.encode())
    return path


def write_memos(folder: Path, memos: pl.DataFrame) -> None:
    """The night's memos as files, a deal each; the file of a deal withdrawn since goes, as its row did."""
    files = {f"{memo['deal_id']}.md": memo["markdown"].encode() for memo in memos.iter_rows(named=True)}
    for name, content in files.items():
        write_atomically(folder / name, content)
    for withdrawn in [file for file in folder.glob("*.md") if file.name not in files]:
        withdrawn.unlink()
