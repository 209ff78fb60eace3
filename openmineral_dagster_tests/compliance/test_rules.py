"""Every rule passes, reviews and blocks where it should; the deal's outcome is the worst of all."""

import json
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from openmineral_dagster.compliance import rules
from openmineral_dagster.compliance.catalogue import RULES
from openmineral_dagster.compliance.rules import DealFacts, Party, Vessel, evaluate, overall
from openmineral_dagster.compliance.screening import Screener
from openmineral_dagster.lake.schema import violations
from openmineral_dagster.lake.tables import FINDINGS
from openmineral_dagster_tests.compliance.lists import NIGHT, entry, lists

CLEAN = DealFacts(
    deal_id="CU-1",
    parties=(Party("Minera Ejemplo S.A.", "seller", "PE"), Party("Example Smelting Co. Ltd.", "buyer", "CN")),
    origin="PE",
    load_port="Callao",
    discharge_port="Qingdao",
    destination="CN",
    material="copper_concentrate",
    assay={"cu_pct": "26.40", "as_pct": "0.38", "f_ppm": "420", "hg_ppm": "6"},
)
FRESH = Screener(
    lists(entry("ZEPHYRA MARITIME SHIPPING", "OFAC", uid="1"), entry("OCEAN HERON", "UK", entity_type="vessel", imo="9074729"))
)


def outcome(deal: DealFacts, rule: str, subject: str, screener: Screener = FRESH, as_of: date = NIGHT) -> str:
    found = evaluate(deal, screener, as_of).filter(rule_id=rule, subject=subject)
    assert found.height == 1
    return found["outcome"].item()


def test_a_clean_deal_on_fresh_lists_passes_every_rule():
    findings = evaluate(CLEAN, FRESH, NIGHT)
    assert violations(findings, FINDINGS) == []
    assert set(findings["rule_id"]) == {"SAN-01", "SAN-02", "SAN-03", "SAN-04", "SAN-05", "CN-CU-01", "LIST-FRESH"}
    assert findings.filter(pl.col("outcome") != "pass").is_empty()
    assert overall(findings) == "pass"


@pytest.mark.parametrize(("rule", "of"), [("SAN-01", "OFAC"), ("SAN-02", "EU"), ("SAN-03", "UN"), ("SAN-04", "UK")])
def test_each_list_blocks_its_own_names_and_reviews_those_like_them(rule, of):
    screener = Screener(lists(entry("ZEPHYRA MARITIME SHIPPING", of, uid="9")))
    for name, expected in (
        ("Zephyra Maritime Shipping Ltd", "block"),
        ("Zephyra Maritime Shiping", "review"),
        ("Orsk Mining", "pass"),
    ):
        deal = replace(CLEAN, parties=(Party(name, "buyer", "CN"),))
        assert outcome(deal, rule, name, screener) == expected
        others = evaluate(deal, screener, NIGHT).filter(pl.col("rule_id").str.starts_with("SAN-"), pl.col("rule_id") != rule)
        assert set(others["outcome"]) == {"pass"}


def test_a_hit_carries_the_entry_as_evidence_and_the_list_s_date():
    deal = replace(CLEAN, parties=(Party("Zephyra Maritime Shipping", "buyer", "CN"),))
    found = evaluate(deal, FRESH, NIGHT).filter(rule_id="SAN-01").row(0, named=True)
    evidence = json.loads(found["evidence"])
    assert evidence["entry"]["uid"] == "1"
    assert evidence["list_sha256"] == "ofac"
    assert (found["score"], found["list_version"]) == (1.0, "OFAC 2026-11-20")


def test_the_vessel_is_screened_by_name_and_ship_number():
    assert outcome(replace(CLEAN, vessel=Vessel("Ocean Heron")), "SAN-04", "Ocean Heron") == "block"
    assert outcome(replace(CLEAN, vessel=Vessel("Night Owl", "9074729")), "SAN-04", "Night Owl") == "block"
    assert outcome(replace(CLEAN, vessel=Vessel("Night Owl", "9074720")), "SAN-04", "Night Owl") == "review"
    assert outcome(replace(CLEAN, vessel=Vessel("Night Owl")), "SAN-04", "Night Owl") == "pass"


@pytest.mark.parametrize(
    ("change", "subject", "expected"),
    [
        ({"origin": "IR"}, "origin", "block"),
        ({"destination": "Korea, North"}, "destination", "block"),
        ({"load_port": "Port of Sevastopol"}, "load_port", "block"),
        ({"discharge_port": "Bandar-Abbas"}, "discharge_port", "block"),
        ({"origin": "Region: Crimea"}, "origin", "block"),
        ({"origin": None}, "origin", "review"),
        ({"load_port": ""}, "load_port", "review"),
        ({"destination": "Atlantis"}, "destination", "review"),
        ({"origin": "NO"}, "origin", "pass"),
    ],
)
def test_embargoed_places_block_and_unknown_ones_are_reviewed(change, subject, expected):
    assert outcome(replace(CLEAN, **change), "SAN-05", subject) == expected


@pytest.mark.parametrize(("country", "expected"), [("CU", "block"), (None, "review"), ("CH", "pass")])
def test_a_party_s_country_is_judged_and_a_missing_one_reviewed(country, expected):
    assert outcome(replace(CLEAN, parties=(Party("Orsk Mining", "buyer", country),)), "SAN-05", "Orsk Mining") == expected


