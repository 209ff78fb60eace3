"""The training job: one MLflow run that ends well with all there is to see, and versions that nights find."""

from datetime import date

import dagster as dg
import polars as pl
import pytest

from openmineral_dagster.defs import retraining
from openmineral_dagster.defs.assets.training import alias_in, name_newest
from openmineral_dagster.defs.partitions import WEEKS, trained_through_of, week_of
from openmineral_dagster.defs.resources import EXPERIMENT, REGISTERED, tracking_uri
from openmineral_dagster.defs.retraining import last_friday, why_retrain
from openmineral_dagster.forecasting import registry
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.store import Lake
from openmineral_dagster.lake.tables import PRICE_DISTRIBUTION, PROMOTIONS
from openmineral_dagster.reference.errors import UsageFault

pytestmark = pytest.mark.xdist_group("night")
FRIDAY = date(2026, 9, 25)


def test_the_night_trained_the_version_it_needs(sample_night):
    version = registry.find(sample_night.models, FRIDAY)
    assert version.report.trained_through == FRIDAY
    assert version.report.trials == 0


def test_its_mlflow_run_is_finished_and_holds_parameters_metrics_importance_plots_and_the_model(sample_night):
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri(sample_night))
    experiment = client.get_experiment_by_name(EXPERIMENT)
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["trained_through"] == FRIDAY.isoformat()
    assert {"width", "dropout", "learning_rate", "trials"} <= set(run.data.params)
    assert "quantile_network_skill_1" in run.data.metrics
    assert experiment.artifact_location.startswith(sample_night.path.as_uri())
    found = {item.path for folder in ("", "version") for item in client.list_artifacts(run.info.run_id, folder)}
    assert {"importance.json", "importance.svg", "skill.svg", "version/weights.npz", "version/boosting.npz"} <= found


def test_the_registered_model_has_an_alias(sample_night):
    from mlflow import MlflowClient

    named = MlflowClient(tracking_uri(sample_night)).get_model_version_by_alias(REGISTERED, "challenger")
    assert int(named.version) == 1


def test_the_alias_mirrors_what_the_newest_night_calls_it(tmp_path):
    root = DataRoot(tmp_path, tmp_path / "landing")
    assert alias_in(root) == "challenger"
    root.lake.write_night(PROMOTIONS, FRIDAY, contender(0.1).with_columns(promoted=pl.lit(True)))
    assert alias_in(root) == "champion"


def test_only_the_newest_version_has_an_alias_and_one_sent_back_is_champion_no_more(tmp_path):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    client.create_registered_model(REGISTERED)
    for number, (through, alias) in enumerate(
        [("2024-09-27", "champion"), ("2024-12-27", "challenger"), ("2016-03-25", "champion")]
    ):
        client.create_model_version(REGISTERED, source=f"file:{tmp_path}", tags={"trained_through": through})
        name_newest(client, alias)
        assert {name: int(version) for name, version in client.get_registered_model(REGISTERED).aliases.items()} == {
            alias: min(number, 1) + 1
        }


@pytest.mark.parametrize("friday", [FRIDAY, date(2024, 12, 27), date(2021, 1, 1)])
def test_a_friday_has_the_partition_of_the_saturday_after_it(friday):
    assert WEEKS.has_partition_key(week_of(friday))
    assert trained_through_of(week_of(friday)) == friday


def test_the_week_trains_through_the_last_friday_once(sample_night, monkeypatch):
    (due,) = retraining.training_due(sample_night, "week", "week")
    assert due.partition_key == week_of(last_friday(sample_night))
    monkeypatch.setattr(registry, "stored", lambda models: [last_friday(sample_night)])
    (skipped,) = retraining.training_due(sample_night, "week", "week")
    assert "already" in skipped.skip_message


class Resource:
    """A data root as a schedule is handed it."""

    def __init__(self, root):
        self.root = root


def test_without_prices_nothing_is_trained(tmp_path):
    with pytest.raises(UsageFault, match="no price is stored"):
        last_friday(DataRoot(tmp_path, tmp_path / "landing"))


def champions(statuses):
    rows = [
        {
            "as_of_date": FRIDAY,
            "instrument": f"M{number}",
            "tenor": "3m",
            "horizon_days": 1,
            "quantile": 0.5,
            "log_return": 0.0,
            "price": 1.0,
            "model": "ensemble",
            "model_version": "2",
            "information": "night",
            "champion": True,
            "gate_status": status,
        }
        for number, status in enumerate(statuses)
    ]
    return pl.DataFrame(rows, schema=PRICE_DISTRIBUTION.dtypes)


def contender(drift):
    row = dict.fromkeys(PROMOTIONS.dtypes) | {
        "as_of_date": FRIDAY,
        "model": "ensemble_quantile_network",
        "version": "v",
        "trained_through": FRIDAY,
        "effective_from": FRIDAY,
        "promoted": False,
        "wealth": 1.0,
        "threshold": 240.0,
        "nights": 0,
        "evidence": f'{{"drift": {drift}, "drift_usual": 0.25}}',
    }
    return pl.DataFrame([row], schema=PROMOTIONS.dtypes)


@pytest.mark.parametrize(
    ("drift", "statuses", "reasons"),
    [
        (0.1, ["not rejected: fine"] * 10, []),
        (0.3, ["not rejected: fine"] * 10, ["drift: stability index 0.30, of the past 99 in 100 below 0.25"]),
        (0.1, ["replaced: x"] * 3 + ["not rejected: fine"] * 7, ["broken coverage: 3 of 10 champions replaced"]),
        (0.1, ["unproven: x"] + ["not rejected: fine"] * 9, []),
    ],
)
def test_drift_and_broken_coverage_call_for_new_challengers(tmp_path, drift, statuses, reasons):
    lake = Lake(tmp_path)
    lake.write_night(PROMOTIONS, FRIDAY, contender(drift))
    lake.write_night(PRICE_DISTRIBUTION, FRIDAY, champions(statuses))
    assert why_retrain(DataRoot(tmp_path, tmp_path / "landing"), FRIDAY) == reasons


def test_a_root_without_a_night_asks_for_nothing(tmp_path):
    context = dg.build_sensor_context(resources={"data_root": Resource(DataRoot(tmp_path, tmp_path / "landing"))})
    assert "no night is published" in retraining.drift_sensor.evaluate_tick(context).skip_message
