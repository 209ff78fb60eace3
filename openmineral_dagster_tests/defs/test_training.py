"""The training job: one MLflow run that ends well, a version whose alias mirrors its promotion, a stored network."""

from datetime import date

import pytest

from openmineral_dagster.defs.assets.training import last_day
from openmineral_dagster.defs.partitions import quarter_of
from openmineral_dagster.defs.resources import EXPERIMENT, tracking_uri
from openmineral_dagster.forecasting import registry

pytestmark = pytest.mark.xdist_group("night")


def test_the_night_trained_the_version_that_serves_it(sample_night):
    version = registry.find(sample_night.models, date(2026, 9, 30))
    assert version.network.trained_through == date(2026, 9, 30)
    assert set(version.evidence) >= {"promoted", "rule", "reason"}


def test_its_mlflow_run_is_finished_and_holds_the_evidence(sample_night):
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri(sample_night))
    experiment = client.get_experiment_by_name(EXPERIMENT)
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["version"].startswith("2026-09-30")
    assert experiment.artifact_location.startswith(sample_night.path.as_uri())
    assert {item.path for item in client.list_artifacts(run.info.run_id, "network")} == {
        "network/weights.pt",
        "network/network.json",
        "network/evidence.json",
    }


def test_the_alias_mirrors_the_promotion(sample_night):
    from mlflow import MlflowClient

    promoted = registry.find(sample_night.models, date(2026, 9, 30)).evidence["promoted"]
    client = MlflowClient(tracking_uri(sample_night))
    named = client.get_model_version_by_alias(EXPERIMENT, "champion" if promoted else "challenger")
    assert int(named.version) == 1


@pytest.mark.parametrize(
    ("day", "quarter"), [(date(2026, 9, 30), "2026-07-01"), (date(2026, 10, 1), "2026-10-01"), (date(2025, 12, 31), "2025-10-01")]
)
def test_a_day_lies_in_its_quarter(day, quarter):
    assert quarter_of(day) == quarter


@pytest.mark.parametrize(("quarter", "last"), [("2026-07-01", date(2026, 9, 30)), ("2025-10-01", date(2025, 12, 31))])
def test_a_quarter_ends_on_its_last_day(quarter, last):
    assert last_day(quarter) == last
