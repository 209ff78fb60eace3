"""The book: what is held on a night, at which price, and what it moves with."""

from datetime import date, timedelta

import polars as pl
import pytest

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import EXCLUDED, EXPOSURES
from openmineral_dagster.market.prompts import cash_prompt, forward, three_month_prompt
from openmineral_dagster.risk.book import NO_DEALS, exposures, lines, measured, sensitivities, unmeasured
from openmineral_dagster_tests.risk.markets import DAYS, NIGHT, PRICES, later, market, position, rates, series, walk

MARKET = market()
CASH, THREE_MONTHS = (MARKET.quote(("CU", tenor), NIGHT)[0] for tenor in ("cash", "3m"))


def held(*rows, deals=NO_DEALS):
    return lines(pl.concat(rows), deals, NIGHT)


def exposed(*rows, deals=NO_DEALS, known=MARKET):
    return require_valid(exposures(held(*rows, deals=deals), known, NIGHT), EXPOSURES)


def legs(symbol, delivery, quantity):
    return pl.DataFrame({"instrument": [symbol], "delivery": [delivery], "quantity": [quantity]})


def test_a_position_is_worth_its_last_price_in_its_portfolio_and_in_the_whole_book():
    found = exposed(position())
    assert found["portfolio"].to_list() == ["ALL", "base"]
    assert found["value_usd"].to_list() == pytest.approx([100.0 * THREE_MONTHS] * 2)


@pytest.mark.parametrize(("prompt", "count"), [(DAYS[-2], 0), (NIGHT, 0), (later(1), 2)])
def test_a_contract_is_held_until_the_day_before_its_prompt(prompt, count):
    assert exposed(position(prompt_date=prompt)).height == count


@pytest.mark.parametrize(("closed", "count"), [(NIGHT, 0), (later(1), 2)])
def test_a_position_is_held_until_the_day_before_it_is_closed(closed, count):
    assert exposed(position(closed_on=closed)).height == count


def test_a_position_is_held_from_the_day_it_was_entered():
    assert exposed(position(entered_on=NIGHT)).height == 2
    assert exposed(position(entered_on=later(1))).is_empty()


def test_lots_and_tonnes_of_the_same_metal_are_one_line():
    assert exposed(position(quantity=4.0, unit="lots"), position(quantity=-50.0))["quantity"].to_list() == [50.0, 50.0]


@pytest.mark.parametrize(("quantity", "unit", "ounces"), [(1.0, "lots", 100.0), (1.0, "kg", 32.1507466), (1.0, "t", 32150.7466)])
def test_gold_is_counted_in_ounces_whatever_the_file_says(quantity, unit, ounces):
    found = exposed(position(instrument="GC", tenor="front", quantity=quantity, unit=unit))
    assert found["quantity"][0] == pytest.approx(ounces, rel=1e-8)


def test_a_dated_contract_is_marked_between_cash_and_three_months_and_moves_with_both():
    prompt = later(25)
    found = exposed(position(prompt_date=prompt)).filter(portfolio="base")
    assert found["delivery"].to_list() == [prompt.isoformat()]
    assert found["price"][0] == pytest.approx(forward(CASH, THREE_MONTHS, NIGHT, prompt).price)
    moved = sensitivities(found, MARKET, NIGHT)
    assert moved["series_tenor"].to_list() == ["cash", "3m"]
    assert moved["quantity"].sum() == pytest.approx(100.0)
    assert (moved["quantity"] * moved["spot"]).sum() == pytest.approx(found["value_usd"][0])


FLAT = [(cash_prompt(NIGHT), "cash"), (three_month_prompt(NIGHT), "3m"), (date(2026, 1, 21), "3m")]


@pytest.mark.parametrize(("prompt", "tenor"), FLAT)
def test_the_curve_is_flat_outside_cash_and_three_months(prompt, tenor):
    moved = sensitivities(exposed(position(prompt_date=prompt)), MARKET, NIGHT)
    assert set(moved["series_tenor"]) == {tenor}


def test_open_legs_of_deals_are_a_portfolio_of_their_own_by_pricing_month():
    found = exposed(position(), deals=legs("CU", "2024-08", -200.0))
    assert found.filter(portfolio="deals").select("tenor", "delivery", "quantity").rows() == [("cash", "2024-08", -200.0)]
    assert found.filter(portfolio="ALL").height == 2


def test_an_amount_of_currency_is_worth_its_rate():
    known = market(PRICES, rates())
    found = exposed(position(), deals=legs("EUR", "spot", -7000.0), known=known).filter(portfolio="deals")
    assert found["value_usd"][0] == pytest.approx(-7000.0 * known.quote(("EUR", "spot"), NIGHT)[0])


def test_a_series_without_a_price_is_named_and_in_no_sum():
    rows = held(position(), position(instrument="SN", quantity=5.0))
    excluded = require_valid(unmeasured(rows, MARKET, NIGHT), EXCLUDED)
    assert excluded["item"].unique().to_list() == ["SN 3m rolling"]
    assert excluded["reason"].unique().to_list() == ["expected a price of SN 3m: none is known"]


def test_a_book_with_no_history_is_marked_but_not_measured():
    known = market(pl.concat([PRICES, series("NI", "3m", walk(4, 16000.0, 60))]))
    found = exposed(position(instrument="NI"), position(), known=known)
    excluded = unmeasured(held(position(instrument="NI"), position()), known, NIGHT)
    assert found.filter(instrument="NI").height == 2
    assert excluded["reason"].unique().to_list() == ["expected 110 daily moves of NI 3m to measure risk: 59 are known"]
    assert measured(found, excluded)["instrument"].unique().to_list() == ["CU"]


def test_a_price_older_than_thirty_days_is_no_measure():
    old = series("NI", "3m", walk(4, 16000.0, 400), DAYS[-500:-100])
    excluded = unmeasured(held(position(instrument="NI")), market(pl.concat([PRICES, old])), NIGHT)
    assert f"the last is of {DAYS[-101]}" in excluded["reason"][0]


def test_the_order_of_positions_changes_nothing():
    rows = [position(quantity=0.1 + step, position_id=f"book.csv:{step}") for step in range(20)]
    assert exposed(*rows).equals(exposed(*rows[::-1]))


def test_the_day_a_month_is_priced_at_is_its_third_wednesday():
    found = exposed(position(quantity=0.0), deals=legs("CU", "2024-08", 1.0)).filter(portfolio="deals")
    assert found["price"][0] == pytest.approx(forward(CASH, THREE_MONTHS, NIGHT, date(2024, 8, 21)).price)
    assert date(2024, 8, 21) - NIGHT > timedelta(days=30)
