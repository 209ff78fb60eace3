"""Promotion on evidence that survives looking every night."""

import numpy as np
import pytest

from openmineral_dagster.forecasting.sequential import Fought, standing, wealth

DAYS = np.datetime64("2010-01-01") + np.arange(3000)


def fought(gains, horizon=1):
    return Fought(DAYS[: len(gains)] + horizon, DAYS[: len(gains)], gains)


def noise(seed, size=1500):
    rng = np.random.default_rng(seed)
    return {
        "independent": lambda: rng.standard_normal(size),
        "heavy": lambda: rng.standard_t(3, size),
        "clustered": lambda: rng.standard_normal(size) * np.exp(np.cumsum(rng.standard_normal(size)) * 0.05),
    }


@pytest.mark.parametrize("law", ["independent", "heavy", "clustered"])
def test_without_a_difference_at_most_one_history_in_twenty_ever_promotes(law):
    promoted = [standing({1: fought(noise(seed)[law]())}, 1).promotions > 0 for seed in range(400)]
    assert np.mean(promoted) <= 0.05


def test_neither_do_overlapping_outcomes_at_three_horizons():
    promoted = 0
    for seed in range(200):
        steps = np.random.default_rng(seed).standard_normal(1500)
        contests = {h: fought(np.convolve(steps, np.ones(h), "full")[:1500], h) for h in (1, 5, 21)}
        promoted += standing(contests, 2).promotions > 0
    assert promoted / 200 <= 0.05


def test_a_real_gain_of_ten_percent_is_found_within_a_year():
    nights = []
    for seed in range(60):
        gains = 0.10 + 0.25 * np.random.default_rng(seed).standard_normal(750)
        since = standing({1: fought(gains)}, 1).since
        nights.append(750 if since is None else (since - DAYS[0]).astype(int))
    assert np.median(nights) < 150


def test_wealth_reads_no_later_outcome():
    gains = noise(1)["heavy"]()
    other = np.concatenate([gains[:700], 9.0 + gains[700:]])
    assert np.array_equal(wealth(gains, 5)[:700], wealth(other, 5)[:700])


def test_wealth_does_not_depend_on_the_unit_and_starts_by_watching():
    gains = noise(2)["heavy"]()
    assert wealth(gains * 1e-4, 1) == pytest.approx(wealth(gains, 1))
    assert (wealth(gains, 1)[:20] == 1.0).all()


def test_overlapping_outcomes_are_bet_on_once_a_horizon():
    path = wealth(noise(3)["independent"](), 21)
    assert set(np.flatnonzero(np.diff(path)) + 1) <= set(range(0, 1500, 21))


def test_a_floor_forgets_what_was_lost():
    gains = np.concatenate([-1.0 + 0.1 * noise(4)["independent"]()[:300], 1.0 + 0.1 * noise(5)["independent"]()[:40]])
    assert wealth(gains, 1)[-1] < 0.01
    assert wealth(gains, 1, floor=1.0)[-1] > 10


def test_no_difference_at_all_moves_nothing():
    assert (wealth(np.zeros(100), 1) == 1.0).all()
    assert standing({1: fought(np.zeros(0))}, 1).wealth == 1.0


def test_a_champion_that_turns_bad_is_sent_back_and_finds_it_harder_to_return():
    rng = np.random.default_rng(5)
    gains = np.concatenate([0.3 + rng.standard_normal(800), -0.5 + rng.standard_normal(400)])
    good, after = standing({1: fought(gains[:800])}, 1), standing({1: fought(gains)}, 1)
    assert good.promoted
    assert not after.promoted
    assert after.threshold == 2 * 40.0
    assert after.since > good.since


def test_more_challengers_and_horizons_need_more_each():
    single = standing({1: fought(np.zeros(5))}, 1).threshold
    assert standing({1: fought(np.zeros(5)), 5: fought(np.zeros(5))}, 3).threshold == 6 * single
