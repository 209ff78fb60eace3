"""Deal files are read as strings into closed models; a mistake is named by file, field and expectation."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmineral_dagster.deals.intake import admit
from openmineral_dagster.deals.terms import deal_hash, parse_deal
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster_tests.deals.texts import CATHODE, CONCENTRATE


def refused(text):
    with pytest.raises(BadInput) as fault:
        parse_deal(text, "deals/x.yaml")
    assert "\n" not in str(fault.value)
    assert str(fault.value).startswith("deals/x.yaml")
    return fault.value.field


def test_norway_stays_a_country():
    assert parse_deal(CONCENTRATE, "x").legs.buy.counterparty.country == "NO"


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('"3100"}}\n  sell', '"NaN"}}\n  sell', "legs.buy.pricing.zinc.fixed_usd"),
        ('"3100"}}\n  sell', '"1e999"}}\n  sell', "legs.buy.pricing.zinc.fixed_usd"),
        ('"3100"}}\n  sell', '"9,850.00"}}\n  sell', "legs.buy.pricing.zinc.fixed_usd"),
        ('"3100"}}\n  sell', '"٣١٠٠"}}\n  sell', "legs.buy.pricing.zinc.fixed_usd"),
        ('moisture_pct: "10"', 'moisture_pct: "101"', "legs.buy.quantity.moisture_pct"),
        ('wmt: "1000"', 'wmt: "-1000"', "legs.buy.quantity.wmt"),
        ("incoterm: FOB", "incoterm: FOBB", "legs.buy.incoterm"),
        ("incoterm: FOB", "incoterm: FOB\n    incotrem: FOB", "legs.buy.incotrem"),
        ('"2026-10-15"', '"2026-13-15"', "traded_on"),
        ('"2026-10-15"', "yesterday", "traded_on"),
        ("deal_id: ZN-1", "deal_id: ../../etc/passwd", "deal_id"),
        ("method: pct_min_deduction", "method: pct_if_above", "legs.buy.payables.0"),
        ("material: zinc_concentrate\n", "", "material"),
        (
            '"8"}\n    treatment',
            '"8"}\n      - {metal: zinc, assay: fe_pct, method: pct_min_deduction, pct: "1", deduction: "0"}\n    treatment',
            "legs.buy",
        ),
        ("incoterm: FOB", 'incoterm: FOB\n    shipment: "2026-11-02"\n    arrival: "2026-11-01"', "legs.buy"),
        ("material: zinc", 'uncertainty: {assay: {cu_pct: "0.1"}}\nmaterial: zinc', ""),
        ('"2026-10-15"', "1760486400", "traded_on"),
        ('"2026-10-15"', '"9999-12-31"', "traded_on"),
        ('zn_pct: "', 'zn_pct: "9', "legs.buy.assay"),
    ],
)
def test_a_mistake_is_named_by_its_field(old, new, field):
    assert refused(CONCENTRATE.replace(old, new, 1)) == field


@pytest.mark.parametrize(
    "text", ["", "[]", "deal_id: [", "a: 1\na: 2", "!!python/object/apply:os.system [id]", "{a: b}: c", "- \t"]
)
def test_what_is_no_deal_is_refused_as_a_file(text):
    assert refused(text) in ("", "deal_id", "a")


@pytest.mark.parametrize("text", ["a: " + "[" * 100_000, "- " * 100_000, "? " * 100_000, "a: " + "{a: " * 60_000])
def test_a_text_that_nests_too_deep_is_refused_and_the_process_lives(text):
    assert refused(text) == ""


def test_a_metal_is_paid_for_once_and_a_tier_starts_where_no_other_does():
    payable = CONCENTRATE[CONCENTRATE.index("- {metal: zinc") :].splitlines()[0]
    assert refused(CONCENTRATE.replace(payable, f"{payable}\n      {payable}", 1)) == "legs.buy"
    tiers = "{metal: zinc, assay: zn_pct, method: pct_if_above, tiers: [{from: '1', pct: '90'}, {from: '1.0', pct: '95'}]}"
    assert refused(CONCENTRATE.replace(payable.removeprefix("- "), tiers, 1)) == "legs.buy.payables.0"


def test_a_deal_of_more_money_than_is_counted_is_refused_and_the_others_go_on():
    absurd = "9" * 15
    dear = CONCENTRATE.replace("ZN-1", "ZN-2").replace('wmt: "1000"', f'wmt: "{absurd}"')
    dearer = dear.replace("ZN-2", "ZN-3").replace('fixed_usd: "3100"', f'fixed_usd: "{absurd}"')
    files = [("a", dear), ("b", dearer), ("c", CONCENTRATE)]
    terms, faults = admit(files, date(2026, 11, 20))
    assert terms["deal_id"].to_list() == ["ZN-1"]
    assert faults.select("file", "field").rows() == [("a", "legs"), ("b", "legs")]


def test_an_alias_bomb_is_refused_before_it_grows():
    lines = ['a0: &a0 ["x", "x", "x", "x", "x", "x", "x", "x", "x"]']
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert refused("\n".join(lines)) == ""


@given(st.text(max_size=300))
def test_any_text_at_all_is_a_deal_or_one_clear_line(text):
    try:
        parse_deal(text, "x")
    except BadInput as fault:
        assert "\n" not in str(fault)


def test_comments_and_key_order_do_not_change_the_hash_but_terms_do():
    deal = parse_deal(CATHODE, "x")
    assert deal_hash(parse_deal("# a comment\n" + CATHODE, "y")) == deal_hash(deal)
    assert deal_hash(parse_deal(CATHODE.replace('"100"', '"101"', 1), "x")) != deal_hash(deal)


def test_a_deal_is_known_from_the_day_it_was_traded_on():
    files = [("deals/a.yaml", CONCENTRATE), ("deals/b.yaml", CATHODE.replace("2026-10-15", "2026-10-16"))]
    known, faults = admit(files, date(2026, 10, 15))
    assert known["deal_id"].to_list() == ["ZN-1"]
    assert faults.is_empty()


def test_unusable_deals_are_quarantined_and_the_others_go_on():
    unpriced = CATHODE.replace('fixed_usd: "9000", ', "").replace("CU-1", "CU-2")
    files = [("deals/a.yaml", CATHODE), ("deals/b.yaml", CATHODE), ("deals/c.yaml", unpriced), ("deals/d.yaml", "{")]
    known, faults = admit(files, date(2026, 11, 20))
    assert known["deal_id"].to_list() == ["CU-1"]
    named = dict(faults.select("file", "field").iter_rows())
    assert named == {"deals/b.yaml": "deal_id", "deals/c.yaml": "legs.sell.pricing.copper.fixed_usd", "deals/d.yaml": ""}
