"""The gate in front of the desk."""

import pytest

from openmineral_dagster.forecasting.gate import Record, choose, examination


def record(model, coverage, outcomes=250, horizon=1):
    return Record(model, horizon, outcomes, coverage)


FALLBACKS = [record("ewma97_normal", 0.9), record("ensemble_adaptive", 0.9)]


def test_a_range_that_covers_is_read_and_says_what_a_true_one_holds():
    assert choose(record("ensemble", 0.89), FALLBACKS) == (
        "ensemble",
        "not rejected: 90% coverage 0.89 over 250 nights, a true one holds 0.85 to 0.94",
    )


@pytest.mark.parametrize("coverage", [0.84, 0.98])
def test_a_range_that_covers_too_little_or_too_much_is_replaced_by_ewma_with_the_reason(coverage):
    assert choose(record("ensemble", coverage), FALLBACKS) == (
        "ewma97_normal",
        f"replaced: ensemble 90% coverage {coverage:.2f} over 250 nights",
    )


def test_where_ewma_has_left_its_band_too_the_adapted_ranges_are_read():
    model, status = choose(record("ensemble", 0.7), [record("ewma97_normal", 0.75), FALLBACKS[1]])
    assert (model, status) == ("ensemble_adaptive", "replaced: ensemble 90% coverage 0.70 over 250 nights")


def test_where_all_have_failed_the_fallback_is_read_and_called_unproven():
    model, status = choose(record("ensemble", 0.7), [record("ewma97_normal", 0.8), record("ensemble_adaptive", 0.8)])
    assert model == "ewma97_normal"
    assert status.startswith("unproven: ensemble 90% coverage 0.70 over 250 nights; ewma97_normal 90% coverage 0.80")


@pytest.mark.parametrize(("outcomes", "coverage"), [(0, None), (249, 0.9)])
def test_too_few_outcomes_have_not_earned_it_yet(outcomes, coverage):
    status = f"not yet earned: {outcomes} of 250 outcomes"
    assert choose(record("ensemble", coverage, outcomes), FALLBACKS) == ("ensemble", status)


def test_few_outcomes_that_rule_out_90_percent_are_enough_to_fail():
    assert choose(record("ensemble", 0.5, 60), FALLBACKS)[0] == "ewma97_normal"


def test_each_model_is_examined_by_itself():
    assert examination(record("hist500", 0.80)) == "failed: hist500 90% coverage 0.80 over 250 nights"
    assert examination(record("hist500", 0.80, horizon=21)).startswith("not rejected")
