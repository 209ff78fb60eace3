"""The network: its start, its shape, what it may see, and its files."""

import subprocess
import sys
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from openmineral_dagster.features.panel import feature_history
from openmineral_dagster.forecasting import network as code
from openmineral_dagster.forecasting.baselines import NORMAL_MULTIPLIERS, ewma97_normal
from openmineral_dagster.forecasting.network import (
    NotEnoughHistory,
    UnusableNetwork,
    is_eligible,
    load,
    model_vintage,
    predict,
    save,
    train,
    version_name,
)
from openmineral_dagster.forecasting.quantiles import HORIZONS, level_index
from openmineral_dagster.forecasting.series import priced_series
from openmineral_dagster_tests.forecasting.markets import LAST, market, with_other_future

THROUGH = LAST - timedelta(days=92)


def spiky(rng, rows):
    """Returns far from normal: mostly small, one in twelve large."""
    return rng.standard_normal(rows) * np.where(rng.random(rows) < 1 / 12, 0.03, 0.004)


PRICES = market(spiky)
HISTORY = feature_history(PRICES)
NETWORK = train(HISTORY, THROUGH)
SERIES = priced_series(HISTORY)[0]
ROWS = np.arange(1000, 1400)


def predictions(network, series=SERIES):
    return np.stack([predict(network, series, ROWS, horizon) for horizon in HORIZONS])


@pytest.mark.parametrize(
    ("night", "vintage"),
    [
        (date(2024, 7, 1), date(2024, 6, 30)),
        (date(2024, 9, 30), date(2024, 6, 30)),
        (date(2024, 10, 1), date(2024, 9, 30)),
        (date(2024, 1, 1), date(2023, 12, 31)),
        (date(2024, 12, 31), date(2024, 9, 30)),
    ],
)
def test_a_night_is_served_by_the_version_of_the_last_quarter_end_before_it(night, vintage):
    assert model_vintage(night) == vintage


@given(st.dates(date(2000, 1, 1), date(2050, 1, 1)))
def test_the_vintage_lies_before_its_night_and_less_than_a_quarter_back(night):
    vintage = model_vintage(night)
    assert vintage < night <= vintage + timedelta(days=92)
    assert (vintage + timedelta(days=1)).day == 1


def test_an_untrained_member_is_the_normal_whatever_it_reads():
    with torch.no_grad():
        found = code._multipliers(code._member(), torch.randn(50, 4)).numpy()
    assert found == pytest.approx(np.broadcast_to(NORMAL_MULTIPLIERS, found.shape), abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.0, 30.0))
def test_quantiles_never_cross_and_the_median_is_zero_for_any_weights(seed, size):
    torch.manual_seed(seed)
    member = code._member().double()
    with torch.no_grad():
        for weights in member.parameters():
            weights.copy_(torch.randn_like(weights) * size)
        found = code._multipliers(member, torch.randn(20, 4, dtype=torch.float64)).numpy()
    assert (np.diff(found, axis=-1) > 0).all()
    assert (found[..., level_index(0.5)] == 0.0).all()


def test_training_learns_a_shape_that_is_not_normal():
    assert min(NETWORK.epochs) > 0
    one_day = predict(NETWORK, SERIES, ROWS, 1)
    normal = ewma97_normal(SERIES, ROWS, 1)
    middle, tail = level_index(0.75), level_index(0.99)
    assert (one_day[:, middle] < 0.7 * normal[:, middle]).all()
    assert one_day[:, tail].mean() > 1.1 * normal[:, tail].mean()


def test_training_again_gives_the_same_network_whatever_torch_did_before():
    torch.manual_seed(99)
    torch.rand(7)
    assert np.array_equal(predictions(train(HISTORY.sample(fraction=1.0, shuffle=True, seed=1), THROUGH)), predictions(NETWORK))


def test_training_leaves_the_random_state_of_torch_alone():
    torch.manual_seed(4)
    before = torch.random.get_rng_state()
    code._fit(*code._split(HISTORY, THROUGH), seed=1)
    assert torch.equal(before, torch.random.get_rng_state())


def test_training_does_not_see_prices_after_its_date():
    elsewhere = train(feature_history(with_other_future(PRICES, THROUGH)), THROUGH)
    assert np.array_equal(predictions(elsewhere), predictions(NETWORK))


def test_no_outcome_of_a_fitted_origin_reaches_into_the_stopping_year():
    changed = feature_history(with_other_future(PRICES, THROUGH - code.STOPPING_YEAR))
    (fitted, stopping), (again, others) = code._split(HISTORY, THROUGH), code._split(changed, THROUGH)
    assert np.array_equal(fitted.outcomes, again.outcomes)
    assert np.array_equal(fitted.ratios, again.ratios)
    assert not np.array_equal(stopping.outcomes, others.outcomes)


def test_too_short_a_history_is_refused_in_words():
    short = HISTORY.filter(pl.col("price_date") > THROUGH - timedelta(days=500))
    assert not is_eligible(short, THROUGH)
    assert is_eligible(HISTORY, THROUGH)
    with pytest.raises(NotEnoughHistory, match="750 origins"):
        train(short, THROUGH)


def test_a_series_without_its_inputs_has_no_network_forecast():
    assert np.isnan(predict(NETWORK, SERIES, np.array([0, 65]), 1)).all()
    assert np.isfinite(predict(NETWORK, SERIES, np.array([66]), 1)).all()


def test_five_unchanged_prices_still_have_a_forecast():
    stale = PRICES.with_columns(
        price=pl.when(pl.col("price_date").is_between(LAST - timedelta(days=9), LAST))
        .then(pl.col("price").last().over("instrument"))
        .otherwise(pl.col("price"))
    )
    series = priced_series(feature_history(stale))[0]
    assert np.isfinite(predict(NETWORK, series, np.array([len(series.log_prices) - 1]), 1)).all()


def test_a_saved_network_forecasts_the_same_after_loading(tmp_path):
    save(NETWORK, tmp_path)
    again = load(tmp_path)
    assert np.array_equal(predictions(again), predictions(NETWORK))
    assert (again.version, again.trained_through, again.epochs) == (version_name(THROUGH), THROUGH, NETWORK.epochs)


class Planted:
    def __reduce__(self):
        return (exec, ("raise SystemExit('a stored object was run')",))


@pytest.mark.parametrize("damage", ["object", "torn", "missing", "other layout", "other weights"])
def test_files_that_are_not_a_network_of_this_code_are_refused_and_never_run(tmp_path, damage):
    save(NETWORK, tmp_path)
    weights, meta = tmp_path / "weights.pt", tmp_path / "network.json"
    if damage == "object":
        torch.save(Planted(), weights)
    elif damage == "torn":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif damage == "missing":
        weights.unlink()
    elif damage == "other layout":
        meta.write_text(meta.read_text().replace('"width": 32', '"width": 64'))
    else:
        torch.save({str(seed): {"0.weight": torch.zeros(2, 2)} for seed in code.SEEDS}, weights)
    with pytest.raises(UnusableNetwork):
        load(tmp_path)


def test_torch_is_not_imported_until_a_network_is_used():
    program = "import sys, openmineral_dagster.forecasting.distribution as d; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
