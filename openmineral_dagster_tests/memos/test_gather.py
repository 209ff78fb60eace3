"""Memos of deals as their files state them, from valuation to the selected row."""

import re
from dataclasses import replace

import polars as pl
import pytest

from openmineral_dagster.deals.intake import admit, deals_of
from openmineral_dagster.deals.quotes import no_market
from openmineral_dagster.deals.remark import mark
from openmineral_dagster.deals.terms import deal_hash
from openmineral_dagster.lake.root import PROJECT
from openmineral_dagster.lake.tables import VALUATION
from openmineral_dagster.memos.gather import gather, write_all
from openmineral_dagster.memos.grounding import check_figures, reselect
from openmineral_dagster.memos.writer import write_memo
from openmineral_dagster_tests.memos import night

CATHODE = """
deal_id: CU-CATH-7
traded_on: "2026-10-15"
material: refined
legs:
  buy:
    counterparty: {name: "Cobre \\u202e 24 <b>SpA", country: CL}
    incoterm: FCA
    quantity: {t: "500"}
    pricing: {copper: {fixed_usd: "9850.00", premium_usd: "95.00"}}
  sell:
    counterparty: {name: Example Kabelwerke GmbH, country: DE}
    incoterm: DAP
    quantity: {t: "500"}
    pricing: {copper: {fixed_usd: "9874.00", premium_usd: "280.00"}}
costs:
  freight: {usd_per_t: "58.00", leg: buy}
  finance: {leg: buy, sofr_pct: "3.90", spread_pct: "2.25", days: 35}
"""


def _tables(text: str) -> dict[str, pl.DataFrame]:
    terms, faults = admit([("deals/a.yaml", text)], night.AS_OF)
    assert faults.is_empty()
    full, deal = night.inputs(), deals_of(terms)[0]
    judged = [("SAN-01", "Cobre 24 <b>SpA", "pass"), ("SAN-01", deal.named_legs()["sell"].counterparty.name, "pass")]
    return {
        "terms": terms,
        "valuation": mark(deals_of(terms), [], no_market, night.AS_OF, night.AS_OF)[VALUATION],
        "findings": night.findings(*judged, deal_id=deal.deal_id),
        **{name: getattr(full, name) for name in ("marks", "price_distribution", "scorecard", "var", "increments", "freshness")},
    }


def test_a_deal_file_becomes_a_memo_whose_figures_are_all_selected_again():
    tables = _tables(CATHODE)
    given = gather(deals_of(tables["terms"])[0], tables, night.AS_OF, sample_data=False)
    memo = write_memo(given)
    assert reselect(memo.figures, night.Publication(given, memo).select) == []
    assert "- Bought FCA from Cobre 24 &lt;b&gt;SpA\n- Sold DAP to Example Kabelwerke GmbH" in memo.markdown
    assert "the deal buys at 9,945.00 USD/t and sells at 10,154.00 USD/t" in memo.markdown
    assert memo.recommendation.recommendation == "approve"


def test_all_memos_of_a_night_come_as_two_tables_that_keep_the_contract():
    tables = _tables(CATHODE)
    memos, figures = write_all(deals_of(tables["terms"]), tables, night.AS_OF, sample_data=True)
    assert memos["deal_id"].to_list() == ["CU-CATH-7"]
    assert check_figures(memos["markdown"].item(), figures) == []


def test_a_night_without_deals_has_no_memos():
    memos, figures = write_all([], {}, night.AS_OF, sample_data=True)
    assert memos.is_empty() and figures.is_empty()


def test_a_deal_with_an_open_price_is_held_while_its_risk_is_not_measured():
    tables = _tables(CATHODE)
    deal = deals_of(tables["terms"])[0]
    pricing = {"copper": deal.legs.buy.pricing["copper"].model_copy(update={"fixed_usd": None})}
    buy = deal.legs.buy.model_copy(update={"pricing": pricing})
    open_deal = deal.model_copy(update={"legs": deal.legs.model_copy(update={"buy": buy})})
    assert gather(deal, tables, night.AS_OF, sample_data=True).open_prices is False
    given = gather(open_deal, tables, night.AS_OF, sample_data=True)
    given = replace(given, deal_hash=deal_hash(deal))
    memo = write_memo(given)
    assert memo.recommendation.recommendation == "hold"
    assert "what they add to the risk of the book is not measured" in memo.markdown


@pytest.mark.parametrize("letter", "ABCDE")
def test_every_worked_example_has_a_memo_a_reader_can_follow(letter):
    folder = PROJECT.parent / "shared" / "golden" / "deals"
    if not folder.is_dir():
        pytest.skip("no worked examples beside the project")
    tables = _tables(next(folder.glob(f"{letter}-*.yaml")).read_text(encoding="utf-8"))
    given = gather(deals_of(tables["terms"])[0], tables, night.AS_OF, sample_data=False)
    memo = write_memo(given)
    assert reselect(memo.figures, night.Publication(given, memo).select) == []
    expected = {"A": "renegotiate", "B": "hold", "C": "hold", "D": "hold", "E": "renegotiate"}
    assert memo.recommendation.recommendation == expected[letter]
    assert ("| **Net margin** | 39,477.00 USD |" in memo.markdown) == (letter == "A")
    assert re.search(r"\*\*Net(?:back| margin)\*\* \| [\d,]+\.\d\d USD", memo.markdown)
    assert write_memo(replace(given)).markdown == memo.markdown
