"""What publishers bring over the network, once turned on: received beside the landing, and read as if it had landed.

No table depends on them in the graph: a desk that asks nobody would be warned of assets that were never materialized.
"""

from collections.abc import Iterator

import dagster as dg

from openmineral_dagster.defs.freshness import DAILY
from openmineral_dagster.defs.nightly import OWNERS
from openmineral_dagster.defs.notices import note
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.lake.root import bind
from openmineral_dagster.sources.network.catalogue import SOURCES
from openmineral_dagster.sources.network.refresh import Outcome
from openmineral_dagster.sources.network.rounds import make_round
from openmineral_dagster.sources.network.source import Source

GROUP = "sources"


def source_key(source: Source) -> dg.AssetKey:
    """The asset that stands for a publisher."""
    return dg.AssetKey(["network", source.name])


def _spec(source: Source) -> dg.AssetSpec:
    off = f" Off unless it is named: {source.off_because}." if source.off_because else ""
    return dg.AssetSpec(
        source_key(source),
        group_name=GROUP,
        kinds={"http"},
        owners=[OWNERS["market"]],
        description=f"{source.title}. Licence: {source.licence}.{off}",
        skippable=True,
        freshness_policy=DAILY,
    )


@dg.multi_asset(name="publishers", specs=[_spec(source) for source in SOURCES], can_subset=True)
def network(context: dg.AssetExecutionContext, data_root: DataRootResource) -> Iterator[dg.MaterializeResult]:
    """Ask the publishers that are turned on; what fails is told, and leaves what was there."""
    bind(data_root.root)
    chosen = [source for source in SOURCES if source_key(source) in context.selected_asset_keys]
    outcomes = make_round(data_root.root, chosen)
    for failed in (outcome for outcome in outcomes if outcome.failed):
        context.log.warning(f"{failed.source} {failed.file}: {failed.status}: {failed.reason}")
        note(data_root.root, {"title": f"{failed.source} {failed.status}", "body": failed.reason, "file": failed.file})
    for source in chosen:
        own = [outcome for outcome in outcomes if outcome.source == source.name]
        if own and not any(outcome.failed for outcome in own):
            yield dg.MaterializeResult(asset_key=source_key(source), metadata=_shown(own))


def _shown(outcomes: list[Outcome]) -> dict[str, int | str]:
    """What the catalogue shows of a publisher's files."""
    held = [outcome.held for outcome in outcomes if outcome.held]
    return {
        "dagster/row_count": sum(file.rows for file in held),
        "files": len(held),
        "new_files": sum(outcome.status == "new" for outcome in outcomes),
        "bytes": sum(file.bytes for file in held),
        "last_day": max((file.last_day for file in held if file.last_day), default="none named"),
    }
