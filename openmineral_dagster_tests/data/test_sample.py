"""The bundled sample: the same bytes every time, small, marked as a sample, and complete from the book to the lists."""

import json
import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from openmineral_dagster.compliance.parties import facts_of
from openmineral_dagster.compliance.rules import evaluate, overall
from openmineral_dagster.compliance.screening import Screener, valid_imo
from openmineral_dagster.deals.terms import Deal, parse_deal
from openmineral_dagster.deals.valuation import value_deal
from openmineral_dagster.lake.root import PROJECT
from openmineral_dagster.memos.decision import recommend
from openmineral_dagster.reference.instruments import find, find_tenor
from openmineral_dagster.sources.sanctions import read_lists

SAMPLE = PROJECT / "data" / "sample"
LAST = date(2026, 11, 20)
VERDICTS = {
    "AU-DORE-205": "hold",
    "CU-CATH-206": "decline",
    "CU-CONC-201": "approve",
    "PB-CONC-203": "renegotiate",
    "ZN-CONC-204": "hold",
    "ZN-SHG-202": "approve",
}


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def deal(deal_id: str) -> Deal:
    file = SAMPLE / "deals" / f"{deal_id}.yaml"
    return parse_deal(file.read_text(), file.name)


def test_the_script_rewrites_the_sample_byte_for_byte(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    subprocess.run([sys.executable, PROJECT / "data" / "make_sample.py", tmp_path], check=True, env=environment)
    assert files_of(tmp_path) == files_of(SAMPLE)


def test_the_sample_is_small_and_says_what_it_is():
    files = files_of(SAMPLE)
    assert sum(map(len, files.values())) <= 3_000_000
    assert b"SAMPLE DATA" in files["SAMPLE"]
    assert b"SAMPLE DATA" in files["README.md"]
    assert b"make_sample.py" in files["README.md"]


def test_the_book_holds_instruments_the_desk_prices():
    book = pl.read_csv(SAMPLE / "positions" / "book.csv", try_parse_dates=True)
    assert set(book["portfolio"]) == {"base_metals", "precious", "hedges"}
    assert book["closed_on"].drop_nulls().len() == 2
    assert book["entered_on"].max() <= LAST
    for name, tenor in book.select("instrument", "tenor").iter_rows():
        instrument = find(name)
        assert instrument is not None
        assert find_tenor(instrument, tenor) == tenor


def test_the_lists_are_whole_fictional_and_dated_the_last_day():
    lists = read_lists(SAMPLE / "sanctions")
    assert {version.list: version.date for version in lists.versions} == dict.fromkeys(("OFAC", "UN", "EU", "UK"), LAST)
    assert all(10 <= version.entries <= 20 and not version.gap for version in lists.versions)
    assert lists.faults.is_empty()


def test_every_listed_vessel_has_a_ship_number_with_its_check_digit():
    ships = read_lists(SAMPLE / "sanctions").entries.filter(pl.col("entity_type") == "vessel")
    assert ships["list"].unique().sort().to_list() == ["OFAC", "UK"]
    assert all(map(valid_imo, ships["imo"]))


def test_no_sample_name_is_near_a_really_listed_one(real_landing):
    real = Screener(read_lists(real_landing / "sanctions"))
    listed = read_lists(SAMPLE / "sanctions").entries.select("name", "entity_type").unique().rows()
    parties = [(leg.counterparty.name, "entity") for name in VERDICTS for leg in deal(name).named_legs().values()]
    assert [name for name, kind in [*listed, *parties] if real.screen(name, kind, None, as_of=LAST).hit] == []


@pytest.mark.parametrize(("deal_id", "verdict"), VERDICTS.items())
def test_each_deal_leads_to_the_verdict_it_was_written_for(deal_id, verdict):
    terms = deal(deal_id)
    ratios = {name: value for name, (value, _) in value_deal(terms).ratios().items()}
    per_tonne = ratios.get("net_margin_per_dmt", ratios.get("net_margin_per_t"))
    outcome = overall(evaluate(facts_of(terms), Screener(read_lists(SAMPLE / "sanctions")), LAST))
    assert recommend(outcome, per_tonne, ratios.get("roi_annualised_pct"), None).recommendation == verdict


def test_one_deal_is_afloat_with_every_price_open():
    terms = deal("CU-CONC-207")
    assert {pricing.fixed_usd for leg in terms.named_legs().values() for pricing in leg.pricing.values()} == {None}
    assert recommend("pass", Decimal(50), Decimal(20), None, open_prices=True).recommendation == "hold"


def test_the_deal_to_renegotiate_still_earns_something():
    margin = value_deal(deal("PB-CONC-203")).net_margin
    assert margin is not None
    assert Decimal(0) < margin < Decimal(20_000)


def test_one_deal_lists_a_cost_that_is_not_the_desks_to_bear():
    flagged = {name: value_deal(deal(name)).flags for name in VERDICTS}
    assert [name for name, flags in flagged.items() if flags] == ["PB-CONC-203"]
    assert "discharge" in flagged["PB-CONC-203"][0]


def test_one_listed_name_is_exact_and_one_is_a_letter_off():
    screener = Screener(read_lists(SAMPLE / "sanctions"))
    findings = pl.concat([evaluate(facts_of(deal(name)), screener, LAST) for name in VERDICTS])
    hits = findings.filter(pl.col("outcome") != "pass").select("deal_id", "outcome", "score").sort("deal_id").rows()
    assert [hit[:2] for hit in hits] == [("CU-CATH-206", "block"), ("ZN-CONC-204", "review")]
    assert hits[0][2] == 1
    assert 0.85 <= hits[1][2] < 0.99


def test_news_lines_are_complete_and_one_is_hostile():
    lines = [json.loads(line) for line in (SAMPLE / "news" / "metals.jsonl").read_text().splitlines()]
    assert len(lines) == len({line["id"] for line in lines}) == 20
    assert all(line["url"].startswith("https://news.example.com/") and line["published_at"].endswith("Z") for line in lines)
    assert all(line["source"].endswith("(fictional)") for line in lines)
    assert sum("Ignore all previous instructions" in line["body"] for line in lines) == 1
