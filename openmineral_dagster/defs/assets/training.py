"""The training of a model version: its own single-step job, logged to MLflow through dagster-mlflow."""

from datetime import date, timedelta
from typing import Any

import dagster as dg

from openmineral_dagster.defs.freshness import QUARTER
from openmineral_dagster.defs.nightly import OWNERS, asset_key
from openmineral_dagster.defs.partitions import QUARTERS
from openmineral_dagster.defs.resources import DataRootResource, end_mlflow_run, fail_mlflow_run
from openmineral_dagster.features.panel import feature_history
from openmineral_dagster.forecasting import registry
from openmineral_dagster.forecasting.network import QUANTILE_NETWORK, train
from openmineral_dagster.forecasting.promotion import evaluate
from openmineral_dagster.lake.tables import PRICES
from openmineral_dagster.reference.calendars import night_end

MEASURES = ("t", "crps_skill", "crps_network", "crps_ewma97", "dates")


@dg.asset(
    key=["models", QUANTILE_NETWORK],
    group_name="forecasts",
    kinds={"pytorch", "mlflow"},
    owners=[OWNERS["forecasts"]],
    partitions_def=QUARTERS,
    deps=[asset_key(PRICES)],
    freshness_policy=QUARTER,
    required_resource_keys={"mlflow", "data_root"},
    hooks={end_mlflow_run, fail_mlflow_run},
)
def quantile_network(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The quantile network trained through a quarter's end, with what it was examined by; it serves the next quarter's nights."""
    data_root: DataRootResource = context.resources.data_root
    trained_through = last_day(context.partition_key)
    history = feature_history(data_root.lake.read(PRICES, night_end(trained_through)).collect())
    version = registry.Version(train(history, trained_through), evaluate(history, trained_through))
    folder = registry.store(data_root.root.models, version)
    run = log_version(context.resources.mlflow, version, str(folder))
    return dg.MaterializeResult(
        metadata={
            "version": version.network.version,
            "promoted": version.evidence["promoted"],
            "evidence": dg.MetadataValue.json(version.evidence),
            "mlflow_run": run,
        },
        data_version=dg.DataVersion(version.network.version),
    )


def last_day(quarter: str) -> date:
    """The last day of the quarter that starts on a partition key."""
    start = date.fromisoformat(quarter)
    return date(start.year + start.month // 10, (start.month + 3 - 1) % 12 + 1, 1) - timedelta(days=1)


def log_version(mlflow: Any, version: registry.Version, folder: str) -> str:
    """Log a version to the active MLflow run and register it; the alias mirrors its promotion. Returns the run's id."""
    network, evidence = version.network, version.evidence
    mlflow.log_params(
        {"version": network.version, "trained_through": network.trained_through.isoformat(), "epochs": str(network.epochs)}
    )
    mlflow.set_tag("promoted", str(bool(evidence["promoted"])))
    mlflow.log_metrics({"fitted_rows": network.fitted_rows, "stopping_rows": network.stopping_rows})
    mlflow.log_metrics({name: float(evidence[name]) for name in MEASURES if name in evidence})
    mlflow.log_artifacts(folder, artifact_path="network")
    run_id = mlflow.active_run().info.run_id
    client = mlflow.MlflowClient()
    if not client.search_registered_models(f"name='{QUANTILE_NETWORK}'"):
        client.create_registered_model(QUANTILE_NETWORK)
    registered = client.create_model_version(QUANTILE_NETWORK, source=f"runs:/{run_id}/network", run_id=run_id)
    alias = "champion" if evidence["promoted"] else "challenger"
    client.set_registered_model_alias(QUANTILE_NETWORK, alias, registered.version)
    return str(run_id)
