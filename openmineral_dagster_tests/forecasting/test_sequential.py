"""Promotion on evidence that survives looking every night."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmineral_dagster.forecasting.sequential import BOUND, Fought, standing, turns, wealth

DAYS = np.datetime64("2010-01-01") + np.arange(3000)


def fought(gains, horizon=1):
    return Fought(DAYS[: len(gains)] + horizon, DAYS[: len(gains)], gains)


def noise(seed, size=1500):
    rng = np.random.default_rng(seed)
    return {
        "independent": lambda: rng.standard_normal(size),
        "heavy": lambda: rng.standard_t(3, size),
        "skewed": lambda: 2.0 - rng.gamma(2.0, 1.0, size),
        "clustered": lambda: rng.standard_normal(size) * np.exp(np.cumsum(rng.standard_normal(size)) * 0.05),
    }


@pytest.mark.parametrize("law", ["independent", "heavy", "skewed", "clustered"])
def test_without_a_difference_at_most_one_history_in_twenty_ever_promotes(law):
    promoted = [standing({1: fought(noise(seed)[law]())}, 1).promotions > 0 for seed in range(400)]
    assert np.mean(promoted) <= 0.05


@pytest.mark.parametrize(("seldom", "often"), [(0.05, 0.025), (0.02, 0.01)])
def test_neither_does_one_that_gains_a_little_often_and_loses_much_seldom(seldom, often):
    promoted = 0
    for seed in range(400):
        loses = np.random.default_rng(seed).random(1500) < seldom
        promoted += bool(turns({1: fought(np.where(loses, often * (1 - 1 / seldom), often))}, 1))
    assert promoted / 400 <= 0.05


@given(
    st.integers(0, 10_000),
    st.integers(20, 200),
    st.floats(1e-3, BOUND),
    st.floats(1e-3, 3.0),
    st.sampled_from(["independent", "heavy", "clustered"]),
)
@settings(deadline=None)
def test_whatever_came_before_a_fair_night_is_not_expected_to_gain(seed, before, loss, gain, law):
    past = np.clip(0.2 * noise(seed, before)[law](), -BOUND, BOUND)
    won, lost = (wealth(np.append(past, last), 1, BOUND)[-1] for last in (gain, -loss))
    assert (won * loss + lost * gain) / (loss + gain) <= wealth(past, 1, BOUND)[-1] * (1 + 1e-12)
    assert lost >= 0.0


def test_wealth_by_hand():
    """Gains of 0.1, so a scale of 0.3 after 20: bets of 0.05, 0.1, 0.2 and 0.4 win a third of themselves each night."""
    path = wealth(np.full(22, 0.1), 1, BOUND)
    assert path[20] == pytest.approx(1 + 0.1875 / 3)
    assert path[21] == pytest.approx(np.mean((1 + np.array([0.05, 0.1, 0.2, 0.4]) / 3) ** 2))
    assert wealth(np.full(22, 0.01), 1, BOUND)[20] == pytest.approx(1 + 0.1875 * 0.01 / (0.4 * BOUND))


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


def test_a_bet_reads_no_outcome_that_its_origin_did_not_know():
    gains = noise(1)["heavy"]()
    other = gains.copy()
    other[696:700] *= 5
    assert np.array_equal(wealth(gains, 5)[:701], wealth(other, 5)[:701])
    other[695] *= 5
    assert wealth(gains, 5)[700] != wealth(other, 5)[700]


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


def test_every_turn_has_its_night_and_the_next_promotion_starts_anew():
    rng = np.random.default_rng(5)
    gains = np.concatenate([mean + rng.standard_normal(size) for mean, size in ((0.5, 600), (-0.5, 150), (0.5, 700))])
    history = turns({1: fought(gains)}, 1)
    assert [one.promoted for one in history] == [True, False, True]
    assert [one.threshold for one in history] == [10.0, 80.0, 10.0]
    assert [one.promotions for one in history] == [1, 1, 2]
    assert DAYS[0] < history[0].since < DAYS[600] < history[1].since < DAYS[750] < history[2].since
    assert turns({1: fought(gains[:750])}, 1) == history[:2]


def test_more_challengers_and_horizons_need_more_each():
    single = standing({1: fought(np.zeros(5))}, 1).threshold
    assert standing({1: fought(np.zeros(5)), 5: fought(np.zeros(5))}, 3).threshold == 6 * single
