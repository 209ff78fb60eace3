"""How a nightly asset is declared: from its table come key, group, partitions, storage, schema and description."""

from collections.abc import Callable, Set
from datetime import date
from typing import Any

import dagster as dg

from openmineral_dagster.defs.metadata import definition_metadata
from openmineral_dagster.defs.partitions import NIGHTS
from openmineral_dagster.lake.schema import Table

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


def asset_key(table: Table) -> dg.AssetKey:
    """The asset that holds `table`."""
    return dg.AssetKey(table.name.split("."))


def group_of(table: Table) -> str:
    """The stage a table belongs to: its schema."""
    return table.name.split(".")[0]


def night_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> date:
    """The night this run computes."""
    return date.fromisoformat(context.partition_key)


def reads(**tables: Table) -> dict[str, dg.AssetIn]:
    """Inputs by argument name."""
    return {name: dg.AssetIn(key=asset_key(table)) for name, table in tables.items()}


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
        "io_manager_key": "lake",
    }


def night_asset(table: Table, kinds: Set[str], **options: Any) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Decorator of the asset that computes `table` for a night and returns its rows."""
    return dg.asset(**_described(table, kinds), partitions_def=NIGHTS, **options)


def night_out(table: Table, kinds: Set[str]) -> dg.AssetOut:
    """One table of an asset that yields several."""
    return dg.AssetOut(**_described(table, kinds))
