"""Known answers by hand, one a group of features."""

from datetime import date
from math import e, log, pi, sqrt

import numpy as np
import polars as pl
import pytest

from openmineral_dagster.features.inputs import Inputs
from openmineral_dagster.features.panel import feature_history
from openmineral_dagster.lake.tables import BARS, FX, POSITIONS_COT, PRICES, RATES, STOCKS
from openmineral_dagster_tests.features.desk import DAYS, rows_of

COUNT = 300
DATES = DAYS[:COUNT]


def quoted(instrument="CU", tenor="3m", source="lme", price=100.0, days=DATES):
    return rows_of(PRICES, source, days, instrument=instrument, tenor=tenor, price=price, unit="USD/t")


def last(inputs, *names, instrument="CU"):
    rows = feature_history(inputs, names).filter(pl.col("instrument") == instrument)
    values = rows.select(names).row(-1)
    return values if len(names) > 1 else values[0]


def alternating(size=0.01):
    """Prices that rise and fall by the same log return in turn; the last move is a rise."""
    return 100.0 * np.exp(size * (np.arange(COUNT) % 2))


def test_returns_of_steady_growth_are_the_rows_times_the_rate():
    steady = Inputs(quoted(price=100.0 * np.exp(0.001 * np.arange(COUNT))))
    assert last(steady, "return_1d", "return_63d", "return_250d") == pytest.approx((0.001, 0.063, 0.25))


def test_volatilities_of_equal_moves_are_the_move():
    names = ("vol_5d", "vol_250d", "ewma94_vol", "ewma97_vol", "largest_move_22d")
    assert last(Inputs(quoted(price=alternating())), *names) == pytest.approx((0.01,) * 5)


def test_bipower_of_equal_moves_is_the_move_times_the_root_of_half_pi():
    assert last(Inputs(quoted(price=alternating())), "bipower_22d") == pytest.approx(0.01 * sqrt(pi / 2))


def test_moves_in_turn_are_half_downside_without_skew_and_turn_every_row():
    names = ("downside_share_22d", "skew_66d", "autocorrelation_22d", "share_up_22d", "shock_1d")
    assert last(Inputs(quoted(price=alternating())), *names) == pytest.approx((0.5, 0.0, -1.0, 0.5, 1.0))


def test_momentum_is_the_return_over_what_volatility_would_give():
    steady = Inputs(quoted(price=100.0 * np.exp(0.001 * np.arange(COUNT))))
    assert last(steady, "momentum_21d", "momentum_250d") == pytest.approx((sqrt(21), sqrt(250)))


def test_drawdown_and_place_in_the_range_are_of_the_last_250_rows():
    price = np.full(COUNT, 100.0)
    price[:40], price[100], price[200] = 1e4, 100.0 * e, 100.0 / e
    assert last(Inputs(quoted(price=price)), "drawdown_250d", "range_position_250d") == pytest.approx((-1.0, 0.5))


def bars(**columns):
    given = {"open": 1.0, "high": 1.0, "low": 1.0, "close": 1.0, "volume": 7.0} | columns
    return Inputs(quoted("HG", "front", "comex"), rows_of(BARS, "comex", DATES, instrument="HG", **given))


def test_range_volatilities_of_bars_e_high_that_close_where_they_open():
    names = ("parkinson_22d", "garman_klass_22d", "volume_ratio_22d")
    expected = (1 / sqrt(4 * log(2)), sqrt(0.5), 0.0)
    assert last(bars(high=e), *names, instrument="HG") == pytest.approx(expected)


def test_a_close_off_the_open_takes_its_share_from_garman_klass():
    found = last(bars(high=e, close=e), "garman_klass_5d", instrument="HG")
    assert found == pytest.approx(sqrt(0.5 - (2 * log(2) - 1)))


def test_the_spread_its_change_and_its_share_of_backwardation():
    cash = np.full(COUNT, 100.0 / 1.1)
    cash[-3:] = 125.0
    both = Inputs(pl.concat([quoted(), quoted(tenor="cash", price=cash)]))
    names = ("spread_cash_3m", "spread_change_5d", "spread_change_21d", "backwardation_share_66d")
    assert last(both, *names) == pytest.approx((0.2, 0.3, 0.3, 3 / 66))


def test_the_z_score_of_a_spread_is_by_the_sample_deviation():
    spread = np.zeros(COUNT)
    spread[-1] = 0.2
    both = Inputs(pl.concat([quoted(), quoted(tenor="cash", price=100.0 / (1 - spread))]))
    window = spread[-250:]
    assert last(both, "spread_z_250d") == pytest.approx((0.2 - window.mean()) / window.std(ddof=1))


