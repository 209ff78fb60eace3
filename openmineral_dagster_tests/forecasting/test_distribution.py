"""The forecast of a night: its contract, its champions, and what may not change it."""

import time
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from openmineral_dagster.features.panel import feature_history
from openmineral_dagster.forecasting.distribution import forecast
from openmineral_dagster.forecasting.network import train
from openmineral_dagster.forecasting.quantiles import QUANTILES
from openmineral_dagster.forecasting.scorecard import scorecard
from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import PRICE_DISTRIBUTION
from openmineral_dagster_tests.forecasting.markets import LAST, SYMBOLS, market, prices_of, with_other_future

CELL = ["instrument", "tenor", "horizon_days"]
PRICES = market()
NETWORK = train(feature_history(PRICES), LAST - timedelta(days=92))
FORECAST = forecast(PRICES, LAST, NETWORK, promoted=False)


def champions(frame):
    return frame.filter("champion").select(*CELL, "model", "gate_status").unique().sort(CELL)


def test_the_forecast_conforms_with_every_level_of_every_model():
    require_valid(FORECAST, PRICE_DISTRIBUTION)
    assert FORECAST.height == 3 * len(SYMBOLS) * 3 * len(QUANTILES)


@pytest.mark.parametrize("promoted", [True, False])
def test_exactly_one_model_is_champion_of_each_series_and_horizon(promoted):
    frame = forecast(PRICES, LAST, NETWORK, promoted)
    levels = frame.filter("champion").group_by(*CELL, "quantile").len()
    assert levels.height == len(SYMBOLS) * 3 * len(QUANTILES)
    assert levels["len"].unique().to_list() == [1]
    assert set(champions(frame)["model"]) == {"quantile_network" if promoted else "ewma97_normal"}


def test_a_promoted_network_says_how_many_outcomes_it_has():
    status = champions(forecast(PRICES, LAST, NETWORK, promoted=True)).filter(pl.col("horizon_days") == 1)["gate_status"]
    assert status.unique().to_list() == ["not yet earned: 65 of 250 outcomes"]


def test_quantiles_rise_and_prices_follow_from_the_last_one():
    steps = FORECAST.sort("quantile").select(pl.col("log_return", "price").diff().over(*CELL, "model")).drop_nulls()
    assert (steps["log_return"] > 0).all()
    assert (steps["price"] > 0).all()
    last = PRICES.group_by("instrument").agg(last=pl.col("price").last())
    joined = FORECAST.join(last, on="instrument")
    assert joined["price"].to_numpy() == pytest.approx((joined["last"] * joined["log_return"].exp()).to_numpy())


def test_each_row_names_the_version_that_made_it():
    versions = dict(FORECAST.select("model", "model_version").unique().rows())
    assert versions == {"ewma97_normal": "1", "hist500": "1", "quantile_network": NETWORK.version}


def jumpy(rng, rows):
    """One day in five moves five percent, the others hardly: volatility alone cannot place the tails."""
    return np.where(rng.random(rows) < 0.2, 0.05, 0.001) * rng.choice([-1, 1], rows) * rng.uniform(0.9, 1.1, rows)


def test_a_range_that_does_not_cover_is_replaced_by_the_empirical_one():
    frame = champions(forecast(market(jumpy, symbols=(("CU", "3m"),)), LAST, None, promoted=False))
    one_day = frame.filter(pl.col("horizon_days") == 1).row(0, named=True)
    assert one_day["model"] == "hist500"
    assert one_day["gate_status"].startswith("replaced: ewma97_normal 90% coverage 0.8")


def test_without_a_network_there_are_the_baselines_whatever_was_promoted():
    frame = forecast(PRICES, LAST, None, promoted=True)
    assert_frame_equal(frame, FORECAST.filter(pl.col("model") != "quantile_network"), check_exact=True)


def test_a_young_series_is_forecast_by_what_it_has_and_says_it_has_earned_nothing():
    frame = forecast(market(rows=62, symbols=(("CU", "3m"),)), LAST, NETWORK, promoted=True)
    require_valid(frame, PRICE_DISTRIBUTION)
    assert set(champions(frame)["model"]) == {"ewma97_normal"}
    statuses = dict(champions(frame).select("horizon_days", "gate_status").rows())
    assert statuses == {1: "not yet earned: 2 of 250 outcomes", **dict.fromkeys((5, 21), "not yet earned: 0 of 250 outcomes")}


def test_nothing_to_forecast_gives_no_rows():
    assert require_valid(forecast(PRICES.clear(), LAST, None, promoted=False), PRICE_DISTRIBUTION).is_empty()


def test_a_series_that_never_moved_is_forecast_without_dividing_by_its_volatility():
    flat = forecast(prices_of("CU", "3m", np.zeros(400)), LAST, NETWORK, promoted=True)
    require_valid(flat, PRICE_DISTRIBUTION)
    assert set(flat["model"]) == {"ewma97_normal", "hist500"}
    assert flat["log_return"].abs().max() < 1e-9


def test_prices_after_the_night_change_nothing():
    night = LAST - timedelta(days=30)
    known, other = (forecast(prices, night, NETWORK, False) for prices in (PRICES, with_other_future(PRICES, night)))
    assert_frame_equal(known, other, check_exact=True)


def test_the_order_of_the_rows_changes_nothing():
    shuffled = PRICES.sample(fraction=1.0, shuffle=True, seed=6)
    assert_frame_equal(forecast(shuffled, LAST, NETWORK, False), FORECAST, check_exact=True)


@pytest.mark.parametrize("factor", [1 / 2204.6226, 100.0])
def test_the_unit_of_the_price_changes_the_price_and_no_log_return(factor):
    rescaled = forecast(PRICES.with_columns(pl.col("price") * factor), LAST, NETWORK, False)
    assert rescaled["log_return"].to_numpy() == pytest.approx(FORECAST["log_return"].to_numpy(), abs=1e-9)
    assert (rescaled["price"] / factor).to_numpy() == pytest.approx(FORECAST["price"].to_numpy(), rel=1e-9)
    same = ["champion", "gate_status", "model"]
    assert_frame_equal(rescaled.select(same), FORECAST.select(same))


def test_the_status_rests_on_the_published_scorecard():
    card = scorecard(PRICES, LAST, NETWORK).select("model", *CELL, "n")
    judged = FORECAST.select("model", *CELL, "gate_status").unique().join(card, on=["model", *CELL])
    waiting = judged.filter(pl.col("n") < 250)
    assert (waiting["gate_status"] == "not yet earned: " + waiting["n"].cast(pl.String) + " of 250 outcomes").all()
    assert judged.height == 36


@pytest.mark.acceptance
def test_a_night_of_eight_long_series_takes_two_seconds():
    symbols = [(name, "3m") for name in ("CU", "AL", "ZN", "NI", "PB", "SN")] + [("GC", "front"), ("SI", "front")]
    prices = market(rows=4300, symbols=symbols)
    start = time.perf_counter()
    forecast(prices, LAST, NETWORK, False)
    scorecard(prices, LAST, NETWORK)
    assert time.perf_counter() - start < 2.0
