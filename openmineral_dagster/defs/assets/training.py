"""The training of the challengers: its own single-step job, tuned by Optuna, logged to MLflow through dagster-mlflow."""

from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from openmineral_dagster.defs.freshness import QUARTER
from openmineral_dagster.defs.nightly import OWNERS, asset_key
from openmineral_dagster.defs.partitions import WEEKS, trained_through_of
from openmineral_dagster.defs.resources import REGISTERED, DataRootResource, end_mlflow_run, fail_mlflow_run
from openmineral_dagster.defs.study import READS, market_at
from openmineral_dagster.forecasting import registry, tuning
from openmineral_dagster.forecasting.training import held_out, train
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.tables import PROMOTIONS
from openmineral_dagster.reporting.plots import bars


class Tuning(dg.Config):
    """How much a training looks around for."""

    trials: int = tuning.TRIALS


@dg.asset(
    key=["models", "challengers"],
    group_name="forecasts",
    kinds={"pytorch", "scikitlearn", "mlflow"},
    owners=[OWNERS["forecasts"]],
    partitions_def=WEEKS,
    deps=[asset_key(table) for table in READS.values()],
    freshness_policy=QUARTER,
    required_resource_keys={"mlflow", "data_root"},
    hooks={end_mlflow_run, fail_mlflow_run},
)
def challengers(context: dg.AssetExecutionContext, config: Tuning) -> dg.MaterializeResult:
    """The quantile network and the boosted trees, trained through a Friday; they may serve the nights after it."""
    data_root: DataRootResource = context.resources.data_root
    version = trained(data_root.root, context.partition_key, config.trials, context.log)
    folder = registry.store(data_root.root.models, version)
    run = log_version(context.resources.mlflow, version, folder, alias_in(data_root.root))
    return dg.MaterializeResult(
        metadata={
            "trained_through": version.trained_through.isoformat(),
            "trials": version.report.trials,
            "held_out": dg.MetadataValue.json(version.report.metrics),
            "importance": dg.MetadataValue.json(version.report.importance),
            "mlflow_run": run,
        },
        data_version=dg.DataVersion(registry.version_name(version.trained_through)),
    )


def trained(root: DataRoot, partition: str, trials: int, log: dg.DagsterLogManager) -> registry.Version:
    """Tune where trials are wanted, then fit on what was known at the end of the Friday."""
    through = trained_through_of(partition)
    market = market_at(root, through)
    storage = tuning.storage_in(root.optuna, log.warning)
    settings, done = tuning.tune(storage, held_out(market, through)[0], through, trials)
    return train(market, through, settings, done)


def alias_in(root: DataRoot) -> str:
    """What the newest night calls the model these versions are part of: champion where one of its blends is."""
    told = root.lake.read_before(PROMOTIONS, date.max)
    newest = told.filter(pl.col("as_of_date") == pl.col("as_of_date").max())
    return "champion" if newest["promoted"].any() else "challenger"


def log_version(mlflow: Any, version: registry.Version, folder: Path, alias: str) -> str:
    """Log a version to the active MLflow run with parameters, metrics, importance, plots and the model itself, and register
    it. Returns the run's id."""
    report = version.report
    mlflow.log_params({"trained_through": report.trained_through.isoformat(), "trials": report.trials, **report.settings})
    mlflow.log_metrics({**report.metrics, "fitted_rows": version.network.fitted_rows})
    mlflow.log_dict(report.importance, "importance.json")
    mlflow.log_figure(bars(report.importance, "Permutation importance, one row ahead", "rise of pinball loss"), "importance.svg")
    skills = {name: value for name, value in report.metrics.items() if "_skill_" in name}
    mlflow.log_figure(bars(skills, "Skill over the normal, year held out", "share of CRPS"), "skill.svg")
    mlflow.log_artifacts(str(folder), artifact_path="version")
    run_id = str(mlflow.active_run().info.run_id)
    client = mlflow.MlflowClient()
    if not client.search_registered_models(f"name='{REGISTERED}'"):
        client.create_registered_model(REGISTERED)
    tags = {"trained_through": report.trained_through.isoformat()}
    client.create_model_version(REGISTERED, source=f"runs:/{run_id}/version", run_id=run_id, tags=tags)
    name_newest(client, alias)
    return run_id


def name_newest(client: Any, alias: str) -> None:
    """Give the version trained through the latest date its alias, and no other version any: one trained for a night of long
    ago is nobody's model of today, and one sent back is champion no more."""
    versions = client.search_model_versions(f"name='{REGISTERED}'")
    newest = max(versions, key=lambda version: (version.tags.get("trained_through", ""), int(version.version)))
    for given in client.get_registered_model(REGISTERED).aliases:
        client.delete_registered_model_alias(REGISTERED, given)
    client.set_registered_model_alias(REGISTERED, alias, newest.version)
