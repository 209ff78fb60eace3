"""One way to build the code location, for the UI, the command line and the tests: only the data root differs."""

import dagster as dg

from openmineral_dagster.defs.alone import alone_in
from openmineral_dagster.defs.assets import (
    compliance,
    deals,
    features,
    forecasts,
    inbox,
    market,
    memos,
    network,
    publication,
    reports,
    risk,
    training,
)
from openmineral_dagster.defs.automation import (
    abandoned_runs,
    failure_notices,
    landing_sensor,
    nightly_schedule,
    purge_schedule,
    refresh_schedule,
)
from openmineral_dagster.defs.checks import CHECKS
from openmineral_dagster.defs.inbox import deal_inbox, take_in_deal
from openmineral_dagster.defs.jobs import nightly, refresh, train
from openmineral_dagster.defs.purge import purge_job
from openmineral_dagster.defs.resources import DataRootResource, mlflow_in_data_root
from openmineral_dagster.defs.retraining import drift_sensor, weekly_training_schedule
from openmineral_dagster.lake.root import DataRoot

STAGES = (network, market, features, forecasts, training, risk, deals, compliance, memos, reports, publication, inbox)


def build_defs(root: DataRoot, executor: dg.ExecutorDefinition = dg.in_process_executor) -> dg.Definitions:
    """Everything Dagster loads, working in `root`. In-process by default: a process a step costs seconds."""
    data_root = DataRootResource(path=str(root.path), landing=str(root.landing))
    return dg.Definitions(
        assets=dg.load_assets_from_modules(STAGES),
        asset_checks=CHECKS,
        jobs=[nightly, refresh, train(root), take_in_deal, purge_job],
        schedules=[refresh_schedule, nightly_schedule, weekly_training_schedule, purge_schedule],
        sensors=[landing_sensor, deal_inbox, drift_sensor, abandoned_runs, failure_notices],
        resources={"data_root": data_root, "mlflow": mlflow_in_data_root},
        executor=alone_in(root, executor),
    )
