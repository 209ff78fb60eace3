"""Every model against brute force or its law, and the edge of what it may know."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from openmineral_dagster.features import scales
from openmineral_dagster.forecasting import models
from openmineral_dagster.forecasting.models import MEMBERS, SIMPLE_MODELS
from openmineral_dagster.forecasting.quantiles import HORIZONS, QUANTILES, level_index
from openmineral_dagster.forecasting.study import market_of
from openmineral_dagster_tests.forecasting.markets import LAST, market, with_other_future

PRICES = market(rows=1200)
MARKET = market_of(PRICES, {})
SERIES = MARKET.series[1]
THROUGH = date(2024, 5, 31)
ROWS = np.arange(SERIES.rows_through(THROUGH), SERIES.rows_through(date(2024, 6, 28)))
EVERY = (*SIMPLE_MODELS, *MEMBERS)
HIST500 = EVERY[0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1200), st.sampled_from(HORIZONS))
def test_hist500_is_the_sample_quantile_of_the_last_500_returns_that_ended_by_the_origin(row, horizon):
    known = SERIES.log_prices[: row + 1]
    moves = (known[horizon:] - known[:-horizon])[-500:]
    found = HIST500.fit(MARKET, THROUGH)(1, np.array([row]), horizon)[0]
    if len(moves) < 60:
        assert np.isnan(found).all()
    else:
        assert found == pytest.approx(np.quantile(moves, QUANTILES), abs=1e-12)


@pytest.mark.parametrize("model", EVERY, ids=lambda model: model.name)
@pytest.mark.parametrize("horizon", HORIZONS)
def test_a_history_of_origins_gives_what_each_origin_gives_alone(model, horizon):
    predict = model.fit(MARKET, THROUGH)
    together = predict(1, ROWS, horizon)
    assert np.isfinite(together).all()
    assert np.array_equal(together, np.concatenate([predict(1, ROWS[[at]], horizon) for at in range(len(ROWS))]))


@pytest.mark.parametrize("model", EVERY, ids=lambda model: model.name)
def test_quantiles_rise_and_all_but_the_empirical_say_no_change(model):
    quantiles = model.fit(MARKET, THROUGH)(1, ROWS, 5)
    assert (np.diff(quantiles, axis=1) >= 0).all()
    if model is not HIST500:
        assert (quantiles[:, level_index(0.5)] == 0.0).all()


@pytest.mark.parametrize("model", EVERY, ids=lambda model: model.name)
def test_no_model_reads_a_row_after_its_origin(model):
    origin = ROWS[5]
    changed = market_of(with_other_future(PRICES, SERIES.price_dates[origin].item()), {})
    for horizon in HORIZONS:
        plain = model.fit(market_of(PRICES, {}), THROUGH)(1, ROWS[:6], horizon)
        assert np.array_equal(model.fit(changed, THROUGH)(1, ROWS[:6], horizon), plain)


@pytest.mark.parametrize("model", EVERY, ids=lambda model: model.name)
def test_no_model_depends_on_the_unit_of_the_price(model):
    rescaled = market_of(PRICES.with_columns(price=PRICES["price"] * 2204.6), {})
    plain = model.fit(MARKET, THROUGH)(1, ROWS, 5)
    assert model.fit(rescaled, THROUGH)(1, ROWS, 5) == pytest.approx(plain, rel=0.03)  # as far as the optimiser goes


def test_the_normal_range_has_no_drift_and_grows_with_the_root_of_the_horizon():
    predict = EVERY[1].fit(MARKET, THROUGH)
    one, five = (predict(1, ROWS[:1], horizon)[0] for horizon in (1, 5))
    assert five == pytest.approx(np.sqrt(5) * one)
    assert one[level_index(0.95)] == pytest.approx(norm.ppf(0.95) * np.sqrt(scales.ewma_variance(SERIES.returns, 0.97)[ROWS[0]]))


def test_filtered_history_is_the_scaled_past_centred_on_its_median():
    path = np.sqrt(5 * scales.ewma_variance(SERIES.returns, 0.97))
    end = SERIES.rows_through(THROUGH)
    moves = SERIES.log_prices[5:end] - SERIES.log_prices[: end - 5]
    residuals = (moves / path[: end - 5])[np.isfinite(path[: end - 5])][-1500:]
    expected = np.quantile(residuals, QUANTILES) - np.median(residuals)
    found = models.Scaled("fhs", "ewma97", models.own_past).fit(MARKET, THROUGH)(1, ROWS[:1], 5)[0]
    assert found == pytest.approx(expected * path[ROWS[0]])


def test_pooled_residuals_are_those_of_every_series_with_both_signs():
    sizes = [np.abs(models.residuals_known(MARKET, "ewma97", index, THROUGH, 1)) for index in range(4)]
    both = np.concatenate([*sizes, *(-size for size in sizes)])
    found = models.pooled_mirrored(MARKET, "ewma97", 1, THROUGH, 1)
    assert found == pytest.approx(-found[::-1])
    assert found == pytest.approx(np.quantile(both, QUANTILES), abs=0.02)


def test_a_long_horizon_of_student_shocks_comes_closer_to_the_normal():
    fat = scales.Garch(1e-6, 0.0, 0.0, 4.0)
    tail = level_index(0.99)
    one, many = (models.simulated_multipliers(fit=fat, horizon=horizon)[tail] for horizon in (1, 21))
    assert one > many > norm.ppf(0.99) - 0.15


def test_too_short_a_history_has_no_range_rather_than_a_guess():
    short = market_of(market(rows=61, symbols=(("CU", "3m"),)), {})
    row = np.array([61])
    known = {model.name for model in EVERY if np.isfinite(model.fit(short, LAST)(0, row, 1)).all()}
    assert known == {"hist500", "ewma97_normal"}


def test_prices_that_never_moved_have_no_scaled_range():
    still = market_of(market(draw=lambda rng, rows: np.zeros(rows), rows=700), {})
    assert np.isnan(EVERY[1].fit(still, LAST)(0, np.array([700]), 1)).all()
