"""Rolls: the days the front contract changes, and returns that do not step from one contract to the next."""

import math
from datetime import date, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmineral_dagster.market.rolls import SYMBOLS, last_trading_day, returns_without_rolls, roll_dates, settles

START = date(2024, 1, 2)


def series(values, instrument="GC", tenor="front", start=START):
    """Prices on the settlement days from `start` on."""
    days = [day for step in range(2 * len(values) + 10) if settles(day := start + timedelta(days=step))]
    return pl.DataFrame(
        {"instrument": instrument, "tenor": tenor, "price_date": days[: len(values)], "price": values},
        schema={"instrument": pl.String, "tenor": pl.String, "price_date": pl.Date, "price": pl.Float64},
    )


def rolls_of(rows):
    return rows.filter("rolled")["price_date"].to_list()


@pytest.mark.parametrize(
    ("symbol", "last"),
    [
        ("HG", date(2023, 2, 24)),
        ("HG", date(2018, 4, 26)),
        ("PL", date(2024, 8, 28)),
        ("GC", date(2024, 11, 26)),
        ("CL", date(2008, 9, 22)),
        ("CL", date(2024, 3, 20)),
    ],
)
def test_a_contract_ends_on_its_published_last_trading_day(symbol, last):
    assert last_trading_day(symbol, last.replace(day=1)) == last


def test_good_friday_brings_the_end_of_the_march_contract_forward():
    assert last_trading_day("GC", date(2024, 3, 1)) == date(2024, 3, 26)


def test_new_year_on_a_saturday_is_not_kept_on_the_friday_before():
    assert last_trading_day("SI", date(2021, 12, 1)) == date(2021, 12, 29)


def test_crude_counts_from_the_business_day_before_a_twenty_fifth_on_a_weekend():
    assert last_trading_day("CL", date(2020, 4, 1)) == date(2020, 4, 21)


def test_the_exchanges_settled_through_the_hurricane_that_closed_the_stock_exchange():
    assert settles(date(2012, 10, 29))
    assert last_trading_day("GC", date(2012, 10, 1)) == date(2012, 10, 29)


@pytest.mark.parametrize(
    ("day", "open_"),
    [(date(2024, 3, 29), False), (date(2024, 10, 14), True), (date(2024, 11, 11), True), (date(2024, 7, 4), False)],
)
def test_exchange_holidays_are_not_the_federal_ones(day, open_):
    assert settles(day) is open_


def test_the_next_contract_is_priced_from_the_settlement_day_after_the_last_trading_day():
    assert roll_dates("HG", date(2023, 2, 1), date(2023, 4, 27)).to_list() == [
        date(2023, 2, 27),
        date(2023, 3, 30),
        date(2023, 4, 27),
    ]


def test_a_roll_passes_over_thanksgiving():
    assert roll_dates("GC", date(2019, 11, 20), date(2019, 12, 5)).to_list() == [date(2019, 11, 27)]
    assert roll_dates("GC", date(2020, 11, 20), date(2020, 12, 5)).to_list() == [date(2020, 11, 27)]


def test_no_roll_is_an_empty_series_of_dates():
    none = roll_dates("CL", date(2024, 3, 1), date(2024, 3, 8))
    assert (none.len(), none.dtype) == (0, pl.Date)


def test_a_symbol_without_a_contract_calendar_is_refused():
    with pytest.raises(ValueError, match="no contract calendar for CU"):
        roll_dates("CU", START, START)


@given(
    st.sampled_from(SYMBOLS),
    st.dates(date(2001, 1, 1), date(2024, 12, 31)),
    st.integers(0, 400),
    st.integers(0, 400),
)
def test_the_rolls_of_two_spans_are_those_of_both_together(symbol, start, first, second):
    middle, end = start + timedelta(days=first), start + timedelta(days=first + 1 + second)
    parts = roll_dates(symbol, start, middle).to_list() + roll_dates(symbol, middle + timedelta(days=1), end).to_list()
    assert roll_dates(symbol, start, end).to_list() == parts


@given(st.sampled_from(SYMBOLS), st.integers(2001, 2024))
def test_a_year_has_one_roll_in_each_span_from_roll_to_roll(symbol, year):
    days = roll_dates(symbol, date(year, 1, 1), date(year + 1, 1, 15)).to_list()
    assert len(days) in (12, 13)
    assert all(20 <= (after - before).days <= 40 for before, after in pairwise(days))


