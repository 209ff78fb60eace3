"""Profit and loss of a day, and what it came from."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import EXCLUDED, PNL, PNL_EXPLAIN
from openmineral_dagster.market.prompts import forward
from openmineral_dagster.reference.calendars import night_before
from openmineral_dagster.risk.book import NO_DEALS
from openmineral_dagster.risk.explain import clean_pnl, explain, unknown_entries
from openmineral_dagster_tests.risk.markets import DAYS, NIGHT, PRICES, later, market, position, rates, series

MARKET = market()
BEFORE = DAYS[-2]


def quote(tenor, night, instrument="CU", known=MARKET):
    return known.quote((instrument, tenor), night)[0]


def parts(*rows, known=MARKET, deals=NO_DEALS, portfolio="base"):
    found = require_valid(explain(pl.concat(rows), deals, known, NIGHT), PNL_EXPLAIN)
    own = found.filter(portfolio=portfolio)
    return dict(own.group_by("component").agg(pl.col("amount_usd").sum()).iter_rows())


def test_the_night_before_a_monday_is_a_friday():
    assert night_before(date(2024, 7, 15)) == date(2024, 7, 12)
    assert night_before(date(2024, 5, 28)) == date(2024, 5, 24)


def test_a_three_month_position_gains_its_price_and_nothing_else():
    expected = 100.0 * (quote("3m", NIGHT) - quote("3m", BEFORE))
    assert parts(position()) == pytest.approx({"price": round(expected, 2), "residual": 0.0}, abs=0.01)


def test_a_cash_position_gains_the_benchmark_and_its_distance_to_it():
    found = parts(position(tenor="cash"))
    assert found["price"] == pytest.approx(100.0 * (quote("3m", NIGHT) - quote("3m", BEFORE)), abs=0.01)
    assert found["price"] + found["curve"] == pytest.approx(100.0 * (quote("cash", NIGHT) - quote("cash", BEFORE)), abs=0.02)


def test_the_parts_of_a_dated_contract_add_up_to_its_revaluation():
    prompt = later(40)
    found = parts(position(prompt_date=prompt))
    marks = [forward(quote("cash", night), quote("3m", night), night, prompt).price for night in (BEFORE, NIGHT)]
    assert set(found) == {"price", "curve", "carry", "residual"}
    assert sum(found.values()) == pytest.approx(100.0 * (marks[1] - marks[0]), abs=0.02)
    assert abs(found["residual"]) <= 0.02


def test_time_passing_in_contango_costs_the_long():
    three_months, cash = np.full(len(DAYS), 9000.0), np.full(len(DAYS), 8900.0)
    known = market(pl.concat([series("CU", "3m", three_months), series("CU", "cash", cash)]))
    found = parts(position(prompt_date=later(40)), known=known)
    assert found["price"] == found["curve"] == 0.0
    assert found["carry"] < 0


def test_the_step_between_two_contracts_is_a_roll_and_no_price_move():
    roll = date(2024, 6, 27)  # the first day of the next gold contract
    rolled = explain(position(instrument="GC", tenor="front", unit="oz"), NO_DEALS, MARKET, roll)
    assert set(rolled["component"]) == {"roll", "residual"}
    assert set(parts(position(instrument="GC", tenor="front", unit="oz"))) == {"price", "residual"}


def test_an_amount_of_currency_gains_by_its_rate():
    known = market(PRICES, rates())
    legs = pl.DataFrame({"instrument": ["EUR"], "delivery": ["spot"], "quantity": [-7000.0]})
    found = parts(position(), known=known, deals=legs, portfolio="deals")
    change = quote("spot", NIGHT, "EUR", known) - quote("spot", BEFORE, "EUR", known)
    assert found["fx"] == pytest.approx(-7000.0 * change, abs=0.01)


def test_what_was_entered_today_counts_from_its_entry_price_and_not_in_clean_profit():
    entered = position(entered_on=NIGHT, price=quote("3m", NIGHT) - 10.0)
    rows = explain(entered, NO_DEALS, MARKET, NIGHT)
    assert rows.filter(portfolio="base").select("component", "amount_usd").rows() == [("new_trades", 1000.0)]
    assert clean_pnl(rows, MARKET, NIGHT).is_empty()


def test_an_entry_without_a_price_is_named():
    found = require_valid(unknown_entries(position(entered_on=NIGHT), NIGHT), EXCLUDED)
    assert found.select("item", "field").rows() == [("book.csv:1", "price")]
    assert unknown_entries(position(entered_on=NIGHT, price=9000.0), NIGHT).is_empty()
    assert unknown_entries(position(), NIGHT).is_empty()


def test_clean_profit_is_the_sum_of_what_was_held_and_adds_up_over_portfolios():
    book = pl.concat([position(), position(instrument="GC", tenor="front", quantity=-10.0, unit="oz", portfolio="metal")])
    found = require_valid(clean_pnl(explain(book, NO_DEALS, MARKET, NIGHT), MARKET, NIGHT), PNL)
    by = dict(found.select("portfolio", "pnl_usd").iter_rows())
    assert by["ALL"] == pytest.approx(by["base"] + by["metal"], abs=0.01)
    assert found["held_from"].unique().to_list() == [BEFORE]


def test_a_position_closed_today_gains_until_today():
    assert parts(position(closed_on=NIGHT))["price"] != 0.0
    assert parts(position(closed_on=BEFORE)) == {}


def test_a_short_loses_what_the_long_gains():
    long, short = (parts(position(quantity=size, prompt_date=later(40))) for size in (100.0, -100.0))
    assert {name: -amount for name, amount in short.items()} == pytest.approx(long, abs=0.01)


@pytest.mark.parametrize("tenor", ["cash", "3m"])
@pytest.mark.parametrize("missing", [len(DAYS), 1, 2], ids=["always", "until tonight", "until the night before"])
def test_a_contract_on_a_curve_that_lacks_an_end_leaves_no_residual(tenor, missing):
    """Missing from the first day on, so that the curve may begin tonight."""
    first = DAYS[-missing] if missing < len(DAYS) else later(1)
    lacking = (pl.col("instrument") == "CU") & (pl.col("tenor") == tenor) & (pl.col("price_date") < first)
    found = parts(position(prompt_date=later(20)), known=market(PRICES.filter(~lacking)))
    assert abs(found["residual"]) <= 0.01
    assert found["price"] != 0.0
