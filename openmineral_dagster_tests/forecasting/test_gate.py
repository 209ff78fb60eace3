"""The gate in front of the desk."""

import numpy as np
import pytest

from openmineral_dagster.forecasting.gate import Record, choose_champion, examination, noise_band


def record(model, coverage, outcomes=250, horizon=1):
    return Record(model, horizon, outcomes, coverage)


@pytest.mark.parametrize(
    ("outcomes", "horizon", "low", "high"), [(250, 1, 0.848, 0.944), (250, 5, 0.78, 1.0), (250, 21, 7 / 11, 1.0)]
)
def test_the_noise_band_is_binomial_with_independent_outcomes_only(outcomes, horizon, low, high):
    assert noise_band(outcomes, horizon) == (pytest.approx(low), pytest.approx(high))


def test_a_true_range_stays_in_its_band_in_about_99_of_100_windows():
    hits = np.random.default_rng(0).binomial(250, 0.9, 20_000) / 250
    low, high = noise_band(250, 1)
    assert np.mean((hits >= low) & (hits <= high)) == pytest.approx(0.99, abs=0.005)


def test_a_range_that_covers_is_read():
    assert choose_champion(record("ewma97_normal", 0.89), record("hist500", 0.5)) == (
        "ewma97_normal",
        "not rejected: 90% coverage 0.89 over 250 nights, a true one holds 0.85 to 0.94",
    )


@pytest.mark.parametrize("coverage", [0.84, 0.98])
def test_a_range_that_covers_too_little_or_too_much_is_replaced_with_the_reason(coverage):
    assert choose_champion(record("ewma97_normal", coverage), record("hist500", 0.9)) == (
        "hist500",
        f"replaced: ewma97_normal 90% coverage {coverage:.2f} over 250 nights",
    )


def test_a_fallback_that_fails_too_is_called_unproven():
    champion, status = choose_champion(record("quantile_network", 0.7), record("hist500", 0.8))
    assert champion == "hist500"
    assert status == "unproven: quantile_network 90% coverage 0.70 over 250 nights; hist500 90% coverage 0.80 over 250 nights"


@pytest.mark.parametrize(("outcomes", "coverage"), [(0, None), (249, 0.9)])
def test_too_few_outcomes_have_not_earned_it_yet(outcomes, coverage):
    status = f"not yet earned: {outcomes} of 250 outcomes"
    assert choose_champion(record("ewma97_normal", coverage, outcomes), record("hist500", 0.9)) == ("ewma97_normal", status)


def test_few_outcomes_that_rule_out_90_percent_are_enough_to_fail():
    assert choose_champion(record("quantile_network", 0.5, 60), record("hist500", 0.9))[0] == "hist500"


def test_each_model_is_examined_by_itself():
    assert examination(record("hist500", 0.80)) == "failed: hist500 90% coverage 0.80 over 250 nights"
    assert examination(record("hist500", 0.80, horizon=21)) == (
        "not rejected: 90% coverage 0.80 over 250 nights, a true one holds 0.64 to 1.00"
    )
