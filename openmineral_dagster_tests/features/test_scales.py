"""EWMA, GARCH and HAR volatilities against plain loops and known laws, and the edge of what they may know."""

import numpy as np
import polars as pl
import pytest
from threadpoolctl import threadpool_limits

from openmineral_dagster.features import scales
from openmineral_dagster.features.gjr import fit_gjr
from openmineral_dagster.features.volatility import ewma_vol
from openmineral_dagster_tests.forecasting.markets import clustered

RETURNS = np.concatenate([[np.nan], clustered(np.random.default_rng(3), 2500)])
FIT = scales.Garch(omega=1e-6, alpha=0.05, beta=0.94, nu=8.0)


def test_the_ewma_is_that_of_the_panel():
    expected = pl.DataFrame({"r": RETURNS[1:]}).select(ewma_vol(pl.col("r"), 0.97))["r"].to_numpy()
    assert np.sqrt(scales.ewma_variance(RETURNS, 0.97))[1:] == pytest.approx(expected, nan_ok=True)


def test_the_garch_variance_follows_its_recursion():
    path = scales.garch_variance(FIT, RETURNS)
    assert np.isnan(path[:22]).all()
    assert path[22] == pytest.approx((RETURNS[1:23] ** 2).mean())
    assert path[700] == pytest.approx(FIT.omega + FIT.alpha * RETURNS[700] ** 2 + FIT.beta * path[699])


@pytest.mark.parametrize("horizon", [1, 5, 21])
def test_the_garch_scale_adds_up_the_variances_expected_of_each_row(horizon):
    expected, variance = 0.0, scales.garch_variance(FIT, RETURNS)[900]
    for _ in range(horizon):
        expected += variance
        variance = FIT.omega + FIT.persistence * variance
    assert scales.garch_scale(FIT, RETURNS, horizon)[900] == pytest.approx(np.sqrt(expected))


def test_a_variance_that_never_returns_grows_with_the_horizon():
    forever = scales.Garch(0.0, 0.06, 0.94, 5.0)
    one, many = (scales.garch_scale(forever, RETURNS, horizon)[900] for horizon in (1, 21))
    assert many == pytest.approx(one * np.sqrt(21))


def test_the_fit_finds_the_law_that_made_the_returns():
    fit = scales.fit_garch(RETURNS)
    assert fit.persistence == pytest.approx(0.99, abs=0.03)
    assert fit.alpha == pytest.approx(0.05, abs=0.03)


@pytest.mark.parametrize("factor", [0.01, 100.0])
def test_the_fit_does_not_depend_on_the_unit_of_returns_but_for_where_the_optimiser_stops(factor):
    plain, scaled = scales.fit_garch(RETURNS), scales.fit_garch(RETURNS * factor)
    assert (scaled.alpha, scaled.beta) == pytest.approx((plain.alpha, plain.beta), rel=0.02)
    path = scales.garch_scale(scaled, RETURNS * factor, 5)[1000:]
    assert path == pytest.approx(factor * scales.garch_scale(plain, RETURNS, 5)[1000:], rel=0.02)


@pytest.mark.parametrize("returns", [RETURNS[:500], np.zeros(900), np.full(900, np.nan)])
def test_too_few_or_lifeless_returns_have_no_fit(returns):
    assert scales.fit_garch(returns) is None


def test_har_inputs_are_ratios_to_the_year_and_its_level():
    inputs, squares = scales.har_inputs(RETURNS), RETURNS**2
    level = 0.5 * np.log(squares[1001 - 250 : 1001].mean())
    month = squares[1001 - 22 : 1001]
    fell = month[RETURNS[1001 - 22 : 1001] < 0].sum() / month.sum()
    assert inputs[1000, 0] == pytest.approx(level)
    assert inputs[1000, 3] == pytest.approx(0.5 * np.log(month.mean()) - level)
    assert inputs[1000, 6] == pytest.approx(fell)
    assert np.isnan(inputs[249]).all()
    assert np.isfinite(inputs[250]).all()


@pytest.mark.parametrize(("horizon", "span"), [(1, 5), (5, 5), (21, 21)])
def test_the_har_target_is_the_rms_of_the_rows_ahead(horizon, span):
    ahead, year = (RETURNS[1001 : 1001 + span] ** 2).mean(), (RETURNS[751:1001] ** 2).mean()
    assert scales.har_target(RETURNS, horizon)[1000] == pytest.approx(0.5 * np.log(ahead / year))
    assert np.isnan(scales.har_target(RETURNS, horizon)[-span:]).all()


def test_har_follows_volatility_and_does_not_depend_on_the_unit():
    def path(returns):
        inputs, target = scales.har_inputs(returns), scales.har_target(returns, 5)
        return scales.har_scale(inputs, scales.fit_har(inputs[:2000], target[:2000]), 5)

    plain = path(RETURNS)
    assert path(RETURNS * 7.0) == pytest.approx(plain * 7.0, nan_ok=True)
    later = np.sqrt(np.convolve(RETURNS[1:] ** 2, np.ones(5), "valid"))[1000:2400]
    assert np.corrcoef(np.log(plain[1000:2400]), np.log(later))[0, 1] > 0.3


@pytest.mark.parametrize("still", [30, 300])
def test_prices_that_stand_still_have_a_floor_or_no_inputs_and_never_an_infinity(still):
    returns = RETURNS.copy()
    returns[1000 : 1000 + still] = 0.0
    inputs = scales.har_inputs(returns)
    assert not np.isinf(inputs).any()
    assert np.isfinite(inputs[1000 + min(still, 200)]).all()


def test_no_scale_reads_a_later_return():
    other = RETURNS.copy()
    other[1500:] *= -3.0
    for path in (
        lambda returns: scales.ewma_variance(returns, 0.94),
        lambda returns: scales.garch_scale(FIT, returns, 5),
        scales.har_inputs,
    ):
        assert np.array_equal(path(other)[:1500], path(RETURNS)[:1500], equal_nan=True)


@pytest.mark.parametrize("fit", [scales.fit_garch, fit_gjr])
def test_a_fit_does_not_depend_on_how_many_threads_the_machine_lends(fit):
    with threadpool_limits(1, "blas"):
        alone = fit(RETURNS)
    with threadpool_limits(2, "blas"):
        assert fit(RETURNS) == alone
