"""The panel: which series are in it, what its columns say, and that it cannot see the future."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from openmineral_dagster.features.panel import daily_panel, feature_history, forecast_series
from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import DAILY_PANEL
from openmineral_dagster_tests.forecasting.markets import LAST, market, prices_of, weekdays, with_other_future

PRICES = pl.concat([market(rows=300, seed=1), market(rows=300, seed=2, symbols=(("CU", "cash"),))])
FEATURES = [name for name in DAILY_PANEL.dtypes if name not in ("instrument", "tenor", "as_of_date", "price_date", "price")]


def series_of(prices):
    return forecast_series(prices).select("instrument", "tenor").unique(maintain_order=True).rows()


def test_each_instrument_is_forecast_in_one_tenor_and_lme_metals_in_3m():
    assert series_of(PRICES) == [("AL", "3m"), ("CU", "3m"), ("GC", "front"), ("SI", "front")]


def test_a_metal_without_enough_3m_prices_is_forecast_in_cash():
    short = PRICES.filter((pl.col("tenor") != "3m") | (pl.col("price_date") > LAST - timedelta(days=30)))
    assert series_of(short) == [("CU", "cash"), ("GC", "front"), ("SI", "front")]


@pytest.mark.parametrize(
    ("instrument", "tenor"), [("CL", "front"), ("WTI", "spot"), ("HH", "spot"), ("VIX", "spot"), ("??", "spot")]
)
def test_what_may_turn_negative_reverts_or_is_not_ours_is_not_forecast(instrument, tenor):
    assert series_of(prices_of(instrument, tenor, np.full(100, 0.001))) == []


@pytest.mark.parametrize(("rows", "count"), [(59, 0), (60, 1)])
def test_a_series_needs_60_prices(rows, count):
    assert len(series_of(prices_of("CU", "3m", np.full(rows - 1, 0.001)))) == count


def test_a_price_at_or_below_zero_is_no_row_of_a_series_that_cannot_be_negative():
    torn = prices_of("CU", "3m", np.full(99, 0.001)).with_columns(
        price=pl.when(pl.int_range(pl.len()) == 50).then(0.0).otherwise(pl.col("price"))
    )
    assert forecast_series(torn).height == 99


def test_the_panel_conforms_and_has_one_row_a_series():
    panel = require_valid(daily_panel(PRICES, LAST), DAILY_PANEL)
    assert panel.height == 4
    assert panel["as_of_date"].unique().to_list() == [LAST]
    assert panel["history_rows"].unique().to_list() == [301]


def test_a_panel_of_nothing_is_empty_and_conforms():
    assert require_valid(daily_panel(PRICES.clear(), LAST), DAILY_PANEL).is_empty()


def test_returns_count_price_rows_so_a_suspension_is_one_return():
    whole = prices_of("NI", "3m", np.full(99, 0.01))
    days = weekdays(100)
    suspended = whole.filter(~pl.col("price_date").is_in(days[-10:-1]))
    row = daily_panel(suspended, LAST).row(0, named=True)
    assert row["return_1d"] == pytest.approx(0.10)
    assert row["return_5d"] == pytest.approx(0.14)
    assert row["history_rows"] == 91


def test_the_spread_is_a_fraction_of_cash_on_the_same_date_and_null_without_it():
    flat = np.zeros(99)
    both = pl.concat(
        [prices_of("CU", "3m", flat, 9500.0), prices_of("CU", "cash", flat, 10000.0).filter(pl.col("price_date") < LAST)]
    )
    spreads = feature_history(both)["spread_cash_3m"].to_list()
    assert spreads[-2:] == [pytest.approx(0.05), None]


@settings(max_examples=15, deadline=None)
@given(st.integers(60, 301))
def test_the_panel_of_any_night_is_the_history_row_of_its_last_price(rows):
    night = PRICES["price_date"].unique().sort()[rows - 1]
    history = feature_history(PRICES).filter(pl.col("price_date") == night)
    panel = daily_panel(PRICES, night)
    assert_frame_equal(panel, history, abs_tol=1e-12, rel_tol=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(weekdays(200)))
def test_prices_after_the_night_change_nothing(night):
    assert_frame_equal(daily_panel(with_other_future(PRICES, night), night), daily_panel(PRICES, night), check_exact=True)


def test_the_order_of_the_rows_changes_nothing():
    shuffled = PRICES.sample(fraction=1.0, shuffle=True, seed=3)
    assert_frame_equal(feature_history(shuffled), feature_history(PRICES), check_exact=True)


def test_one_series_does_not_change_another():
    alone = PRICES.filter(pl.col("instrument") == "SI")
    assert_frame_equal(feature_history(alone), feature_history(PRICES).filter(pl.col("instrument") == "SI"), check_exact=True)


@given(st.floats(0.001, 1000.0))
@settings(max_examples=15, deadline=None)
def test_the_unit_of_the_price_does_not_change_a_feature(factor):
    rescaled = feature_history(PRICES.with_columns(pl.col("price") * factor)).select(FEATURES)
    assert_frame_equal(rescaled, feature_history(PRICES).select(FEATURES), abs_tol=1e-9)


def test_a_night_before_the_first_price_has_no_panel():
    assert daily_panel(PRICES, date(1990, 1, 1)).is_empty()
