"""Levels, pinball loss, CRPS and coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from openmineral_dagster.forecasting.quantiles import COVERAGES, QUANTILES, coverage, crps, level_index, pinball

NORMAL = norm.ppf(QUANTILES)


def repeated(quantiles, count):
    return np.tile(quantiles, (count, 1))


def test_the_levels_are_the_23_of_the_contract():
    assert (
        *(0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5),
        *(0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99),
    ) == QUANTILES


def test_an_unknown_level_is_refused():
    with pytest.raises(ValueError, match=r"0\.33"):
        level_index(0.33)


def test_pinball_charges_the_level_above_and_its_complement_below():
    losses = pinball(repeated(np.zeros(23), 2), np.array([2.0, -2.0]))
    assert losses[0] == pytest.approx(2.0 * np.array(QUANTILES))
    assert losses[1] == pytest.approx(2.0 * (1.0 - np.array(QUANTILES)))


def test_the_crps_of_a_certain_and_right_forecast_is_zero_and_of_a_wrong_one_its_error():
    assert crps(np.full((1, 23), 0.3), np.array([0.3])) == pytest.approx([0.0])
    assert crps(np.zeros((1, 23)), np.array([0.3])) == pytest.approx([0.3])


@given(st.floats(0.3, 3.0).filter(lambda stretch: abs(stretch - 1.0) > 0.1))
def test_the_true_range_scores_better_than_a_stretched_one(stretch):
    outcomes = norm.ppf((np.arange(4000) + 0.5) / 4000)
    assert crps(repeated(NORMAL, 4000), outcomes).mean() < crps(repeated(stretch * NORMAL, 4000), outcomes).mean()


@pytest.mark.parametrize("percent", COVERAGES)
def test_a_true_range_covers_what_it_says(percent):
    outcomes = norm.ppf((np.arange(10_000) + 0.5) / 10_000)
    assert coverage(repeated(NORMAL, 10_000), outcomes, percent) == pytest.approx(percent / 100, abs=1e-3)


def test_an_outcome_on_the_edge_is_inside():
    assert coverage(repeated(NORMAL, 2), np.array([NORMAL[level_index(0.95)], NORMAL[level_index(0.975)]]), 90) == 0.5
