"""Deals are worth what their formulas say, to the cent."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmineral_dagster.deals.charges import participation, penalty_of
from openmineral_dagster.deals.payables import payable_grade
from openmineral_dagster.deals.quotes import no_market
from openmineral_dagster.deals.remark import mark
from openmineral_dagster.deals.statement import as_json
from openmineral_dagster.deals.terms import EscalatorBand, Payable, Penalty, parse_deal
from openmineral_dagster.deals.valuation import value_deal
from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import VALUATION
from openmineral_dagster_tests.conftest import SHARED
from openmineral_dagster_tests.deals.texts import CATHODE, CONCENTRATE

GOLDEN = sorted((SHARED / "golden" / "deals").glob("*.yaml"))


def contained(expected, found):
    if isinstance(expected, dict):
        assert isinstance(found, dict)
        for key, value in expected.items():
            contained(value, found.get(key))
    else:
        assert found == expected


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_a_golden_deal_is_valued_to_the_cent(file):
    expected = json.loads((file.parents[1] / "expected" / f"{file.stem}.json").read_text())
    contained(expected, as_json(value_deal(parse_deal(file.read_text(), file.name))))


def value(text):
    return as_json(value_deal(parse_deal(text, "deal.yaml")))


def test_a_zinc_concentrate_by_hand():
    found = value(CONCENTRATE)
    buy, sell = found["legs"]["buy"], found["legs"]["sell"]
    # 900 dmt; min(42.5, 42) = 42 percent -> 378 t x 3,100; charge 100 + 10 -> 99,000; iron 1.5 x 2 x 900
    assert (buy["dmt"], buy["payables"]["zinc"]["quantity"], buy["gross_usd"]) == ("900.000", "378.000", "1171800.00")
    assert (buy["treatment_charge_usd"], buy["penalties_usd"], buy["net_usd"]) == ("99000.00", "2700.00", "1070100.00")
    assert sell["net_usd"] == "1126800.00"
    # freight 20,000; finance 1,070,100 x 6 % x 30/360 = 5,350.50
    assert found["costs_usd"] == {"freight": "20000.00", "finance": "5350.50", "total": "25350.50"}
    assert (found["gross_margin_usd"], found["net_margin_usd"]) == ("56700.00", "31349.50")


def test_premium_is_added_before_the_discount():
    assert value(CATHODE)["netback_usd"] == "900900.00"


@pytest.mark.parametrize(
    ("price", "charge"), [("2400", "98"), ("2500", "100"), ("3000", "100"), ("3100", "110"), ("3200", "120"), ("5000", "120")]
)
def test_the_participation_rises_to_its_cap_and_falls_below_its_floor(price, charge):
    found = value(CONCENTRATE.replace('"3100"', f'"{price}"'))
    assert Decimal(found["legs"]["buy"]["treatment_charge_usd_per_dmt"]) == Decimal(charge)


def test_a_band_without_a_cap_has_none():
    band = EscalatorBand(above_usd=Decimal(3000), add_per_usd=Decimal("0.05"))
    assert participation(band, Decimal(13000)) == 500


@pytest.mark.parametrize(("whole", "usd"), [(False, "5.6"), (True, "4")])
def test_penalties_count_pro_rata_or_whole_steps(whole, usd):
    penalty = Penalty(assay="as_pct", threshold=Decimal("0.2"), step=Decimal("0.1"), usd_per_step=Decimal(2), whole_steps=whole)
    assert penalty_of(penalty, Decimal("0.48")) == Decimal(usd)


@pytest.mark.parametrize(("assay", "paid"), [("0.99", "0"), ("1", "0.90"), ("2.99", "2.691"), ("3", "2.79"), ("20", "18.60")])
def test_a_tier_pays_its_share_of_the_whole_assay_from_its_lower_bound_on(assay, paid):
    tiers = [{"from": "3", "pct": "93"}, {"from": "1", "pct": "90"}]
    terms = Payable.model_validate({"metal": "gold", "assay": "au_gpt", "method": "pct_if_above", "tiers": tiers})
    assert payable_grade(terms, Decimal(assay)) == Decimal(paid)


def test_a_negative_treatment_charge_adds_to_the_invoice():
    free, paid = (value(CONCENTRATE.replace('usd_per_dmt: "50"', f'usd_per_dmt: "{rate}"')) for rate in ("0", "-50"))
    assert Decimal(paid["legs"]["sell"]["net_usd"]) - Decimal(free["legs"]["sell"]["net_usd"]) == 45000


def test_the_solved_treatment_charge_and_freight_leave_no_margin():
    found = value(CONCENTRATE)
    rate, freight = found["break_even_sell_treatment_charge"], found["break_even_freight"]
    for text in (CONCENTRATE.replace('usd_per_dmt: "50"', f'usd_per_dmt: "{rate}"'), CONCENTRATE.replace('"20"', f'"{freight}"')):
        assert abs(Decimal(value(text)["net_margin_usd"])) <= 10  # a cent a tonne, on a thousand tonnes


def test_a_provisional_invoice_leaves_a_balance():
    text = CATHODE.replace(
        "    pricing:", '    payment: {provisional_pct: "90"}\n    provisional: {quantity: {t: "102"}}\n    pricing:'
    )
    leg = value(text)["legs"]["sell"]
    assert (leg["net_usd"], leg["provisional_usd"], leg["balance_usd"]) == ("900900.00", "827026.20", "73873.80")


def test_a_cost_the_incoterms_put_elsewhere_is_charged_and_flagged():
    text = CONCENTRATE.replace("incoterm: CIF", "incoterm: FOB")
    assert value(text)["costs_usd"]["freight"] == "20000.00"
    assert "freight" in value(text)["flags"][0]
    assert value(CONCENTRATE)["flags"] == []


def test_the_rows_are_the_valuation_line_by_line():
    deal = parse_deal(CONCENTRATE, "deal.yaml")
    rows = mark([deal], [], no_market, deal.traded_on, deal.traded_on)[VALUATION]
    amounts = {(leg, line): amount for leg, line, amount in rows.select("leg", "line", "amount_usd").iter_rows()}
    assert amounts["deal", "net_margin"] == Decimal("31349.50")
    assert amounts["costs", "total"] == sum(
        amount for (leg, line), amount in amounts.items() if leg == "costs" and line != "total"
    )
    assert require_valid(rows, VALUATION).height == rows.height


number = st.decimals(0, 100, places=4)


@given(assay=number, pct=number, deduction=number, method=st.sampled_from(["pct_min_deduction", "deduction_then_pct"]))
def test_no_more_is_paid_for_than_the_assay_and_never_less_than_nothing(assay, pct, deduction, method):
    terms = Payable(metal="zinc", assay="zn_pct", method=method, pct=pct, deduction=deduction)
    assert 0 <= payable_grade(terms, assay) <= assay


@given(st.integers(1, 50))
def test_tonnes_scale_the_value(factor):
    one, many = (Decimal(value(CATHODE.replace('t: "100"', f't: "{tonnes}"'))["netback_usd"]) for tonnes in (100, 100 * factor))
    assert many == one * factor
