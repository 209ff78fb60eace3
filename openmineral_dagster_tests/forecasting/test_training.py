"""The challengers: examples, folds, network, trees, tuning, versions on disk and what they are told by a walk-forward."""

import functools
import json
import shutil
import sqlite3
from datetime import date

import numpy as np
import optuna
import polars as pl
import pytest

from openmineral_dagster.features.panel import feature_history
from openmineral_dagster.forecasting import boosting, network, registry, training, tuning
from openmineral_dagster.forecasting.examples import INPUTS, examples, folds
from openmineral_dagster.forecasting.models import NORMAL_MULTIPLIERS
from openmineral_dagster.forecasting.network import DEFAULT, Settings
from openmineral_dagster.forecasting.quantiles import HORIZONS, coverage
from openmineral_dagster.forecasting.registry import CHALLENGERS, Trained
from openmineral_dagster.forecasting.series import Market
from openmineral_dagster.forecasting.study import market_of
from openmineral_dagster_tests.forecasting.markets import market, studied, with_other_future

PRICES = market(rows=1300)
THROUGH = date(2024, 6, 28)


def market_with_inputs(prices) -> Market:
    return market_of(prices, {}, feature_history(prices))


MARKET = market_with_inputs(PRICES)
FITTED, YEAR = training.held_out(MARKET, THROUGH)


@pytest.fixture(scope="module")
def version():
    return training.train(MARKET, THROUGH, DEFAULT, 7)


def test_no_outcome_of_a_fitted_example_reaches_into_the_year_held_out():
    rows = [series.price_dates for series in MARKET.series]
    last = FITTED.days.max()
    reach = [days[np.searchsorted(days, last) + max(HORIZONS)] for days in rows if last in days]
    assert max(reach) <= np.datetime64(THROUGH - training.HELD_OUT) < YEAR.days.min()
    assert YEAR.days.max() < np.datetime64(THROUGH)


def test_outcomes_are_in_units_of_the_volatility_at_their_origin():
    assert FITTED.outcomes.std(axis=0) == pytest.approx([1.0, 1.0, 1.0], abs=0.15)
    assert FITTED.inputs.shape == (len(FITTED.days), len(INPUTS))


def test_folds_are_judged_by_later_spans_than_any_outcome_they_were_fitted_on():
    days = np.unique(FITTED.days)
    for fitted, judged in folds(FITTED, 3):
        gap = np.searchsorted(days, judged.days.min()) - np.searchsorted(days, fitted.days.max())
        assert gap > 21 + 5
    assert len(list(folds(FITTED, 3))) == 3


def test_training_reads_nothing_after_its_date(version):
    elsewhere = training.train(market_with_inputs(with_other_future(PRICES, THROUGH)), THROUGH, DEFAULT, 7)
    inputs = YEAR.inputs[:50]
    for model in CHALLENGERS:
        assert np.array_equal(version.multipliers(model)(inputs), elsewhere.multipliers(model)(inputs), equal_nan=True)
    assert elsewhere.report == version.report


@pytest.mark.parametrize("model", CHALLENGERS)
def test_multipliers_rise_around_a_median_of_zero_and_cover_about_what_they_say(model, version):
    shapes = version.multipliers(model)(YEAR.inputs)
    assert (np.diff(shapes, axis=2) >= 0).all()
    assert (shapes[..., 11] == 0).all()
    for place in range(3):
        assert coverage(shapes[:, place], YEAR.outcomes[:, place], 90) == pytest.approx(0.9, abs=0.05)


@pytest.mark.parametrize("model", CHALLENGERS)
def test_each_origin_is_ranged_alone(model, version):
    together = version.multipliers(model)(YEAR.inputs[:20])
    alone = np.concatenate([version.multipliers(model)(YEAR.inputs[[row]]) for row in range(20)])
    assert together == pytest.approx(alone, rel=1e-12)


def test_the_network_starts_as_the_normal_and_stays_it_where_nothing_improves():
    hopeless = Settings(learning_rate=1e-12)
    found = network.multipliers(network.train(FITTED, YEAR, THROUGH, hopeless), YEAR.inputs[:5])
    assert found == pytest.approx(np.broadcast_to(NORMAL_MULTIPLIERS, found.shape), abs=1e-6)


def test_the_network_as_arrays_is_the_network_torch_fitted():
    import torch

    member, _ = network.fit_member(FITTED, YEAR, 1, DEFAULT)
    read = torch.from_numpy(YEAR.inputs[:50, network._READ]).float()
    expected = network._multipliers(member, read).detach().numpy()
    assert network._stretched(network._forward(network._weights(member), YEAR.inputs[:50, network._READ])) == pytest.approx(
        expected, abs=1e-5
    )


def test_members_disagree_little_where_they_were_trained(version):
    assert (network.disagreement(version.network, YEAR.inputs) < 0.2).all()


