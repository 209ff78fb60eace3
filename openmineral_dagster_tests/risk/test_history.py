"""Levels and moves on the calendar of nights."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from openmineral_dagster_tests.risk.markets import DAYS, NIGHT, PRICES, market, rates, series, walk

GOLD, COPPER = ("GC", "front"), ("CU", "3m")


def test_a_night_quotes_the_last_price_it_knows_and_its_day():
    prices = series("CU", "3m", [9000.0, 9100.0], [date(2024, 7, 8), date(2024, 7, 10)])
    assert market(prices).quote(COPPER, date(2024, 7, 9)) == (9000.0, date(2024, 7, 8))
    assert market(prices).quote(COPPER, date(2024, 7, 5)) is None
    assert market(prices).quote(GOLD, NIGHT) is None


def test_a_new_york_close_on_an_english_holiday_counts_on_the_next_night():
    holiday, after = date(2024, 5, 27), date(2024, 5, 28)
    prices = series("GC", "front", [2300.0, 2350.0, 2340.0], [date(2024, 5, 24), holiday, after])
    moves = market(prices).moves([GOLD])
    assert moves.days.astype(date).tolist() == [after]
    assert moves.one[:, 0].tolist() == pytest.approx([2340.0 / 2300.0 - 1.0])


def test_moves_are_relative_and_of_a_price_that_can_be_negative_absolute():
    oil = series("CL", "front", [20.0, -37.0, 10.0])
    assert market(oil).moves([("CL", "front")]).one[:, 0].tolist() == [-57.0, 47.0]
    assert market(series("CU", "3m", [100.0, 110.0])).moves([COPPER]).one[:, 0].tolist() == pytest.approx([0.1])


def test_a_step_over_a_hole_of_more_than_thirty_days_is_no_move():
    days = [date(2024, 1, 2), date(2024, 1, 3), date(2024, 3, 1), date(2024, 3, 4)]
    assert market(series("CU", "3m", [100.0, 101.0, 150.0, 151.5], days)).moves([COPPER]).one[:, 0].tolist() == pytest.approx(
        [0.01, 0.01]
    )


def test_a_suspension_of_three_weeks_is_one_move():
    days = [date(2022, 3, 7), date(2022, 3, 28)]
    assert len(market(series("NI", "3m", [40000.0, 32000.0], days)).moves([("NI", "3m")]).one) == 1


def test_a_series_that_stood_still_moves_by_nothing_where_another_moves():
    gold = series("GC", "front", [2000.0, 2020.0], [date(2024, 7, 8), date(2024, 7, 10)])
    copper = series("CU", "3m", [100.0, 101.0, 102.01], [date(2024, 7, 8), date(2024, 7, 9), date(2024, 7, 10)])
    moves = market(pl.concat([gold, copper])).moves([GOLD, COPPER])
    assert moves.series == (COPPER, GOLD)
    assert moves.one == pytest.approx(np.array([[0.01, 0.0], [0.01, 0.01]]))


def test_ten_rows_compound():
    own = market().moves([COPPER])
    price = PRICES.filter((pl.col("instrument") == "CU") & (pl.col("tenor") == "3m"))["price"].to_numpy()
    assert np.allclose(own.over(10)[-1, 0], price[-1] / price[-11] - 1.0)
    assert np.isnan(own.over(10)[:9]).all()
    assert np.allclose(own.over(10)[9, 0], price[10] / price[0] - 1.0)


def test_the_future_changes_no_row_known_before_it():
    night = DAYS[-40]
    noisy = PRICES.with_columns(price=pl.when(pl.col("price_date") > night).then(pl.col("price") * 3).otherwise("price"))
    plain, other = (market(prices).moves([COPPER, GOLD]) for prices in (PRICES, noisy))
    rows = plain.known_by(night)
    assert rows == other.known_by(night)
    assert np.array_equal(plain.one[:rows], other.one[:rows])


def test_a_later_view_of_the_same_prices_says_the_same_of_an_earlier_night():
    night = DAYS[-40]
    short = market(PRICES.filter(pl.col("price_date") <= night), last=night)
    long = market()
    assert np.array_equal(short.moves([COPPER]).one, long.moves([COPPER]).one[: long.moves([COPPER]).known_by(night)])


def test_currencies_are_priced_in_dollars():
    fx = rates()
    quoted = market(series("CU", "3m", walk(1, 9000.0)), fx)
    dollars = fx.filter(currency="USD").sort("rate_date")["per_eur"][-1]
    assert quoted.quote(("EUR", "spot"), NIGHT)[0] == pytest.approx(dollars)
    assert quoted.quote(("GBP", "spot"), NIGHT)[0] == pytest.approx(dollars / 0.85)
