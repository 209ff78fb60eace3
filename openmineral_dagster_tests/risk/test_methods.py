"""Every method's figures: known answers, signs, scale, and what may not change them."""

from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from scipy.stats import t as student

from openmineral_dagster.features.gjr import Gjr, fit_gjr, gjr_variance
from openmineral_dagster.risk.fits import Fits
from openmineral_dagster.risk.methods import (
    AVERAGE4,
    AVERAGE4_MARGIN,
    EWMA94_NORMAL,
    HISTORICAL_500,
    MEMBERS,
    MONTE_CARLO_T,
    book_of,
    draws,
    estimates,
)
from openmineral_dagster.risk.tails import normal, student_t, var_and_es
from openmineral_dagster_tests.risk.markets import DAYS, NIGHT, PRICES, market, series

COPPER, GOLD = ("CU", "3m"), ("GC", "front")
FITS = Fits()
BOOKS = {"long": {COPPER: 100.0}, "short": {COPPER: -100.0}, "mixed": {COPPER: 100.0, GOLD: -300.0}}


@pytest.fixture(scope="module")
def known():
    return market()


def figures(known, sizes, horizon=1, night=NIGHT):
    return estimates(book_of(known, night, sizes, FITS), horizon)


def test_the_99_percent_var_of_500_scenarios_is_the_sixth_worst_loss():
    var, es = var_and_es(np.arange(500.0), Fraction(99, 100))
    assert (var, es) == (494.0, 497.0)


def test_the_975_percent_expected_shortfall_averages_the_worst_thirteen_of_500():
    var, es = var_and_es(np.arange(500.0), Fraction(975, 1000))
    assert (var, es) == (487.0, np.arange(487.0, 500.0).mean())


@given(st.lists(st.floats(-1e6, 1e6), min_size=100, max_size=600))
def test_expected_shortfall_is_never_below_value_at_risk_nor_falls_with_the_level(losses):
    found = [var_and_es(np.array(losses), level) for level in (Fraction(95, 100), Fraction(975, 1000), Fraction(99, 100))]
    assert all(es >= var - 1e-6 for var, es in found)
    assert found == sorted(found)


def test_parametric_figures_are_those_of_the_distributions():
    assert normal(2.0, 1).var == pytest.approx(2.0 * norm.ppf([0.95, 0.975, 0.99]))
    assert normal(1.0, 1).es[1] == pytest.approx(2.3378, abs=1e-4)
    drawn = student.rvs(5, size=2_000_000, random_state=1) * np.sqrt(3 / 5)
    told = student_t(1.0, 5.0, 1)
    assert told.var[2] == pytest.approx(-np.quantile(drawn, 0.01), rel=0.01)
    assert told.es[2] == pytest.approx(-drawn[drawn <= np.quantile(drawn, 0.01)].mean(), rel=0.01)


def test_historical_simulation_revalues_todays_exposure_under_the_last_500_moves(known):
    prices = PRICES.filter((pl.col("instrument") == "CU") & (pl.col("tenor") == "3m"))["price"].to_numpy()
    losses = -100.0 * prices[-1] * (prices[1:] / prices[:-1] - 1.0)[-500:]
    assert figures(known, BOOKS["long"])[HISTORICAL_500].var[2] == pytest.approx(np.sort(losses)[::-1][5])