def test_a_return_is_the_log_of_the_ratio_of_two_prices_of_one_contract():
    rows = returns_without_rolls(series([2000.0, 2020.0, 1990.0]))
    assert rows["log_return"].to_list() == [None, pytest.approx(math.log(1.01)), pytest.approx(math.log(1990 / 2020))]
    assert rows["rolled"].to_list() == [False] * 3


def test_the_step_from_one_contract_to_the_next_is_no_return():
    rows = returns_without_rolls(series([2000.0 + row for row in range(25)]))
    assert rolls_of(rows) == [date(2024, 1, 30)]
    assert rows.filter(pl.col("log_return").is_null())["price_date"].to_list() == [START, date(2024, 1, 30)]


def test_rolled_rows_are_the_roll_dates_of_the_calendar():
    rows = returns_without_rolls(series([70.0] * 260, "CL"))
    days = rows["price_date"]
    assert rolls_of(rows) == roll_dates("CL", days.min(), days.max()).to_list()


def test_a_roll_hidden_by_missing_days_is_on_the_first_row_after_them():
    absent = pl.col("price_date").is_between(date(2024, 1, 25), date(2024, 2, 5))
    rows = series([2000.0 + row for row in range(35)]).filter(~absent)
    assert rolls_of(returns_without_rolls(rows)) == [date(2024, 2, 6)]


def test_the_end_of_the_april_squeeze_of_2021_in_comex_copper_is_no_fall():
    rows = returns_without_rolls(series([4.743, 4.537, 4.493, 4.479], "HG", start=date(2021, 4, 27)))
    assert rolls_of(rows) == [date(2021, 4, 29)]
    assert rows["log_return"].is_null().to_list() == [True, False, True, False]


@pytest.mark.parametrize("bad", [None, 0.0, -37.63, float("nan"), float("inf")])
def test_a_price_that_has_no_logarithm_takes_the_returns_on_both_sides(bad):
    rows = returns_without_rolls(series([20.0, 21.0, bad, 22.0, 23.0], "CL"))
    assert rows["log_return"].is_null().to_list() == [True, False, True, True, False]


@pytest.mark.parametrize(("instrument", "tenor"), [("CU", "3m"), ("CU", "cash"), ("WTI", "spot"), ("VIX", "spot")])
def test_only_futures_roll(instrument, tenor):
    rows = returns_without_rolls(series([100.0 + row for row in range(60)], instrument, tenor))
    assert rolls_of(rows) == []
    assert rows["log_return"].null_count() == 1


def test_series_do_not_touch_one_another_and_other_columns_are_kept():
    both = pl.concat([series([70.0, 71.0], "CL"), series([2000.0, 2010.0])]).with_columns(source=pl.lit("futures"))
    rows = returns_without_rolls(both)
    assert rows.columns == ["instrument", "tenor", "price_date", "price", "source", "log_return", "rolled"]
    assert rows["log_return"].null_count() == 2


def test_no_prices_have_no_returns():
    rows = returns_without_rolls(series([]))
    assert rows.schema == {**series([]).schema, "log_return": pl.Float64, "rolled": pl.Boolean}


PRICES = st.lists(st.none() | st.floats(-50, 200), min_size=1, max_size=90)


@settings(deadline=None, max_examples=50)
@given(PRICES, st.sampled_from(["GC", "CL"]), st.integers(0, 90))
def test_later_rows_never_change_earlier_ones(values, symbol, known):
    rows = series(values, symbol)
    assert returns_without_rolls(rows.head(known)).equals(returns_without_rolls(rows).head(known))


@settings(deadline=None, max_examples=50)
@given(PRICES, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter_to_returns(values, random):
    rows = pl.concat([series(values), series(values, "CL")])
    order = random.sample(range(rows.height), rows.height)
    assert returns_without_rolls(rows[order]).equals(returns_without_rolls(rows))


@settings(deadline=None, max_examples=50)
@given(PRICES)
def test_returns_of_one_contract_and_its_steps_add_up_to_the_whole_move(values):
    rows = returns_without_rolls(series([abs(value or 0.0) + 1.0 for value in values]))
    logs = rows["price"].log()
    steps = logs.diff().filter(rows["rolled"]).sum()
    assert rows["log_return"].sum() + steps == pytest.approx(logs[-1] - logs[0], abs=1e-9)
