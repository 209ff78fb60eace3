"""After signature: what is open, what is paid and due, why a result moved, and when a deal is done."""

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmineral_dagster.deals.remark import mark
from openmineral_dagster.deals.terms import parse_deal
from openmineral_dagster.deals.valuation import value_in
from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import DEAL_CHANGES, DEAL_EXPOSURES, DEAL_LEGS, PRICING, VALUATION
from openmineral_dagster.reference.calendars import business_day_on_or_before
from openmineral_dagster_tests.deals.markets import markets, quoted, rates
from openmineral_dagster_tests.deals.texts import CATHODE, OPEN

FIRST, LAST = date(2026, 10, 1), date(2027, 3, 1)
EURO = rates({date(2026, 10, 1): 1.16})


def drifting(day):
    """A price that moves every day, up and down."""
    return 9000.0 + 7.25 * ((day.toordinal() * 37) % 61) - 3.5 * ((day.toordinal() * 11) % 23)


MARKET = markets(quoted("CU", FIRST, LAST, drifting, lambda day: drifting(day) + 85.5), fx=EURO)


def night(as_of, text=OPEN, before="as today", market=MARKET):
    deal = parse_deal(text, "deal.yaml")
    previous = business_day_on_or_before(as_of - timedelta(days=1))
    held = None if before == "as today" else before
    tables = mark([deal], held, market, as_of, previous)
    return {table: require_valid(rows, table) for table, rows in tables.items()}


def leg(as_of, name, text=OPEN):
    return night(as_of, text)[DEAL_LEGS].row(by_predicate=pl.col("leg") == name, named=True)


def test_an_unpriced_purchase_is_short_and_an_unpriced_sale_long_by_pricing_month():
    rows = night(date(2026, 11, 2))[DEAL_EXPOSURES].select("leg", "instrument", "delivery", "quantity", "quantity_unit").rows()
    assert ("buy", "CU", "2026-11", pytest.approx(-100 * 20 / 21), "t") in rows
    assert ("sell", "CU", "2027-01", 100.0, "t") in rows
    assert ("destination", "EUR", "spot", -1400.0, "EUR") in rows


def test_priced_days_leave_the_exposure_until_nothing_is_left_of_it():
    open_tonnes = [
        night(day)[DEAL_EXPOSURES].filter(leg="buy")["quantity"].to_list()
        for day in (date(2026, 11, 13), date(2026, 11, 27), date(2026, 11, 30))
    ]
    assert open_tonnes == [[pytest.approx(-100 * 11 / 21)], [pytest.approx(-100 / 21)], []]


def test_metal_bought_and_not_sold_is_long_at_the_market():
    alone = OPEN[: OPEN.index("  sell:")]
    rows = night(date(2026, 11, 30), alone)[DEAL_EXPOSURES].select("leg", "instrument", "delivery", "quantity").rows()
    assert rows == [("inventory", "CU", "2026-12", 100.0)]


@pytest.mark.parametrize(
    ("day", "buying", "selling"),
    [
        (date(2026, 11, 2), "pricing", "unpriced"),
        (date(2026, 11, 30), "priced", "unpriced"),
        (date(2027, 1, 15), "closed", "pricing"),
        (date(2027, 2, 5), "closed", "closed"),
    ],
)
def test_a_leg_goes_from_unpriced_to_closed(day, buying, selling):
    assert (leg(day, "buy")["state"], leg(day, "sell")["state"]) == (buying, selling)


def test_the_provisional_invoice_is_paid_when_due_and_the_balance_is_the_rest():
    before, after = leg(date(2026, 11, 12), "buy"), leg(date(2026, 11, 13), "buy")
    assert before["paid_usd"] == 0
    assert after["paid_usd"] == after["provisional_usd"] != 0
    assert after["balance_usd"] == after["net_usd"] - after["paid_usd"]
    assert leg(date(2026, 12, 16), "buy")["balance_usd"] == 0


def test_the_buyer_of_shipped_goods_owes_what_he_has_not_paid():
    assert leg(date(2026, 11, 9), "sell")["exposure_usd"] == 0
    shipped = leg(date(2026, 11, 10), "sell")
    assert shipped["exposure_usd"] == shipped["net_usd"] > 0
    assert leg(date(2027, 2, 5), "sell")["exposure_usd"] == 0


def test_a_seller_paid_more_than_the_goods_are_worth_owes_the_rest():
    paid_in_full = OPEN.replace('provisional_pct: "90"', 'provisional_pct: "100"')
    falling = markets(
        quoted("CU", FIRST, LAST, lambda day: 9000.0 - 20 * max(0, (day - date(2026, 11, 10)).days), 9000.0), fx=EURO
    )
    found = night(date(2026, 11, 30), paid_in_full, market=falling)[DEAL_LEGS].row(0, named=True)
    assert found["exposure_usd"] == found["paid_usd"] - found["net_usd"] == -found["balance_usd"] > 0


def test_a_closed_deal_leaves_nothing_open_and_is_never_marked_again():
    last = night(date(2027, 2, 5))
    assert last[DEAL_EXPOSURES].is_empty()
    corrected = markets(quoted("CU", FIRST, LAST, 1.0, 1.0), fx=EURO)
    assert night(date(2027, 2, 26))[VALUATION].drop("as_of_date").equals(last[VALUATION].drop("as_of_date"))
    assert night(date(2027, 2, 26))[DEAL_CHANGES].is_empty()
    assert not night(date(2027, 2, 26), market=corrected)[VALUATION].equals(night(date(2027, 2, 26))[VALUATION])


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 110))
def test_the_causes_of_a_change_add_up_to_the_cent(days):
    as_of = business_day_on_or_before(date(2026, 11, 3) + timedelta(days=days))
    previous = business_day_on_or_before(as_of - timedelta(days=1))
    deal = parse_deal(OPEN, "x")
    told = night(as_of)[DEAL_CHANGES]["amount_usd"].sum() or Decimal(0)
    assert told == value_in(deal, MARKET, as_of).result_usd - value_in(deal, MARKET, previous).result_usd


def test_a_price_that_only_the_curve_moved_is_no_fixing():
    causes = night(date(2026, 12, 10))[DEAL_CHANGES]["cause"].to_list()
    assert causes == ["curve.copper"], "the purchase is priced and January has not begun"


def test_changed_terms_are_a_cause_of_their_own():
    as_of = date(2026, 11, 16)
    cheaper = parse_deal(OPEN.replace('premium_usd: "50"', 'premium_usd: "60"'), "x")
    rows = night(as_of, before=[cheaper])[DEAL_CHANGES]
    assert rows.filter(cause="terms")["amount_usd"].to_list() == [Decimal("1000.00")]


def test_a_deal_signed_today_is_new_with_all_it_makes():
    rows = night(date(2026, 11, 2))[DEAL_CHANGES]
    assert rows["cause"].to_list() == ["new"]
    assert rows["amount_usd"].to_list() == rows["result_usd"].to_list()


def test_a_deal_that_fixes_everything_leaves_nothing_open_and_never_changes():
    tables = night(date(2026, 11, 16), CATHODE)
    assert [tables[table].height for table in (PRICING, DEAL_EXPOSURES, DEAL_CHANGES)] == [0, 0, 0]
    assert tables[DEAL_LEGS]["state"].to_list() == ["priced"]
