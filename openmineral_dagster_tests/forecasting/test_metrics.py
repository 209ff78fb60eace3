"""Metrics against figures worked out by hand or in the papers, and their behaviour where there is nothing to measure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm

from openmineral_dagster.forecasting import metrics
from openmineral_dagster.forecasting.models import NORMAL_MULTIPLIERS

RNG = np.random.default_rng(2)
NORMAL = RNG.standard_normal(4000)


def test_the_transform_of_a_true_forecast_is_uniform():
    transform = metrics.pit(np.broadcast_to(NORMAL_MULTIPLIERS, (4000, 23)), NORMAL)
    assert transform.mean() == pytest.approx(0.5, abs=0.01)
    assert transform.var() == pytest.approx(1 / 12, abs=0.003)


@pytest.mark.parametrize(("outcome", "expected"), [(0.0, 0.5), (1.2815516, 0.9), (-1.6448536, 0.05), (3.0902323, 0.999)])
def test_the_transform_of_a_normal_forecast_is_the_normal_distribution_function(outcome, expected):
    assert metrics.pit(NORMAL_MULTIPLIERS[None], np.array([outcome]))[0] == pytest.approx(expected, abs=1e-6)


def test_sharpness_is_the_mean_width():
    assert metrics.sharpness(np.array([NORMAL_MULTIPLIERS, 3 * NORMAL_MULTIPLIERS]), 90) == pytest.approx(2 * 2 * 1.6448536)


def test_mape_and_r2_by_hand():
    assert metrics.mape(np.array([100.0, 200.0]), np.array([110.0, 190.0])) == pytest.approx(0.075)
    assert metrics.r2_out_of_sample(np.array([1.0, -2.0]), np.array([0.5, -1.0])) == pytest.approx(0.75)
    assert metrics.r2_out_of_sample(np.array([1.0, -2.0]), np.array([-1.0, 0.0])) == pytest.approx(1 - 8 / 5)
    assert metrics.r2_out_of_sample(np.zeros(3), np.ones(3)) == 0.0
    assert metrics.r2_out_of_sample(np.array([1.0, 3.0]), np.array([1.0, 3.5]), reference=2.0) == pytest.approx(1 - 0.25 / 2)


def test_a_zero_names_no_direction():
    share, named = metrics.directional_accuracy(np.array([1.0, -1.0, 2.0, 0.0]), np.array([1.0, 1.0, 0.0, 1.0]))
    assert (share, named) == (0.5, 2)


def test_directions_drawn_apart_from_what_came_are_rejected_as_often_as_the_level_says():
    rng = np.random.default_rng(0)
    p = [metrics.pesaran_timmermann(rng.standard_normal(300), rng.standard_normal(300), 1)[1] for _ in range(600)]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.025)


def test_directions_that_are_right_more_often_are_found_and_always_up_in_a_rising_market_is_not():
    named = np.where(RNG.random(500) < 0.65, np.sign(NORMAL[:500]), -np.sign(NORMAL[:500]))
    assert metrics.pesaran_timmermann(NORMAL[:500], named, 1)[1] < 1e-4
    assert metrics.pesaran_timmermann(NORMAL[:500] + 1.0, np.ones(500), 21) == (0.0, 1.0)


def test_pesaran_timmermann_by_hand():
    """Signs less their means: (.5, .5, -.5, -.5) and (.75, -.25, -.25, -.25), covariance .125; their autocovariances at lags 0
    and 1 are (.25, .0625) and (.1875, -.015625), so the variance is .25 x .1875 - .0625 x .015625."""
    t, p = metrics.pesaran_timmermann(np.array([1.0, 2.0, -1.0, -3.0]), np.array([1.0, -1.0, -1.0, -1.0]), 1)
    assert t == pytest.approx(0.125 / np.sqrt((0.25 * 0.1875 - 0.0625 * 0.015625) / 4))
    assert p == pytest.approx(norm.sf(t))


def test_without_serial_dependence_it_is_the_statistic_of_1992():
    forecasts = NORMAL + 2.0 * np.random.default_rng(3).standard_normal(4000) + 0.5
    right, up, named = np.mean((NORMAL > 0) == (forecasts > 0)), np.mean(NORMAL > 0), np.mean(forecasts > 0)
    expected, n = up * named + (1 - up) * (1 - named), 4000
    of_expected = (2 * up - 1) ** 2 * named * (1 - named) / n + (2 * named - 1) ** 2 * up * (1 - up) / n
    of_expected += 4 * up * named * (1 - up) * (1 - named) / n**2
    classic = (right - expected) / np.sqrt(expected * (1 - expected) / n - of_expected)
    assert metrics.pesaran_timmermann(NORMAL, forecasts, 1)[0] == pytest.approx(classic, rel=0.05)


def test_a_forecast_that_is_always_right_is_found():
    turns = np.tile([1.0, -1.0], 250)
    assert metrics.pesaran_timmermann(turns, turns, 1)[1] < 1e-6


def test_slow_directions_over_outcomes_that_overlap_are_not_mistaken_for_knowledge():
    rng, rejected = np.random.default_rng(6), 0
    for _ in range(300):
        outcomes, slow = (np.convolve(rng.standard_normal(1020), np.ones(21), "valid") for _ in range(2))
        rejected += metrics.pesaran_timmermann(outcomes, slow, 21)[1] < 0.05
    assert rejected / 300 < 0.09


@given(st.lists(st.tuples(st.sampled_from([-1.0, 0.0, 1.0]), st.sampled_from([-1.0, 0.0, 1.0])), min_size=1, max_size=40))
@settings(deadline=None)
def test_whatever_the_signs_there_is_a_p_value(pairs):
    t, p = metrics.pesaran_timmermann(*np.array(pairs).T, 5)
    assert np.isfinite(t)
    assert 0.0 <= p <= 1.0


def test_zeros_point_nowhere_even_where_the_rest_points_one_way():
    outcomes = np.abs(NORMAL[:400])
    outcomes[::2] *= -1
    assert metrics.pesaran_timmermann(outcomes, np.where(outcomes > 0, 1.0, 0.0), 1) == (0.0, 1.0)


def test_diebold_mariano_of_independent_differences_is_about_the_t_statistic():
    t, p = metrics.diebold_mariano(NORMAL[:1000] + 0.1, 1)
    assert t == pytest.approx((NORMAL[:1000] + 0.1).mean() / NORMAL[:1000].std() * np.sqrt(1000), rel=0.15)
    assert 0 < p < 0.05


def test_overlap_widens_the_error_of_the_mean():
    overlapping = np.convolve(NORMAL, np.ones(21), "valid") + 2.0
    naive = overlapping.mean() / overlapping.std() * np.sqrt(len(overlapping))
    assert metrics.diebold_mariano(overlapping, 21)[0] < 0.4 * naive


@pytest.mark.parametrize(("horizon", "n"), [(1, 250), (5, 250), (21, 500)])
def test_a_claim_on_overlapping_outcomes_is_false_about_as_often_as_it_says(horizon, n):
    rng = np.random.default_rng(0)
    overlap = lambda: np.convolve(rng.standard_normal(n + horizon), np.ones(horizon), "valid")[:n]  # noqa: E731
    p = np.array([metrics.batch_p(overlap() * overlap(), horizon) for _ in range(800)])
    assert (p < 0.05).mean() < 0.085
    assert (p < 0.0025).mean() < 0.01


@pytest.mark.parametrize(("horizon", "n"), [(21, 17), (21, 250), (5, 40), (1, 5)])
def test_too_few_dates_claim_nothing_however_good_they_look(horizon, n):
    assert metrics.batch_p(1.0 + 0.01 * NORMAL[:n], horizon) == 1.0


def test_a_few_blocks_give_no_band():
    assert metrics.block_bootstrap_band(np.ones((60, 3)), 0.9, 21) == (0.0, 1.0)


def test_forecasts_that_differ_by_rounding_do_not_differ():
    assert metrics.diebold_mariano(np.full(100, 1e-17), 1) == (0.0, 0.5)
    assert metrics.diebold_mariano(np.array([0.3]), 1) == (0.0, 0.5)


def test_diebold_mariano_by_hand():
    """Differences 1, 2, 3, 2 about 2: autocovariances .5 and 0 at lags 0 and 1, so t is 2 over the root of .5 / 4."""
    t, p = metrics.diebold_mariano(np.array([1.0, 2.0, 3.0, 2.0]), 1)
    assert (t, p) == (pytest.approx(2 / np.sqrt(0.125)), pytest.approx(norm.sf(t)))


def test_costs_are_paid_on_what_changes():
    returns = metrics.strategy_returns(np.array([0.01, 0.02, -0.01]), np.array([1.0, 1.0, -1.0]), 0.001)
    assert returns == pytest.approx([0.009, 0.02, 0.008])


def test_the_sharpe_ratio_of_nothing_is_nothing():
    assert metrics.sharpe(np.zeros(10), 252) == 0.0
    assert metrics.sharpe(np.array([0.01, 0.03]), 252) == pytest.approx(2 * np.sqrt(252))


def test_the_deflated_sharpe_ratio_of_the_paper():
    """Bailey and Lopez de Prado 2014: annual 2.5 over 5 years of 250 days, 100 trials of annual variance 1/2, skewness -3,
    kurtosis 10. The benchmark is 0.1132 a day and the probability 0.9004."""
    benchmark = metrics.expected_maximum(100) * np.sqrt(0.5 / 250)
    assert benchmark == pytest.approx(0.1132, abs=5e-5)
    assert metrics.sharpe_probability(2.5 / np.sqrt(250), 1250, -3.0, 10.0, benchmark) == pytest.approx(0.9004, abs=5e-5)


def test_the_probability_of_a_ratio_above_nothing_is_a_half_where_there_is_none():
    returns = NORMAL[:500] - NORMAL[:500].mean()
    assert metrics.probabilistic_sharpe(returns) == pytest.approx(0.5)
    assert metrics.probabilistic_sharpe(returns + 0.1) == pytest.approx(norm.cdf(0.1 * np.sqrt(499)), abs=0.01)


def test_trials_that_differ_more_deflate_more():
    returns = 0.1 + NORMAL[:500]
    assert metrics.deflated_sharpe(returns, 20, variance=1 / 499) == metrics.deflated_sharpe(returns, 20)
    assert metrics.deflated_sharpe(returns, 20, variance=1 / 100) < metrics.deflated_sharpe(returns, 20)
    assert metrics.deflated_sharpe(returns, 1, variance=1 / 100) == metrics.probabilistic_sharpe(returns)


def test_more_trials_deflate_more():
    returns = 0.1 + NORMAL[:500]
    found = [metrics.deflated_sharpe(returns, trials) for trials in (1, 10, 1000)]
    assert found == sorted(found, reverse=True)
    assert metrics.deflated_sharpe(np.zeros(50), 5) == 0.0


def test_holm_by_hand():
    assert metrics.holm(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.06, 0.06])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
@settings(deadline=None)
def test_holm_never_makes_a_claim_easier_and_keeps_their_order(p_values):
    adjusted = metrics.holm(np.array(p_values))
    assert (adjusted >= np.array(p_values) - 1e-12).all()
    assert (np.diff(adjusted[np.argsort(p_values, kind="stable")]) >= -1e-12).all()


@pytest.mark.parametrize(("horizon", "points"), [(1, 0.9), (5, 1.4), (21, 2.8)])
def test_the_noise_of_a_true_range_over_1170_overlapping_days_is_as_measured(horizon, points):
    assert 100 * metrics._coverages(1170, horizon, 0.9).std() == pytest.approx(points, abs=0.1)


def test_one_row_ahead_the_band_is_binomial():
    low, high = binom.interval(0.99, 250, 0.9)
    assert metrics.perfect_coverage_band(250, 1, 0.9, 0.99) == (low / 250, high / 250)
    assert metrics.perfect_coverage_band(0, 5, 0.9, 0.99) == (0.0, 1.0)


@pytest.mark.parametrize(("dates", "horizon"), [(500, 1), (250, 1), (250, 21)])
def test_a_true_range_stays_in_its_bootstrap_band_about_as_often_as_it_says(dates, horizon):
    rng, inside = np.random.default_rng(8), []
    for seed in range(200):
        moves = rng.standard_normal(dates + horizon)[:, None] * 0.6 + rng.standard_normal((dates + horizon, 8)) * 0.8
        walked = np.cumsum(moves, axis=0)
        distances = np.abs(walked[horizon:] - walked[:-horizon]) / np.sqrt(horizon)
        for nominal in (0.5, 0.9, 0.95):
            low, high = metrics.block_bootstrap_band(distances, nominal, max(21, 2 * horizon), seed=seed)
            inside.append(low <= (distances <= norm.ppf(0.5 + nominal / 2)).mean() <= high)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.04)


def test_ranges_that_hold_everything_are_judged_by_what_a_true_one_would_hold():
    distances = np.abs(NORMAL[:2000].reshape(500, 4))
    assert metrics.block_bootstrap_band(distances / 10, 0.9, 21) == metrics.block_bootstrap_band(distances, 0.9, 21)
    low, high = metrics.block_bootstrap_band(distances / 10, 0.9, 21)
    assert 0.87 < low < 0.895
    assert 0.905 < high < 0.93


def test_outcomes_that_all_fell_alike_tell_no_band():
    assert metrics.block_bootstrap_band(np.zeros((500, 3)), 0.9, 21) == (0.0, 1.0)


def test_what_happened_together_counts_once():
    alone = np.abs(NORMAL[:500, None])
    narrow = metrics.block_bootstrap_band(np.abs(NORMAL.reshape(500, 8)), 0.9, 21)
    wide = metrics.block_bootstrap_band(np.repeat(alone, 8, axis=1), 0.9, 21)
    assert wide == pytest.approx(metrics.block_bootstrap_band(alone, 0.9, 21), abs=1e-12)
    assert wide[1] - wide[0] > 1.8 * (narrow[1] - narrow[0])
