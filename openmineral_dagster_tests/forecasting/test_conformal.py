"""Adaptive conformal ranges: they mend what does not cover, leave alone what does, and look at known outcomes only."""

import numpy as np
import pytest

from openmineral_dagster.forecasting.conformal import adapted
from openmineral_dagster.forecasting.models import NORMAL_MULTIPLIERS
from openmineral_dagster.forecasting.quantiles import coverage

RNG = np.random.default_rng(4)
OUTCOMES = RNG.standard_normal(3000)
TRUE = np.broadcast_to(NORMAL_MULTIPLIERS, (3000, 23))


@pytest.mark.parametrize("width", [0.75, 1.0, 1.4])
def test_ranges_of_any_width_come_to_cover_what_they_say(width):
    found = adapted(width * TRUE, OUTCOMES, 1)[500:]
    for percent in (50, 80, 90, 95):
        assert coverage(found, OUTCOMES[500:], percent) == pytest.approx(percent / 100, abs=0.04)


def test_a_true_range_stays_about_as_it_is():
    assert adapted(TRUE, OUTCOMES, 1)[500:].mean(axis=0) == pytest.approx(NORMAL_MULTIPLIERS, abs=0.12)


@pytest.mark.parametrize("horizon", [1, 5, 21])
def test_an_origin_reads_outcomes_known_by_then_and_not_one_more(horizon):
    changed = OUTCOMES.copy()
    changed[1000:] = 50.0
    plain, other = (adapted(TRUE[:1100], values[:1100], horizon) for values in (OUTCOMES, changed))
    assert np.array_equal(plain[: 1000 + horizon], other[: 1000 + horizon])
    assert not np.array_equal(plain[1000 + horizon], other[1000 + horizon])


def test_an_origin_depends_on_its_last_250_outcomes_alone():
    assert np.array_equal(adapted(TRUE[:600], OUTCOMES[:600], 5)[-1], adapted(TRUE[:255], OUTCOMES[345:600], 5)[-1])


def test_without_outcomes_nothing_changes_and_a_missing_forecast_stays_missing():
    assert adapted(TRUE[:10], np.full(10, np.nan), 1) == pytest.approx(TRUE[:10])
    assert np.isnan(adapted(np.full((3, 23), np.nan), np.zeros(3), 1)).all()


def test_quantiles_rise():
    assert (np.diff(adapted(0.2 * TRUE, OUTCOMES, 1), axis=1) >= 0).all()