def test_trees_as_arrays_say_what_the_library_says():
    from sklearn.ensemble import HistGradientBoostingRegressor

    holes = np.where(np.random.default_rng(0).random(FITTED.inputs.shape) < 0.1, np.nan, np.nan_to_num(FITTED.inputs))
    grower = HistGradientBoostingRegressor(
        loss="quantile", quantile=0.9, max_iter=40, max_depth=boosting.DEEPEST, max_leaf_nodes=8
    )
    grower.fit(holes, np.abs(FITTED.outcomes[:, 0]))
    assert boosting.as_arrays(grower).predict(holes) == pytest.approx(grower.predict(holes), rel=1e-12)


def test_trees_that_cover_too_little_are_asked_for_higher_levels():
    observed = np.abs(np.random.default_rng(1).standard_normal(3000))
    narrow = np.broadcast_to(0.8 * np.quantile(observed, boosting.SIZE_LEVELS), (3000, len(boosting.SIZE_LEVELS)))
    asked = boosting.levels_to_ask(narrow, observed)
    assert (asked[2:-2] > boosting.SIZE_LEVELS[2:-2]).all()
    assert (np.diff(asked) >= 0).all()


def test_importance_is_that_of_what_matters():
    rng = np.random.default_rng(3)
    inputs = rng.standard_normal((4000, len(INPUTS)))
    outcomes = np.exp(inputs[:, [2]]) * rng.standard_normal((4000, 3))
    made = type(FITTED)(np.repeat(FITTED.days[:1000], 4), inputs, outcomes)
    found = boosting.importance(boosting.train(made, made, THROUGH), made)
    assert max(found, key=found.get) == INPUTS[2]


def test_a_version_comes_back_from_disk_as_it_was(version, tmp_path):
    registry.store(tmp_path, version)
    held = registry.find(tmp_path, THROUGH)
    assert held.report == version.report
    for model in CHALLENGERS:
        assert np.array_equal(held.multipliers(model)(YEAR.inputs), version.multipliers(model)(YEAR.inputs), equal_nan=True)
    assert registry.stored(tmp_path) == [THROUGH]
    assert registry.find(tmp_path, date(2020, 1, 3)) is None


