"""Deal files as they are dropped: one partition each, taken in between nights."""

from datetime import datetime

import dagster as dg

from openmineral_dagster.defs.nightly import OWNERS
from openmineral_dagster.defs.notices import TOLD, tell
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.defs.retries import tried_again
from openmineral_dagster.defs.taking_in import take_in
from openmineral_dagster.reference.calendars import LONDON
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.sources.deal_files import FOLDER

DEAL_FILES = dg.DynamicPartitionsDefinition(name="deal_files")
"""A partition is the name of a file in the landing's deals folder."""


@dg.asset(
    key=["deals", "inbox"],
    group_name="deals",
    kinds={"python"},
    owners=[OWNERS["deals"]],
    partitions_def=DEAL_FILES,
    description="Deal files taken in as they land: valued, screened, written up and published; a bad one is refused by name.",
)
def inbox(context: dg.AssetExecutionContext, data_root: DataRootResource) -> dg.MaterializeResult:
    """One deal file: its value, or why it is refused."""
    file = f"{FOLDER}/{context.partition_key}"
    try:
        with tried_again(context):
            taken = take_in(data_root.root, file, datetime.now(LONDON).date())
    except BadInput as fault:
        tell(data_root.root, "deal refused", str(fault), {"file": file, "field": fault.field, "expected": fault.expectation})
        context.instance.add_run_tags(context.run_id, {TOLD: "true"})
        raise dg.Failure(str(fault), allow_retries=False) from fault
    metadata = {
        "deal": taken.deal.deal_id,
        "night": taken.as_of.isoformat(),
        "hash": taken.digest,
        "result_usd": taken.result_usd,
    }
    return dg.MaterializeResult(metadata=metadata)