@pytest.mark.parametrize(
    ("assay", "expected"),
    [
        ({"cu_pct": "26", "as_pct": "0.44"}, "pass"),
        ({"cu_pct": "26", "as_pct": "0.45"}, "review"),
        ({"cu_pct": "26", "as_pct": "0.50"}, "review"),
        ({"cu_pct": "26", "as_pct": "0.501"}, "block"),
        ({"cu_pct": "26", "as_ppm": "5001"}, "block"),
        ({"cu_pct": "26", "as_pct": "0.2", "f_ppm": "1001"}, "block"),
        ({"cu_pct": "26", "as_pct": "0.2", "hg_ppm": "90"}, "review"),
        ({"cu_pct": "26", "as_pct": "0.2", "pb_pct": "6.01"}, "block"),
        ({"cu_pct": "26", "as_pct": "0.2", "cd_pct": "0.051"}, "block"),
        ({"cu_pct": "12.9", "as_pct": "0.2"}, "review"),
        ({"cu_pct": "26"}, "review"),
        ({"cu_pct": "26", "as_pct": "n/a"}, "review"),
        ({"cu_pct": "26", "as_pct": "-0.1"}, "review"),
        ({"cu_pct": "26", "as_pct": "0.2", "pb_pct": "NaN"}, "review"),
    ],
)
def test_copper_concentrate_into_china_is_held_to_the_limits(assay, expected):
    assert outcome(replace(CLEAN, assay=assay), "CN-CU-01", "assay") == expected


def test_the_limits_bind_only_copper_concentrate_into_china():
    dirty = {"as_pct": "3.0"}
    assert outcome(replace(CLEAN, assay=dirty, destination="KR"), "CN-CU-01", "assay") == "pass"
    assert outcome(replace(CLEAN, assay=dirty, material="zinc_concentrate"), "CN-CU-01", "assay") == "pass"
    assert outcome(replace(CLEAN, assay=dirty, material=None), "CN-CU-01", "assay") == "review"


def test_the_definition_of_concentrate_came_in_december_2017():
    poor = replace(CLEAN, assay={"cu_pct": "12", "as_pct": "0.2"})
    assert outcome(poor, "CN-CU-01", "assay", as_of=date(2017, 12, 8)) == "review"
    assert outcome(poor, "CN-CU-01", "assay", as_of=date(2017, 12, 7)) == "pass"


def test_elements_not_assayed_are_named():
    found = evaluate(CLEAN, FRESH, NIGHT).filter(rule_id="CN-CU-01")["evidence"].item()
    assert json.loads(found)["not_assayed"] == ["Pb", "Cd"]


def test_a_list_that_is_not_fresh_holds_the_deal():
    screener = Screener(lists(dates={"UN": NIGHT - timedelta(days=3)}))
    assert outcome(CLEAN, "LIST-FRESH", "UN", screener) == "review"
    assert outcome(CLEAN, "LIST-FRESH", "EU", screener) == "pass"
    assert outcome(CLEAN, "SAN-03", "Minera Ejemplo S.A.", screener) == "review"
    assert overall(evaluate(CLEAN, screener, NIGHT)) == "review"


def test_no_lists_at_all_hold_the_deal():
    nothing = Screener(lists(without=("OFAC", "UN", "EU", "UK")))
    findings = evaluate(CLEAN, nothing, NIGHT)
    assert set(findings.filter(pl.col("rule_id").is_in(["SAN-01", "SAN-02", "SAN-03", "SAN-04"]))["outcome"]) == {"review"}


def test_a_rule_nobody_verified_for_180_days_asks_a_person(monkeypatch):
    last = RULES[0].last_verified
    screener = Screener(lists(dates=dict.fromkeys(("OFAC", "UN", "EU", "UK"), last + timedelta(days=180))))
    assert overall(evaluate(CLEAN, screener, last + timedelta(days=180))) == "pass"
    old = tuple(replace(rule, last_verified=NIGHT - timedelta(days=181)) if rule.id == "SAN-05" else rule for rule in RULES)
    monkeypatch.setattr(rules, "RULES", old)
    found = evaluate(CLEAN, FRESH, NIGHT)
    assert set(found.filter(rule_id="SAN-05")["outcome"]) == {"review"}
    assert found.filter(rule_id="SAN-05")["reason"].str.contains("last verified").all()
    assert outcome(replace(CLEAN, origin="IR"), "SAN-05", "origin") == "block"


def test_the_worst_finding_decides():
    deal = replace(CLEAN, parties=(Party("Zephyra Maritime Shipping", "buyer", "CN"), Party("Orsk Mining", "seller", None)))
    assert overall(evaluate(deal, FRESH, NIGHT)) == "block"
    assert overall(FINDINGS.empty()) == "review"


def test_a_party_named_twice_keeps_its_worse_finding():
    deal = replace(CLEAN, parties=(Party("Orsk Mining", "seller", "PE"), Party("Orsk Mining", "buyer", "IR")))
    assert outcome(deal, "SAN-05", "Orsk Mining") == "block"


def test_a_deal_without_parties_is_reviewed():
    assert outcome(replace(CLEAN, parties=()), "SAN-01", "parties") == "review"


@pytest.mark.parametrize("name", ["", "😀", "x" * 10_000, "\x00\ud800", "line\nbreak; DROP TABLE", '"}{'])
def test_hostile_party_names_never_crash_and_unusable_ones_never_pass(name):
    deal = replace(CLEAN, parties=(Party(name, "buyer", name[:50] or None),), load_port=name[:300], origin=name[:50] or None)
    findings = evaluate(deal, FRESH, NIGHT)
    assert violations(findings, FINDINGS) == []
    assert overall(findings) == "review"
    assert all(json.loads(text) for text in findings["evidence"])


def test_each_rule_has_one_version_in_force_on_any_night():
    for as_of in (date(2008, 1, 2), date(2017, 12, 7), date(2017, 12, 8), NIGHT):
        ids = [rule.id for rule in RULES if rule.in_force(as_of)]
        assert len(ids) == len(set(ids)) == 7