@pytest.mark.parametrize("file", ["weights.npz", "network.json", "boosting.npz", "report.json"])
@pytest.mark.parametrize("damage", ["gone", "torn", "other"])
def test_damaged_files_are_refused_by_name(version, tmp_path, file, damage):
    path = registry.store(tmp_path, version) / file
    content = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(content[: len(content) // 2] if damage == "torn" else b'{"layout": 1}')
    with pytest.raises(registry.UnusableVersion, match=path.parent.name):
        registry.find(tmp_path, THROUGH)


def test_a_stored_object_is_never_run(version, tmp_path):
    path = registry.store(tmp_path, version) / "boosting.npz"
    np.savez(path, trained_through=np.array([{"an": "object"}], dtype=object), asked=np.zeros(1))
    with pytest.raises(boosting.UnusableBoosting):
        boosting.load(path.parent)


@pytest.mark.parametrize("change", [{"deciles": {}}, {"drift_usual": "high"}, {"trials": 10**6}])
def test_a_report_that_was_changed_is_refused_though_it_can_be_read(version, tmp_path, change):
    report = registry.store(tmp_path, version) / "report.json"
    report.write_text(json.dumps(json.loads(report.read_text()) | change))
    with pytest.raises(registry.UnusableVersion, match="differs from what was stored"):
        registry.find(tmp_path, THROUGH)


def test_each_origin_is_forecast_by_the_newest_version_trained_before_it(version):
    nothing = Trained("quantile_network", []).fit(MARKET, THROUGH)(0, np.array([900]), 1)
    assert np.isnan(nothing).all()
    predict = Trained("quantile_network", [version]).fit(MARKET, THROUGH)
    served = MARKET.series[0].rows_through(THROUGH)
    quantiles = predict(0, np.arange(served - 2, served + 2), 5)
    assert np.isnan(quantiles[:2]).all()
    assert np.isfinite(quantiles[2:]).all()


def test_trained_models_take_part_in_a_study_alone_and_as_a_fifth_of_the_ensemble(version):
    study = studied(PRICES, trained=[Trained(name, [version]) for name in CHALLENGERS], panel=True)
    plain, own = study.at_fix["ensemble"][0, 5][-1], study.at_fix["quantile_network"][0, 5][-1]
    assert study.at_fix["ensemble_quantile_network"][0, 5][-1] == pytest.approx(0.8 * plain + 0.2 * own)


def test_too_short_a_history_trains_nothing():
    young = market_with_inputs(market(rows=300))
    assert not training.is_eligible(young, THROUGH)
    with pytest.raises(training.NotEnoughHistory, match="750 origins"):
        training.train(young, THROUGH, DEFAULT, 0)


def test_tuning_is_kept_goes_on_and_repeats_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(tuning, "FOLDS", 2)
    few = FITTED.where(np.arange(len(FITTED.days)) % 4 == 0)
    first, done = tuning.tune(f"sqlite:///{tmp_path}/a.db", few, THROUGH, 4)
    again, still = tuning.tune(f"sqlite:///{tmp_path}/a.db", few, THROUGH, 4)
    other, _ = tuning.tune(f"sqlite:///{tmp_path}/b.db", few, THROUGH, 4)
    assert (first, done) == (again, still) == (other, 4)
    assert tuning.tune(f"sqlite:///{tmp_path}/a.db", few, THROUGH, 6)[1] == 6
    drawn = [trial.params["dropout"] for trial in optuna.load_study(study_name=None, storage=f"sqlite:///{tmp_path}/a.db").trials]
    assert len(set(drawn)) == 6
    assert tuning.tune(f"sqlite:///{tmp_path}/a.db", few.where(few.days < few.days[-1]), THROUGH, 1)[1] == 1


@pytest.mark.parametrize("damage", ["garbage", "torn", "a folder"])
def test_a_damaged_database_of_studies_is_kept_aside_and_tuning_begins_anew(tmp_path, damage):
    told, few = [], FITTED.where(np.arange(len(FITTED.days)) % 8 == 0)
    storage = tuning.storage_in(tmp_path, told.append)
    tuning.tune(storage, few, THROUGH, 0)
    assert tuning.storage_in(tmp_path, told.append) == storage
    assert not told
    file = tmp_path / "studies.db"
    content = file.read_bytes()
    file.unlink()
    if damage == "a folder":
        file.mkdir()
    else:
        file.write_bytes(content[: len(content) // 2] if damage == "torn" else b"garbage" * 100)
    assert tuning.tune(tuning.storage_in(tmp_path, told.append), few, THROUGH, 1)[1] == 1
    (aside,) = tmp_path.glob("studies.damaged-*.db")
    assert aside.name in told[0]


def test_a_database_in_use_or_left_by_a_kill_is_not_set_aside(tmp_path, monkeypatch):
    tuning.tune(tuning.storage_in(tmp_path, pytest.fail), FITTED, THROUGH, 0)
    with sqlite3.connect(tmp_path / "studies.db") as other:
        other.execute("PRAGMA cache_size = 2")
        other.execute("BEGIN EXCLUSIVE")
        other.execute(
            "CREATE TABLE long AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) SELECT i FROM n"
        )
        monkeypatch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, timeout=0.1))
        tuning.storage_in(tmp_path, pytest.fail)
        killed = tmp_path / "killed"
        shutil.copytree(tmp_path, killed)
    assert (killed / "studies.db-journal").exists()
    assert tuning.tune(tuning.storage_in(killed, pytest.fail), FITTED, THROUGH, 0)[1] == 0


def test_without_trials_the_settings_are_the_default(tmp_path):
    assert tuning.tune(f"sqlite:///{tmp_path}/a.db", FITTED, THROUGH, 0) == (DEFAULT, 0)


def test_the_same_rows_do_not_drift_and_doubled_ones_do(version):
    assert training.drift(version.report, FITTED.inputs) < 0.02
    shifted = FITTED.inputs.copy()
    shifted[:, 0] += 1.0
    assert training.drift(version.report, shifted) > 0.25
    assert training.drift(version.report, np.full((5, len(INPUTS)), np.nan)) == 0.0


def test_what_history_itself_drifts_is_usual(version):
    days = np.unique(FITTED.days)
    spans = [FITTED.inputs[(FITTED.days >= days[start]) & (FITTED.days < days[start + 60])] for start in range(0, 700, 70)]
    assert np.mean([training.drift(version.report, span) > version.report.drift_usual for span in spans]) <= 0.1


def test_a_damaged_version_is_left_out_and_told_of(version, tmp_path):
    (registry.store(tmp_path, version) / "weights.npz").write_bytes(b"torn")
    (tmp_path / "challengers" / f"backup.v{registry.CODE_VERSION}").mkdir()
    told = []
    assert registry.usable(tmp_path, registry.stored(tmp_path), told.append) == []
    assert "openmineral train --through 2024-06-28" in told[0]


def test_a_report_is_plain_json(version):
    assert json.loads(json.dumps(version.report.metrics)) == version.report.metrics
    assert version.report.trials == 7
    assert set(version.report.importance) == set(version.report.deciles) == set(INPUTS)


@pytest.mark.parametrize(
    ("night", "friday"),
    [(date(2026, 11, 20), date(2026, 9, 25)), (date(2024, 1, 2), date(2023, 12, 29)), (date(2024, 3, 31), date(2023, 12, 29))],
)
def test_a_night_has_at_least_the_version_of_the_last_friday_of_the_quarter_before(night, friday):
    assert registry.vintage_of(night) == friday


def test_prices_of_an_unknown_unit_change_nothing(version):
    rescaled = market_with_inputs(PRICES.with_columns(price=pl.col("price") * 31.1))
    assert examples(rescaled, date.min, THROUGH).inputs == pytest.approx(examples(MARKET, date.min, THROUGH).inputs, nan_ok=True)