def test_stocks_are_those_of_the_report_out_that_morning():
    total = 1e5 * np.exp(0.01 * np.arange(COUNT))
    reports = rows_of(STOCKS, "lme_stocks", DATES, instrument="CU", total=total, cancelled=0.25 * total)
    names = ("stock_change_5d", "stock_change_63d", "cancelled_share", "cancelled_share_change_5d")
    assert last(Inputs(quoted(), stocks=reports), *names) == pytest.approx((0.05, 0.63, 0.25, 0.0))


def test_positions_are_net_over_open_interest_of_the_report_out_by_the_fix():
    tuesdays = [day for day in DATES if day.weekday() == 1]
    held = {"contract_code": "085692", "open_interest": 200.0, "short": 20.0, "long": 60.0 + np.arange(len(tuesdays))}
    reports = pl.concat(
        rows_of(POSITIONS_COT, "cftc", tuesdays, report=report, category=category, **held)
        for report, category in (("disaggregated", "managed money"), ("net", "noncommercial"))
    )
    names = ("managed_net", "managed_net_change_4w", "speculator_net", "open_interest_change_4w")
    history = feature_history(Inputs(quoted(), positions_cot=reports), names).filter(pl.col("price_date") == tuesdays[10])
    eighth = (60.0 + 9 - 20.0) / 200.0
    assert history.select(names).row(0) == pytest.approx((eighth, 4 / 200, eighth, 0.0))


def test_macro_is_the_last_value_known_at_the_fix():
    step = np.arange(COUNT)
    rates = pl.concat(
        [
            rows_of(RATES, "treasury", DATES, series="UST_10Y", rate=0.02 + 1e-5 * step),
            rows_of(RATES, "treasury", DATES, series="UST_2Y", rate=0.01 + 1e-5 * step),
        ]
    )
    fx = pl.concat(
        [
            rows_of(FX, "ecb", DATES, currency="USD", per_eur=np.exp(1e-3 * step)),
            rows_of(FX, "ecb", DATES, currency="CNY", per_eur=7.0 * np.exp(3e-3 * step)),
        ]
    )
    vix = quoted("VIX", "spot", "cboe", 10.0 * np.exp(1e-2 * step))
    inputs = Inputs(pl.concat([quoted(), vix]), rates=rates, fx=fx)
    names = ("yield_10y_change_21d", "slope_2y_10y", "eurusd_change_5d", "usdcny_change_21d", "vix_level", "vix_change_5d")
    assert last(inputs, *names) == pytest.approx((21e-5, 0.01, 5e-3, 42e-3, 10 * np.exp(1e-2 * (COUNT - 2)), 0.05))


def test_the_move_of_other_markets_after_the_fix_is_from_close_to_close_of_the_price_dates():
    step = np.arange(COUNT)
    others = [quoted(name, "front", "comex", 100.0 * np.exp(rate * step)) for name, rate in (("HG", 1e-3), ("GC", -2e-3))]
    vix = quoted("VIX", "spot", "cboe", 10.0 * np.exp(1e-2 * step))
    inputs = Inputs(pl.concat([quoted().filter(pl.col("price_date") != DATES[-2]), *others, vix]))
    rows = feature_history(inputs, ["postfix_copper", "postfix_gold", "postfix_vix", "postfix_wti"])
    london = rows.filter(pl.col("instrument") == "CU")
    assert london.row(-1)[-4:] == pytest.approx((2e-3, -4e-3, 2e-2, None))


def test_the_step_from_one_contract_to_the_next_is_no_move():
    """Copper of March 2020 ended on the 27th, a Friday."""
    price = np.where(np.array(DATES) >= date(2020, 3, 30), 120.0, 100.0)
    inputs = Inputs(pl.concat([quoted(), quoted("HG", "front", "comex", price)]))
    copper = feature_history(inputs, ["postfix_copper"]).filter(pl.col("instrument") == "CU")["postfix_copper"]
    assert copper.drop_nulls().unique().to_list() == [0.0]
    assert copper.null_count() == 1


def test_a_day_without_a_close_has_no_move_and_the_next_has_the_whole_of_it():
    price = 100.0 * np.exp(1e-3 * np.arange(COUNT))
    torn = quoted("HG", "front", "comex", price).filter(pl.col("price_date") != DATES[-2])
    moves = feature_history(Inputs(pl.concat([quoted(), torn])), ["postfix_copper"]).filter(pl.col("instrument") == "CU")
    assert moves["postfix_copper"].to_list()[-2:] == [None, pytest.approx(2e-3)]


def test_absent_inputs_are_null():
    assert last(Inputs(quoted()), "stock_change_5d", "slope_2y_10y", "postfix_copper") == (None, None, None)
