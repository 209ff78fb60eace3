"""What holds of every deal whatever its terms: tonnage scales it, splitting it changes only rounding, a leg cancels itself."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmineral_dagster.deals import variants
from openmineral_dagster.deals.solved import break_evens, sensitivities
from openmineral_dagster.deals.terms import TreatmentCharge, deal_hash, parse_deal
from openmineral_dagster.deals.valuation import value_deal
from openmineral_dagster_tests.deals.worked.contracts import contracts, split

DEALS = {key: parse_deal(split(contract)[0], "deal.yaml") for key, contract in contracts().items() if "market" not in contract}
KEYS = sorted(DEALS)
deals = st.sampled_from(KEYS).map(DEALS.get)
MILLI = Decimal("0.0005")


def weighed(deal, factor):
    """The deal with every quantity multiplied."""
    for name, leg in deal.named_legs().items():
        amounts = {unit: getattr(leg.quantity, unit) for unit in ("wmt", "t", "kg")}
        scaled = {unit: amount * factor for unit, amount in amounts.items() if amount is not None}
        deal = variants.with_leg(deal, name, quantity=leg.quantity.model_copy(update=scaled), provisional=None)
    return deal


def slack(leg, billed):
    """What rounding can make of one invoice, USD: each weight is good to half a thousandth, and dore is weighed four times."""
    rates = [abs(billed.treatment_rate), billed.penalty_rate, *(item.price_usd for item in billed.payables)]
    charges = [abs(rate) for terms in leg.refining_charges.values() for rate in (terms.usd_per_oz, terms.usc_per_lb) if rate]
    # dry tonnes feed the weight of every metal, and pounds come from tonnes that are rounded already
    carried = [item.price_usd * (item.grade or 1) / (100 if item.unit == "t" else 31) for item in billed.payables]
    return 4 * MILLI * (sum(rates) + sum(charges) * 60 + sum(carried)) + Decimal("0.05")


def lines(billed):
    """Every line of an invoice that follows weight."""
    values = {f"value.{item.metal}": item.value_usd for item in billed.payables}
    refining = {f"refining.{metal}": amount for metal, amount in billed.refining_usd.items()}
    return {**values, **refining, "treatment": billed.treatment_usd, "penalties": billed.penalties_usd, "net": billed.net_usd}


@settings(max_examples=150, deadline=None)
@given(deals, st.integers(2, 50))
def test_tonnage_scales_every_line(deal, factor):
    one, many = value_deal(deal), value_deal(weighed(deal, factor))
    for name, leg in deal.named_legs().items():
        allowed = slack(leg, one.invoices[name]) * (factor + 1)
        for line, amount in lines(one.invoices[name]).items():
            assert abs(lines(many.invoices[name])[line] - amount * factor) <= allowed, line


@settings(max_examples=150, deadline=None)
@given(deals, st.decimals("0.05", "0.95", places=3))
def test_splitting_a_deal_changes_only_rounding(deal, share):
    whole = value_deal(deal).invoices
    first, second = (value_deal(weighed(deal, part)).invoices for part in (share, 1 - share))
    for name, leg in deal.named_legs().items():
        assert abs(whole[name].net_usd - first[name].net_usd - second[name].net_usd) <= 3 * slack(leg, whole[name])


@pytest.mark.parametrize("key", KEYS, ids=[": ".join(key) for key in KEYS])
def test_buying_and_selling_the_same_leg_cancels(key):
    for leg in DEALS[key].named_legs().values():
        both = DEALS[key].legs.model_copy(update={"buy": leg, "sell": leg})
        assert value_deal(DEALS[key].model_copy(update={"legs": both})).gross_margin == 0


def mixed_up(terms, random):
    return tuple(random.sample(terms, len(terms)))


@settings(max_examples=100, deadline=None)
@given(deals, st.randoms(use_true_random=False))
def test_the_order_of_payables_and_penalties_changes_nothing(deal, random):
    for name, leg in deal.named_legs().items():
        changed = {"payables": mixed_up(leg.payables, random), "penalties": mixed_up(leg.penalties, random)}
        mixed = value_deal(variants.with_leg(deal, name, **changed)).invoices[name]
        assert lines(mixed) == lines(value_deal(deal).invoices[name])


def with_rate(deal, term, rate):
    """The deal file with another rate of what a break-even is named after, and the tonnes it is charged on."""
    if term == "freight":
        cost = deal.costs.freight
        unit = next(unit for unit in variants.QUANTITY_RATES if getattr(cost, unit) is not None)
        tonnes = max(leg.quantity.wmt or leg.quantity.t for leg in deal.named_legs().values())
        return variants.with_cost(deal, "freight", **{unit: rate}), tonnes
    side, _, what = term.partition("_")
    leg = deal.named_legs()[side]
    if what == "treatment_charge":
        charge = (leg.treatment_charge or TreatmentCharge(usd_per_dmt=rate)).model_copy(update={"usd_per_dmt": rate})
        return variants.with_leg(deal, side, treatment_charge=charge), leg.quantity.wmt
    ((metal, pricing),) = leg.pricing.items()
    priced = {metal: pricing.model_copy(update={"premium_usd": rate})}
    return variants.with_leg(deal, side, pricing=priced), leg.quantity.t


@settings(max_examples=100, deadline=None)
@given(deals, st.decimals(-50, 50, places=2))
def test_a_dearer_charge_on_the_sale_is_never_worth_more(deal, rate):
    if deal.legs.sell is not None and deal.legs.sell.quantity.wmt is not None:
        first, second = (with_rate(deal, "sell_treatment_charge", dearer)[0] for dearer in (rate, rate + 1))
        assert value_deal(second).result_usd <= value_deal(first).result_usd


@pytest.mark.parametrize("key", KEYS, ids=[": ".join(key) for key in KEYS])
def test_at_its_break_even_a_deal_makes_nothing(key):
    for name, (rate, _) in break_evens(value_deal(DEALS[key])).items():
        solved, tonnes = with_rate(DEALS[key], name.removeprefix("break_even_"), rate)
        # the rate is to the cent: what a cent a tonne makes is what can be left
        assert abs(value_deal(solved).result_usd) <= tonnes / 100 + Decimal("0.10"), name


def test_a_dollar_of_treatment_charge_is_worth_the_dry_tonnes():
    deal = DEALS["copper", "nothing else to pay"]
    found = sensitivities(value_deal(deal))
    assert found["buy.treatment_charge+1"] == Decimal("7260.00")
    assert found["sell.treatment_charge+1"] == Decimal("-7245.48")
    # a cent a pound on 1,913.010 t of copper: 4,217,465.12 lb
    assert found["buy.refining_charge.copper+1"] == Decimal("42174.66")
    freight = sensitivities(value_deal(DEALS["copper", "as traded"]))["freight+5"]
    assert freight == Decimal("-40000.00")


def test_no_two_contracts_have_one_hash():
    assert len({deal_hash(deal) for deal in DEALS.values()}) == len(DEALS)
