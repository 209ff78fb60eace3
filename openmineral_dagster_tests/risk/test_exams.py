"""The exams: known answers, what each must and must not notice, and nothing divided by zero."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chi2, norm

from openmineral_dagster.risk import exams

LEVELS = (0.05, 0.025, 0.01)


def transitions_of(hits):
    return np.array([[((hits[:-1] == a) & (hits[1:] == b)).sum(axis=0) for b in (0, 1)] for a in (0, 1)])


def quantile_p(hits, var, tail):
    lagged = np.stack([hits[exams.LAGS - lag : len(hits) - lag] for lag in range(1, exams.LAGS + 1)])
    counts, sums = exams.quantile_terms(hits[exams.LAGS :], lagged, var[exams.LAGS :])
    return exams.dynamic_quantile(counts.sum(axis=1, dtype=int), sums.sum(axis=1), tail)


def z2_of(losses, var, es, tail):
    return exams.z2(exams.shortfall_ratio(losses, var, es).sum(axis=0), len(losses), tail)


def normal_figures(tail):
    """Value at risk and expected shortfall of a standard normal loss."""
    return norm.isf(tail), norm.pdf(norm.isf(tail)) / tail


@pytest.mark.parametrize(("tail", "accepted"), [(0.01, range(1, 7)), (0.05, range(7, 21))])
def test_kupiec_does_not_reject_these_breaches_of_255_nights_at_five_percent(tail, accepted):
    _, p = exams.kupiec(np.arange(256), np.full(256, 255), tail)
    assert np.flatnonzero(p > 0.05).tolist() == list(accepted)


def test_three_breaches_in_250_nights_at_one_percent_have_a_kupiec_ratio_of_0_0949():
    ratio, p = exams.kupiec(np.array(3), np.array(250), 0.01)
    assert ratio == pytest.approx(0.0949, abs=5e-5)
    assert p == pytest.approx(chi2.sf(0.0949, 1), abs=1e-4)


@pytest.mark.parametrize(("breaches", "share"), [(0, 8.11), (1, 28.58), (2, 54.32), (3, 75.81), (4, 89.22)])
def test_the_chance_of_at_most_so_many_breaches_in_250_nights_is_the_basel_committees(breaches, share):
    assert 100 * exams.chance_of_so_few(breaches, 250, 0.01) == pytest.approx(share, abs=0.005)


def test_the_light_is_green_to_four_breaches_yellow_to_nine_and_red_from_ten():
    lights = exams.traffic_light(np.arange(20), 250, 0.01).tolist()
    assert lights == ["green"] * 5 + ["yellow"] * 5 + ["red"] * 10


def test_no_breach_and_all_breaches_have_the_ratios_of_their_likelihoods():
    ratio, p = exams.kupiec(np.array([0, 250]), np.array([250, 250]), 0.01)
    assert ratio == pytest.approx([-500 * np.log(0.99), -500 * np.log(0.01)])
    assert p[1] == 0.0


@pytest.mark.parametrize(
    "cells", [[[249, 0], [0, 0]], [[0, 0], [0, 249]], [[246, 1], [1, 0]], [[0, 0], [0, 0]], [[0, 1], [0, 0]]]
)
def test_an_empty_cell_of_transitions_divides_by_nothing(cells):
    with np.errstate(all="raise"):
        ratio, p = exams.independence(np.array(cells))
    assert ratio >= 0.0
    assert 0.0 < p <= 1.0


def test_where_no_night_or_every_night_breached_independence_has_nothing_to_say():
    for cells in ([[249, 0], [0, 0]], [[0, 0], [0, 249]]):
        assert exams.independence(np.array(cells)) == (0.0, 1.0)


def test_independence_is_the_likelihood_ratio_of_christoffersen():
    (quiet, begins), (ends, goes_on) = cells = np.array([[230, 8], [7, 4]])
    after_none, after_one, any_night = 8 / 238, 4 / 11, 12 / 249
    apart = (
        quiet * np.log(1 - after_none) + begins * np.log(after_none) + ends * np.log(1 - after_one) + goes_on * np.log(after_one)
    )
    alike = (quiet + ends) * np.log(1 - any_night) + (begins + goes_on) * np.log(any_night)
    assert exams.independence(cells)[0] == pytest.approx(2 * (apart - alike))


def test_conditional_coverage_adds_both_ratios_with_two_degrees():
    cells = np.array([[230, 8], [7, 4]])
    ratio, p = exams.conditional_coverage(np.array(12), np.array(250), 0.05, cells)
    assert ratio == exams.kupiec(np.array(12), np.array(250), 0.05)[0] + exams.independence(cells)[0]
    assert p == pytest.approx(chi2.sf(ratio, 2))


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e9])
@pytest.mark.parametrize("seed", range(5))
def test_the_dynamic_quantile_is_the_projection_of_engle_and_manganelli_in_any_unit(seed, unit):
    random = np.random.default_rng(seed)
    losses, var = random.standard_normal(250), 1.6 * np.exp(0.2 * random.standard_normal(250))
    hits = losses > var
    regressors = np.column_stack([np.ones(246), *(hits[4 - lag : 250 - lag] for lag in range(1, 5)), var[4:]])
    centred = hits[4:] - 0.05
    explained = regressors @ np.linalg.lstsq(regressors, centred, rcond=None)[0]
    assert quantile_p(hits, unit * var, 0.05) == pytest.approx(chi2.sf(explained @ explained / (0.05 * 0.95), 6), rel=1e-9)


def test_the_dynamic_quantile_says_nothing_where_its_regressors_are_not_independent():
    var, hits = 1.0 + np.random.default_rng(1).random(250), np.zeros((3, 250), bool)
    hits[1, -1] = hits[2, 100:103] = True
    figures = (var, var, np.ones(250))
    assert np.isnan([quantile_p(hit, figure, 0.01) for hit, figure in zip(hits, figures, strict=True)]).all()


def test_one_series_that_cannot_be_tested_leaves_the_others_alone():
    random = np.random.default_rng(2)
    hits, var = random.random((250, 2)) < 0.05, 1.0 + random.random((250, 2))
    hits[:, 0] = False
    p = quantile_p(hits, var, 0.05)
    assert np.isnan(p[0])
    assert p[1] == quantile_p(hits[:, 1], var[:, 1], 0.05)


def test_z2_is_zero_of_losses_on_their_shortfall_one_without_a_breach_and_negative_where_risk_is_understated():
    losses = np.zeros(100)
    assert z2_of(losses, np.ones(100), np.full(100, 2.0), 0.05) == 1.0
    losses[:5] = 2.0
    assert z2_of(losses, np.ones(100), np.full(100, 2.0), 0.05) == pytest.approx(0.0)
    assert z2_of(losses, np.ones(100), np.ones(100), 0.05) == pytest.approx(-1.0)


def test_a_night_without_a_positive_shortfall_has_no_ratio_and_z2_of_no_night_is_unknown():
    assert np.isnan(exams.shortfall_ratio(np.array([1.0, 1.0]), np.array([0.0, -2.0]), np.array([0.0, -1.0]))).all()
    assert np.isnan(exams.z2(np.array(0.0), np.array(0), 0.01))


def test_fz0_is_the_published_formula_for_losses_that_are_positive():
    returns, v, e, tail = np.array([-3.0, 1.0]), -2.0, -2.5, 0.025
    published = -np.where(returns <= v, v - returns, 0.0) / (tail * e) + v / e + np.log(-e) - 1
    assert exams.fz0(-returns, np.full(2, -v), np.full(2, -e), tail) == pytest.approx(published)


def test_fz0_is_only_of_figures_in_order_above_zero():
    assert np.isnan(exams.fz0(np.ones(4), np.array([0.0, -1.0, 2.0, np.nan]), np.array([1.0, 1.0, 1.5, 1.0]), 0.01)).all()


def test_fz0_is_lowest_at_the_true_figures():
    losses = np.random.default_rng(3).standard_normal(200_000)
    var, es = normal_figures(0.025)
    means = [
        exams.fz0(losses, np.full_like(losses, factor * var), np.full_like(losses, factor * es), 0.025).mean()
        for factor in (0.8, 0.9, 1.0, 1.1, 1.25)
    ]
    assert np.argmin(means) == 2


@given(st.floats(1e-6, 1e9), st.integers(0, 2**32 - 1))
def test_currency_units_change_no_exam_and_move_fz0_by_a_constant(unit, seed):
    random = np.random.default_rng(seed)
    losses, var = random.standard_normal(250), 1.5 + random.random(250)
    es = 1.2 * var
    assert z2_of(unit * losses, unit * var, unit * es, 0.05) == pytest.approx(z2_of(losses, var, es, 0.05), abs=1e-9)
    moved = exams.fz0(unit * losses, unit * var, unit * es, 0.05) - exams.fz0(losses, var, es, 0.05)
    assert moved == pytest.approx(np.log(unit), abs=1e-8)


@given(st.permutations(range(60)))
def test_the_order_of_nights_is_noticed_by_the_tests_of_independence_alone(order):
    random = np.random.default_rng(4)
    hits = np.arange(60) < 12
    losses, var = np.where(hits, 3.0, 0.0) + 0.1 * random.random(60), 2.0 + 0.1 * random.random(60)
    shuffled = losses[order], var[order]
    assert exams.breach(*shuffled).sum() == hits.sum()
    assert z2_of(*shuffled, 1.2 * shuffled[1], 0.05) == pytest.approx(z2_of(losses, var, 1.2 * var, 0.05))


def test_breaches_in_a_row_fail_independence_and_the_dynamic_quantile_and_spread_out_do_not():
    var = 1.0 + np.random.default_rng(5).random(250)
    together, apart = np.zeros(250, bool), np.zeros(250, bool)
    together[100:112] = True
    apart[np.random.default_rng(5).choice(125, 12, replace=False) * 2] = True
    assert exams.independence(transitions_of(together))[1] < 1e-6
    assert exams.independence(transitions_of(apart))[1] > 0.1
    assert quantile_p(together, var, 0.05) < 1e-6
    assert quantile_p(apart, var, 0.05) > 0.1


@pytest.fixture(scope="module")
def perfect():
    """20,000 windows of 250 standard normal losses, (nights, windows)."""
    return np.random.default_rng(6).standard_normal((250, 20_000))


@pytest.mark.parametrize("tail", LEVELS)
def test_a_true_model_fails_kupiec_as_often_as_the_binomial_law_says(perfect, tail):
    breaches = (perfect > normal_figures(tail)[0]).sum(axis=0)
    rejected = exams.kupiec(np.arange(251), np.full(251, 250), tail)[1] < 0.05
    expected = binom.pmf(np.arange(251), 250, tail)[rejected].sum()
    found = (exams.kupiec(breaches, np.full(breaches.shape, 250), tail)[1] < 0.05).mean()
    assert found == pytest.approx(expected, abs=4 * np.sqrt(expected / 20_000))


def test_a_true_model_is_green_in_89_of_100_windows_and_hardly_ever_red(perfect):
    lights = exams.traffic_light((perfect > normal_figures(0.01)[0]).sum(axis=0), 250, 0.01)
    assert (lights == "green").mean() == pytest.approx(0.892, abs=0.012)
    assert (lights == "red").mean() < 0.002


def test_z2_of_a_true_model_is_zero_and_falls_below_minus_0_70_in_one_of_twenty_windows(perfect):
    var, es = normal_figures(0.025)
    found = z2_of(perfect, np.full((250, 1), var), np.full((250, 1), es), 0.025)
    assert found.mean() == pytest.approx(0.0, abs=0.02)
    assert (found < -0.70).mean() == pytest.approx(0.05, abs=0.01)


def test_a_true_model_passes_coverage_and_the_dynamic_quantile_about_as_often_as_promised(perfect):
    hits = perfect > normal_figures(0.05)[0]
    _, p = exams.conditional_coverage(hits.sum(axis=0), np.full(hits.shape[1], 250), 0.05, transitions_of(hits))
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.03)
    var = np.exp(0.2 * np.random.default_rng(7).standard_normal((1000, 4000)))
    long_run = np.random.default_rng(8).random((1000, 4000)) < 0.05
    assert (quantile_p(long_run, var, 0.05) < 0.05).mean() == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("tail", LEVELS)
def test_figures_a_third_too_low_are_found_out_by_number_shortfall_and_light(perfect, tail):
    var, es = (figure / 1.5 for figure in normal_figures(tail))
    breaches = (perfect > var).sum(axis=0)
    assert (exams.kupiec(breaches, np.full(breaches.shape, 250), tail)[1] < 0.05).mean() > 0.9
    assert (z2_of(perfect, np.full((250, 1), var), np.full((250, 1), es), tail) < -0.70).mean() > 0.9
    assert (exams.traffic_light(breaches, 250, tail) != "green").mean() > 0.9


def test_figures_half_too_high_are_found_out_by_the_two_sided_test_while_the_light_is_green(perfect):
    breaches = (perfect > 1.5 * normal_figures(0.05)[0]).sum(axis=0)
    assert (exams.kupiec(breaches, np.full(breaches.shape, 250), 0.05)[1] < 0.05).mean() > 0.9
    assert (exams.traffic_light(breaches, 250, 0.05) == "green").all()
