"""The jobs: the night from source to memo, and the training of a model version."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from openmineral_dagster.defs.alone import alone_in
from openmineral_dagster.defs.assets.inbox import inbox
from openmineral_dagster.defs.assets.network import GROUP
from openmineral_dagster.defs.assets.training import challengers
from openmineral_dagster.defs.partitions import NIGHTS, WEEKS
from openmineral_dagster.lake.root import DataRoot

FROM_THE_TERMINAL = {"openmineral/terminal": "true", "dagster/max_retries": "0"}
"""Tags of a run that a person waits for: nobody else tries it again."""
NETWORK = dg.AssetSelection.groups(GROUP)
TRAINING = dg.AssetSelection.assets(challengers)
INBOX = dg.AssetSelection.assets(inbox)

nightly = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all() - TRAINING - NETWORK - INBOX,
    partitions_def=NIGHTS,
    description="One night, from the landing folder to the published DuckDB file and the deal memos.",
)
refresh = dg.define_asset_job(
    "refresh",
    selection=NETWORK,
    description="Ask the publishers the desk has turned on, and keep what they bring beside the landing.",
)


def train(root: DataRoot) -> UnresolvedAssetJobDefinition:
    """Tune, fit and examine the challengers of a week: in one process, as dagster-mlflow needs it."""
    return dg.define_asset_job(
        "train",
        selection=TRAINING,
        partitions_def=WEEKS,
        executor_def=alone_in(root, dg.in_process_executor),
        description="Tune, fit and examine the challengers through a Friday, logged to MLflow.",
    )
