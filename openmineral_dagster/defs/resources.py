"""What assets are handed: the data root, and MLflow kept inside it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.store import Lake

EXPERIMENT = REGISTERED = "challengers"


class DataRootResource(dg.ConfigurableResource):
    """The data root and its landing, as paths; every asset reads and writes below it."""

    path: str
    landing: str

    @property
    def root(self) -> DataRoot:
        """The data root."""
        return DataRoot(Path(self.path), Path(self.landing))

    @property
    def lake(self) -> Lake:
        """The tables under it."""
        return self.root.lake


def tracking_uri(root: DataRoot) -> str:
    """Address of the MLflow database under a data root."""
    return f"sqlite:///{root.mlflow / 'mlflow.db'}"


@dg.resource(
    required_resource_keys={"data_root"},
    description="dagster-mlflow's tracking, with its database and artifacts in the data root",
)
def mlflow_in_data_root(context: dg.InitResourceContext) -> Iterator[Any]:
    """One MLflow run for the Dagster run. MLflow is imported here: it costs seconds that only training should pay."""
    import mlflow
    from dagster_mlflow import mlflow_tracking

    root: DataRoot = context.resources.data_root.root
    root.mlflow.mkdir(parents=True, exist_ok=True)
    mlflow.set_tracking_uri(tracking_uri(root))
    if mlflow.get_experiment_by_name(EXPERIMENT) is None:
        mlflow.create_experiment(EXPERIMENT, artifact_location=(root.mlflow / "artifacts").as_uri())
    config = {"experiment_name": EXPERIMENT, "mlflow_tracking_uri": tracking_uri(root), "env": {}, "extra_tags": {}}
    yield from mlflow_tracking.resource_fn(context.replace_config(config))  # type: ignore[call-arg]


@dg.success_hook(required_resource_keys={"mlflow"})
def end_mlflow_run(context: dg.HookContext) -> None:
    """Close the MLflow run of a step that trained."""
    context.resources.mlflow.end_run()


@dg.failure_hook(required_resource_keys={"mlflow"})
def fail_mlflow_run(context: dg.HookContext) -> None:
    """Mark the MLflow run of a step that failed."""
    context.resources.mlflow.end_run(status="FAILED")
