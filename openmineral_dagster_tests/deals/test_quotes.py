"""Prices that are left open: published days as they are, days to come off the curve, days without a publication not at all."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmineral_dagster.deals.intake import admit
from openmineral_dagster.deals.quotes import quotes_of
from openmineral_dagster.deals.statement import as_json
from openmineral_dagster.deals.terms import parse_deal
from openmineral_dagster.deals.valuation import value_in
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster_tests.deals.markets import business_days, markets, priced, quoted, rates
from openmineral_dagster_tests.deals.texts import OPEN

AS_OF = date(2026, 11, 16)
FIRST = date(2026, 10, 1)
KNOWN = {date(2026, 11, 13): 4100.0, AS_OF: 4105.0}
FLAT = quoted("CU", FIRST, AS_OF, 9000.0, 9000.0)
EURO = rates({date(2026, 11, 13): 1.16})


def value(text, market, as_of=AS_OF):
    return value_in(parse_deal(text, "deal.yaml"), market, as_of)


def test_a_period_half_over_is_what_was_published_and_the_curve_for_the_rest():
    # November 2026 has 21 London business days; 11 are published by the 16th, at 9,000. Cash of the 16th is for the 18th,
    # three months for 16 February, 90 days later and 900 dollars higher: ten dollars a day
    rising = quoted("CU", FIRST, AS_OF, 9000.0, 9900.0)
    quote = value(OPEN, markets(rising, fx=EURO)).quotes["buy", "copper"]
    assert (quote.average.fixed_days, quote.average.forward_days) == (11, 10)
    assert quote.unpriced == Decimal("0.476190")
    # the prompts of the pricing days 17 to 30 November lie 1 2 5 6 7 8 9 12 13 14 days after the 18th: 77 in all
    assert quote.price == Decimal("9036.67")  # 9,000 + 10 x 77 / 21


def test_christmas_and_new_year_are_no_pricing_days():
    market = markets(quoted("CU", FIRST, AS_OF, 9000.0, 9000.0), fx=EURO)
    december = value(OPEN.replace("quotational_period: M+1", "quotational_period: M"), market).quotes["sell", "copper"]
    january = value(OPEN, market).quotes["sell", "copper"]
    # December 2026: 23 weekdays less Friday the 25th and Monday the 28th; January 2027: 21 weekdays less Friday the 1st
    assert (december.average.forward_days, january.average.forward_days) == (21, 20)
    assert (january.start, january.end) == (date(2027, 1, 1), date(2027, 1, 31))


def test_a_day_without_a_publication_is_skipped_and_said_never_filled():
    hole = date(2026, 11, 5)
    known = {day: 9000.0 + 10 * (day > hole) for day in business_days(FIRST, AS_OF) if day != hole}
    found = value(OPEN, markets(priced("CU", "cash", known), priced("CU", "3m", dict.fromkeys(known, 9010.0)), fx=EURO))
    assert found.quotes["buy", "copper"].average.missing_days == (hole,)
    assert found.quotes["buy", "copper"].days == 20
    assert "copper (buy) has no CU cash price of 2026-11-05: skipped" in found.flags


def test_london_is_preferred_and_new_york_stands_in_and_is_named():
    text = OPEN.replace("copper:", "gold:").replace(', quantity: {t: "100"}', "")
    york, london = priced("GC", "front", KNOWN), priced("AU-LBMA", "pm", KNOWN)
    both = value(text, markets(york, london, fx=EURO))
    alone = value(text, markets(york, fx=EURO))
    assert both.quotes["buy", "gold"].series == ("AU-LBMA", "pm")
    assert alone.quotes["buy", "gold"].series == ("GC", "front")
    assert any("gold (buy) is priced on GC front: AU-LBMA pm is not known" in flag for flag in alone.flags)
    stale = value(text, markets(york, priced("AU-LBMA", "pm", {date(2026, 11, 2): 4000.0}), fx=EURO))
    assert stale.quotes["buy", "gold"].series == ("GC", "front")


def test_days_beyond_the_three_month_prompt_are_priced_at_its_end_and_marked():
    far = OPEN.replace("quotational_period: M+1", "quotational_period: M+5")
    quote = value(far, markets(quoted("CU", FIRST, AS_OF, 9000.0, 9900.0), fx=EURO)).quotes["sell", "copper"]
    assert (quote.price, quote.extrapolated_days, quote.average.forward_days) == (Decimal("9900.00"), 19, 19)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("quotational_period: M, ", "", "legs.buy.pricing.copper.fixed_usd"),
        ('    shipment: "2026-11-10"\n', "", "legs.buy.shipment"),
        ('    arrival: "2026-12-05"\n    payment: {final', "    payment: {final", "legs.sell.arrival"),
        ("pricing: {copper: {quotational_period: M, ", "pricing: {tin: {quotational_period: M, ", "legs.buy.pricing.tin"),
    ],
)
def test_what_cannot_be_priced_is_named_by_its_field(old, new, field):
    assert old in OPEN
    with pytest.raises(BadInput) as fault:
        value(OPEN.replace(old, new, 1), markets(FLAT, fx=EURO))
    assert fault.value.field == field


def test_a_rate_that_is_left_open_is_the_last_known_one_and_none_is_made_up():
    assert value(OPEN, markets(FLAT, fx=EURO)).costs["destination"] == Decimal("1624.00")  # 1,400 EUR x 1.16
    with pytest.raises(BadInput) as fault:
        value(OPEN, markets(FLAT))
    assert fault.value.field == "costs.destination.fx_usd"


def test_an_old_rate_is_used_and_said():
    old = rates({date(2026, 11, 2): 1.15})
    assert "euros are changed at the rate of 2026-11-02: stale" in value(OPEN, markets(FLAT, fx=old)).flags
    assert not any("euros" in flag for flag in value(OPEN, markets(FLAT, fx=EURO)).flags)


def test_a_deal_nobody_can_price_yet_is_quarantined_and_a_later_night_takes_it():
    later = markets(quoted("CU", date(2026, 11, 13), AS_OF, 9000.0, 9000.0), fx=EURO)
    known, faults = admit([("deals/a.yaml", OPEN)], date(2026, 11, 12), later)
    assert known.is_empty()
    assert faults["field"].to_list() == ["legs.buy.pricing.copper"]
    assert admit([("deals/a.yaml", OPEN)], AS_OF, later)[0]["deal_id"].to_list() == ["CU-2"]


@given(st.floats(1.0, 100_000.0))
def test_what_the_night_could_not_know_changes_nothing(price):
    later = markets(FLAT, quoted("CU", date(2026, 11, 17), date(2026, 11, 20), price, price), fx=EURO)
    assert as_json(value(OPEN, later)) == as_json(value(OPEN, markets(FLAT, fx=EURO)))


def test_a_provisional_invoice_older_than_every_price_must_be_stated():
    with pytest.raises(BadInput) as fault:
        value(OPEN, markets(quoted("CU", AS_OF, AS_OF, 9000.0, 9000.0), fx=EURO))
    assert fault.value.field == "legs.buy.provisional.pricing.copper"


def test_the_provisional_price_is_the_one_known_when_it_was_invoiced():
    market = markets(quoted("CU", FIRST, AS_OF, lambda day: 9000.0 if day <= date(2026, 11, 13) else 9500.0, 9000.0), fx=EURO)
    quotes = quotes_of(parse_deal(OPEN, "x"), market, AS_OF)
    assert quotes["buy.provisional", "copper"].price == Decimal("9000.00")
    assert quotes["buy", "copper"].price > Decimal("9000.00")
