"""How a nightly asset is declared: from its table come key, group, partitions, schema and description.

The function it wraps is handed one night and what that night knew, and returns rows. A run may cover many nights: the
function is then called for each, oldest first, and every night is stored before the next one is read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from openmineral_dagster.defs.freshness import NIGHT
from openmineral_dagster.defs.metadata import definition_metadata, materialization_metadata
from openmineral_dagster.defs.partitions import NIGHTS
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.defs.retries import tried_again
from openmineral_dagster.lake.atomic import durable_together
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.store import VINTAGES, Lake
from openmineral_dagster.lake.vintages import latest_vintages
from openmineral_dagster.reference.calendars import is_business_day, night_end

OWNERS = {
    "market": "team:data",
    "features": "team:research",
    "forecasts": "team:research",
    "risk": "team:risk",
    "deals": "team:trading",
    "compliance": "team:compliance",
    "memos": "team:trading",
    "ops": "team:platform",
}
FIRST_NIGHT = "openmineral/first_night"
"""Tag of a run over many nights: the first of them."""
MANY_NIGHTS_IN_ONE_RUN = dg.BackfillPolicy.single_run()
Compute = Callable[..., pl.DataFrame]
ComputeTables = Callable[..., Mapping[Table, pl.DataFrame]]


@dataclass(frozen=True)
class Night:
    """What an asset's function is handed beside its tables: the night, where it works, and the run's log.

    Attributes:
        among: all nights of the run, oldest first, for what is cheaper to compute of many at once.
        tags: of the run.
    """

    as_of: date
    root: DataRoot
    log: dg.DagsterLogManager
    among: tuple[date, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def lake(self) -> Lake:
        """The tables of the data root."""
        return self.root.lake


def asset_key(table: Table) -> dg.AssetKey:
    """The asset that holds `table`."""
    return dg.AssetKey(table.name.split("."))


def group_of(table: Table) -> str:
    """The stage a table belongs to: its schema."""
    return table.name.split(".")[0]


def nights_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> list[date]:
    """The nights this run computes, oldest first: the one it was started for, or the business days of its range.

    A range is Dagster's own (several partitions), or reaches from the night in the tag FIRST_NIGHT to the run's partition:
    Dagster takes ten milliseconds to note that one asset has one night, which is half an hour for fifteen years.
    """
    run = context.op_execution_context
    keys = sorted(date.fromisoformat(key) for key in run.partition_keys)
    first = date.fromisoformat(run.run.tags.get(FIRST_NIGHT, keys[0].isoformat()))
    if first == keys[-1]:
        return keys
    days = (first + timedelta(days=step) for step in range((keys[-1] - first).days + 1))
    return [day for day in days if is_business_day(day)]


def known(lake: Lake, table: Table, as_of: date) -> pl.DataFrame:
    """A table as the night of `as_of` knew it: no asset can read the future."""
    if table.layout == "nights":
        return lake.read_night(table, as_of)
    rows, moment = _every_vintage(table, tuple(lake.files(table, VINTAGES))), night_end(as_of)
    seen = rows.filter(pl.col("known_at") <= moment)
    if not (seen["known_basis"] == "observed").any():
        return seen
    return latest_vintages(rows.lazy(), table, moment).collect().sort(table.key)


@lru_cache(maxsize=8)
def _every_vintage(table: Table, files: tuple[Path, ...]) -> pl.DataFrame:
    """The rows of files that never change, sorted by key: read once for all assets and nights of a run."""
    return pl.read_parquet(list(files)).sort(table.key) if files else table.empty()


def night_asset(
    table: Table, kinds: Set[str], reads: Mapping[str, Table] | None = None, deps: Sequence[Any] = ()
) -> Callable[[Compute], dg.AssetsDefinition]:
    """Decorator of the function that computes `table` for a night: `compute(night, **tables)` returns its rows.

    Args:
        reads: tables by argument name, read as the night knew them.
        deps: assets that must come first and are not read here.
    """
    wanted = dict(reads or {})

    def decorate(compute: Compute) -> dg.AssetsDefinition:
        @dg.asset(
            **_described(table, kinds),
            partitions_def=NIGHTS,
            backfill_policy=MANY_NIGHTS_IN_ONE_RUN,
            deps=[*map(asset_key, wanted.values()), *deps],
        )
        def asset(context: dg.AssetExecutionContext, data_root: DataRootResource) -> dg.MaterializeResult:
            nights = run_nights_of(context, data_root)
            with tried_again(context), durable_together(len(nights) > 1):
                for night in nights:
                    rows = compute(night, **_read(night, wanted))
                    night.lake.write_night(table, night.as_of, rows)
                return stored(night, table)

        return asset

    return decorate


def night_assets(
    name: str, tables: Mapping[Table, Set[str]], reads: Mapping[str, Table], after: Iterable[Table] = ()
) -> Callable[[ComputeTables], dg.AssetsDefinition]:
    """Decorator of the function that computes several tables at once: `compute(night, **tables)` returns rows by table.

    Args:
        after: tables that must be stored first; the function reads them for itself, if at all.
    """

    def decorate(compute: ComputeTables) -> dg.AssetsDefinition:
        @dg.multi_asset(
            name=name,
            specs=[spec_of(table, kinds, [*reads.values(), *after]) for table, kinds in tables.items()],
            partitions_def=NIGHTS,
            backfill_policy=MANY_NIGHTS_IN_ONE_RUN,
        )
        def asset(context: dg.AssetExecutionContext, data_root: DataRootResource) -> Iterator[dg.MaterializeResult]:
            nights = run_nights_of(context, data_root)
            with tried_again(context), durable_together(len(nights) > 1):
                for night in nights:
                    for table, rows in compute(night, **_read(night, reads)).items():
                        night.lake.write_night(table, night.as_of, rows)
            for table in tables:
                yield stored(night, table)

        return asset

    return decorate


def spec_of(table: Table, kinds: Set[str], after: Iterable[Table] = ()) -> dg.AssetSpec:
    """One table of an asset that computes several."""
    return dg.AssetSpec(**_described(table, kinds), deps=[asset_key(earlier) for earlier in after])


def stored(night: Night, table: Table) -> dg.MaterializeResult:
    """What the catalogue shows of `table` once the last night of a run is stored."""
    rows = known(night.lake, table, night.as_of)
    return dg.MaterializeResult(asset_key=asset_key(table), metadata=materialization_metadata(rows, night.root.sample_data))


def _described(table: Table, kinds: Set[str]) -> dict[str, Any]:
    """What the catalogue says of the asset that holds `table`."""
    group = group_of(table)
    return {
        "key": asset_key(table),
        "group_name": group,
        "description": table.meaning,
        "kinds": set(kinds),
        "owners": [OWNERS[group]],
        "metadata": definition_metadata(table),
        "freshness_policy": NIGHT,
    }


def run_nights_of(context: dg.AssetExecutionContext, data_root: DataRootResource) -> list[Night]:
    """The nights of a run; never empty."""
    nights = nights_of(context)
    if not nights:
        raise dg.Failure("no business day lies in the range", allow_retries=False)
    tags = context.op_execution_context.run.tags
    return [Night(as_of, data_root.root, context.log, tuple(nights), tags) for as_of in nights]


def _read(night: Night, tables: Mapping[str, Table]) -> dict[str, pl.DataFrame]:
    return {name: known(night.lake, table, night.as_of) for name, table in tables.items()}