@pytest.mark.parametrize("horizon", [1, 10])
def test_filtered_history_takes_each_move_over_the_volatility_it_began_with(known, horizon):
    prices = PRICES.filter((pl.col("instrument") == "CU") & (pl.col("tenor") == "3m"))["price"].to_numpy()
    returns = prices[1:] / prices[:-1] - 1.0
    variance = [np.mean(returns[:22] ** 2)]
    for move in returns[22:]:
        variance.append(0.94 * variance[-1] + 0.06 * move**2)
    scale = dict(enumerate(np.sqrt(variance), start=22))  # by the number of moves it knows
    ends = range(22 + horizon, len(returns) + 1)
    residuals = [(prices[end] / prices[end - horizon] - 1.0) / scale[end - horizon] for end in ends][-1000:]
    worst = sorted((-residual for residual in residuals), reverse=True)[len(residuals) // 100]
    expected = worst * scale[len(returns)] * 100.0 * prices[-1]
    assert figures(known, BOOKS["long"], horizon)["fhs_ewma94"].var[2] == pytest.approx(expected, rel=1e-9)


def test_a_price_below_zero_is_moved_in_absolute_terms():
    oil = series("CL", "front", np.r_[20.0 + np.sin(np.arange(198.0)), -37.0, 10.0])
    book = book_of(market(oil), NIGHT, {("CL", "front"): 1000.0}, Fits())
    assert book.pnl[1][-2:].tolist() == pytest.approx([-57000.0 - 1000.0 * np.sin(197.0), 47000.0])


def test_every_method_has_figures_that_rise_with_the_level(known):
    for sizes in BOOKS.values():
        for horizon in (1, 10):
            found = figures(known, sizes, horizon)
            assert {*MEMBERS, AVERAGE4, AVERAGE4_MARGIN, MONTE_CARLO_T, EWMA94_NORMAL} <= set(found)
            for each in found.values():
                assert (np.diff(each.var) > 0).all()
                assert (each.es > each.var).all()


def test_the_average_is_that_of_four_and_its_margin_is_on_the_tail_alone(known):
    found = figures(known, BOOKS["mixed"])
    assert found[AVERAGE4].var == pytest.approx(np.mean([found[name].var for name in MEMBERS], axis=0))
    assert found[AVERAGE4_MARGIN].var / found[AVERAGE4].var == pytest.approx([1.0, 1.05, 1.05])


@pytest.mark.parametrize("horizon", [1, 10])
def test_figures_scale_with_the_size_of_the_book_and_not_with_the_unit_of_the_price(known, horizon):
    once, thrice = (figures(known, {COPPER: size}, horizon) for size in (100.0, 300.0))
    cents = market(PRICES.with_columns(pl.col("price") * 100))
    in_cents = figures(cents, BOOKS["long"], horizon)
    for name, found in once.items():
        assert thrice[name].var == pytest.approx(3.0 * found.var, rel=1e-6)
        assert in_cents[name].var == pytest.approx(100.0 * found.var, rel=1e-6)


def test_symmetric_methods_give_a_short_what_they_give_the_long(known):
    long, short = (figures(known, BOOKS[name]) for name in ("long", "short"))
    assert short[EWMA94_NORMAL].var == pytest.approx(long[EWMA94_NORMAL].var)
    assert len(FITS.garch) == len({*FITS.garch})
    assert short["fhs_ewma94"].var != pytest.approx(long["fhs_ewma94"].var)


def test_the_future_changes_no_figure(known):
    night = DAYS[-30]
    noisy = PRICES.with_columns(price=pl.when(pl.col("price_date") > night).then(pl.col("price") * 2).otherwise("price"))
    plain, other = (figures(prices, BOOKS["mixed"], 10, night) for prices in (known, market(noisy)))
    for name, found in plain.items():
        assert np.array_equal(found.var, other[name].var)


def test_a_night_alone_says_what_the_view_of_a_later_one_says_of_it(known):
    night = DAYS[-30]
    alone = market(PRICES.filter(pl.col("price_date") <= night), last=night)
    for name, found in figures(known, BOOKS["mixed"], 1, night).items():
        assert np.array_equal(found.es, estimates(book_of(alone, night, BOOKS["mixed"], Fits()), 1)[name].es)


def test_a_short_history_has_fewer_methods_and_a_shorter_one_none():
    def names(rows):
        prices = PRICES.filter(pl.col("price_date") > DAYS[-rows])
        return set(estimates(book_of(market(prices), NIGHT, BOOKS["long"], Fits()), 1))

    assert names(400) == {HISTORICAL_500, EWMA94_NORMAL, "fhs_ewma94", "fhs_ewma97", MONTE_CARLO_T}
    assert names(150) == {HISTORICAL_500, EWMA94_NORMAL, MONTE_CARLO_T}
    assert names(90) == set()


def test_a_book_that_nets_to_nothing_can_lose_nothing(known):
    assert figures(known, {COPPER: 0.0})[HISTORICAL_500].var.tolist() == [0.0, 0.0, 0.0]


def test_a_book_that_never_moved_has_figures_of_zero_where_it_has_any():
    flat = market(series("CU", "3m", np.full(len(DAYS), 9000.0)))
    found = estimates(book_of(flat, NIGHT, BOOKS["long"], Fits()), 1)
    assert found[HISTORICAL_500].var.tolist() == [0.0, 0.0, 0.0]
    assert not set(MEMBERS) <= set(found)


def test_simulated_draws_have_unit_variance_a_row_and_mirror_each_other():
    drawn = draws(2, 6.0, 10, 20_000)
    assert drawn.mean() == pytest.approx(0.0, abs=1e-12)
    assert (drawn**2).mean() == pytest.approx(10.0, rel=0.05)
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.05


def test_monte_carlo_keeps_the_correlation_of_its_series(known):
    apart = [figures(known, {name: BOOKS["mixed"][name]})[MONTE_CARLO_T].var[0] for name in BOOKS["mixed"]]
    together = figures(known, BOOKS["mixed"])[MONTE_CARLO_T].var[0]
    assert together == pytest.approx(np.hypot(*apart), rel=0.12)  # independent walks


def test_gjr_finds_that_falls_raise_volatility():
    random, truth = np.random.default_rng(11), Gjr(2e-6, 0.02, 0.12, 0.90, 8.0)
    returns, variance = np.zeros(4000), truth.long_run
    for row in range(4000):
        returns[row] = np.sqrt(variance) * random.standard_t(8.0) * np.sqrt(6.0 / 8.0)
        variance = truth.omega + (truth.alpha + truth.gamma * (returns[row] < 0)) * returns[row] ** 2 + truth.beta * variance
    found = fit_gjr(returns)
    assert found.gamma > 0.05
    assert found.persistence == pytest.approx(truth.persistence, abs=0.03)
    assert fit_gjr(-returns).gamma < 0.02
    assert np.sqrt(gjr_variance(found, returns)[-1]) == pytest.approx(np.sqrt(variance), rel=0.15)
