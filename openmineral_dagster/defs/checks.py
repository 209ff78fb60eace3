"""Checks between the stages. Those of gates block inside their run, and the publisher passes the gates again; those of watches
tell the desk what it should look at and stop nothing."""

import dagster as dg

from openmineral_dagster.defs.gates import GATES, WATCHES, Gate
from openmineral_dagster.defs.nightly import asset_key, nights_of
from openmineral_dagster.defs.partitions import NIGHTS
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables import FIGURES, MEMOS, TABLES

SHOWN = 10


def _check(table: Table, gate: Gate, *, blocking: bool) -> dg.AssetChecksDefinition:
    beside = [asset_key(FIGURES)] if table is MEMOS else []

    @dg.asset_check(
        asset=asset_key(table),
        name=gate.__name__,
        description=gate.__doc__,
        blocking=blocking,
        partitions_def=NIGHTS,
        additional_deps=beside,
    )
    def check(context: dg.AssetCheckExecutionContext, data_root: DataRootResource) -> dg.AssetCheckResult:
        broken = [line for as_of in nights_of(context) for line in gate(data_root.lake, as_of)]
        return dg.AssetCheckResult(
            passed=not broken,
            severity=dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN,
            metadata={"broken": len(broken), "first": "; ".join(broken[:SHOWN])},
        )

    return check


CHECKS = [
    *(_check(TABLES[name], gate, blocking=True) for name, gate in GATES.items()),
    *(_check(TABLES[name], watch, blocking=False) for name, watch in WATCHES.items()),
]
