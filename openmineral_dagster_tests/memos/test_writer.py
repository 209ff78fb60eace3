"""The rule-based writer: the structure of a memo, the four recommendations, what is missing, and the same bytes twice."""

import re
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmineral_dagster.lake.schema import violations
from openmineral_dagster.lake.tables import FIGURES, MEMOS
from openmineral_dagster.memos.grounding import check_figures, reselect
from openmineral_dagster.memos.writer import memo_row, write_memo
from openmineral_dagster_tests.memos import night

HEADINGS = [
    "Market price benchmark",
    "Risk assessment",
    "Profitability",
    "Regulatory compliance",
    "Recommended actions",
    "What would change our mind",
]


def _grounded(given_inputs):
    memo = write_memo(given_inputs)
    assert check_figures(memo.markdown, memo.figures) == []
    assert reselect(memo.figures, night.Publication(given_inputs, memo).select) == []
    return memo


def test_a_memo_opens_with_its_mark_title_and_verdict_and_has_the_sections_in_order():
    text = _grounded(night.inputs()).markdown
    assert text.startswith("**SAMPLE DATA, not real.**")
    assert "# Deal memo CU-CONC-17, 2026-10-15\n\n**Recommendation: renegotiate**" in text
    assert re.findall(r"^## (.+)$", text, re.M) == HEADINGS


def test_a_memo_on_real_data_carries_no_sample_mark():
    assert "SAMPLE" not in write_memo(replace(night.inputs(), sample_data=False)).markdown


def test_the_figures_a_trader_looks_for_are_there_with_their_units():
    text = _grounded(night.inputs()).markdown
    for wanted in (
        "LME copper: 3m 9,901.50 USD/t on 2026-10-15, cash 9,850.01 USD/t on 2026-10-15; "
        "the deal buys at 9,850.00 USD/t and sells at 9,880.00 USD/t.",
        "Net margin: 91,846.43 USD, 10.04 USD/dmt, 2.53% a year.",
        "nothing is earned or lost at a sale treatment charge of -30.67 USD/dmt or a freight of 55.95 USD/wmt.",
        "| Price days ahead | 5% | 50% | 95% |",
        "| 21 | 8,919.18 USD/t | 9,850.00 USD/t | 10,780.83 USD/t |",
        "Champion model: hist500. Gate: replaced: quantile_network 90% coverage 0.71 over 300 nights. The mean is no change",
        "held 88.0% of outcomes at 21 price days",
        "at 99% over 1 price day: value at risk 412,346 USD, expected shortfall 512,345 USD",
        "| Sale, net | 28,074,208.98 USD |",
        "| **Net margin** | 91,846.43 USD |\n| by dry tonne | 10.04 USD/dmt |\n| Return on the purchase | 2.53% a year |",
        "Bought FOB from Minera Ejemplo S.A.\n- Sold CIF to Example Smelting Co. Ltd.",
        "Screened against OFAC SDN 2026-10-14.",
    ):
        assert wanted in text


BREAKING, ADDING = (night.approvable(increments=night.increments(within)) for within in (False, True))
UNLIMITED = night.approvable(increments=night.increments(within=True, limit=None))


@pytest.mark.parametrize(
    ("given_inputs", "verdict", "words"),
    [
        (night.approvable(), "approve", "Approve on the terms as filed"),
        (night.inputs(), "renegotiate", "the annualised return is below the hurdle"),
        (night.inputs(margin="-5000.00"), "renegotiate", "the deal loses money after costs"),
        (
            night.approvable(increments=night.increments(within=False)),
            "renegotiate",
            "the book **would break its limit** of 1,500,000 USD",
        ),
        (
            night.approvable(increments=night.increments(within=True)),
            "approve",
            "add 86,420 USD to the value at risk of the book",
        ),
        (UNLIMITED, "approve", "498,765 USD: the book stays within its limit."),
        (night.inputs(outcome="review"), "hold", "- **review** SAN-01, Minera Ejemplo S.A.: best match 0.91"),
        (night.inputs(margin=None), "hold", "The net margin is not available"),
        (
            night.approvable(valuation=night.valuation("CU-CONC-17", "500000.00", "roi_annualised_pct")),
            "hold",
            "the annualised return is not available",
        ),
        (night.inputs(outcome="block"), "decline", "- Decline: compliance blocks the deal."),
        (night.approvable(findings=night.findings()), "hold", "nobody has judged it"),
    ],
)
def test_each_recommendation_is_reached_and_explained(given_inputs, verdict, words):
    memo = _grounded(given_inputs)
    assert memo.recommendation.recommendation == verdict
    assert f"**Recommendation: {verdict}**" in memo.markdown
    assert words in memo.markdown


def test_findings_that_stand_in_the_way_come_with_the_most_severe_first():
    judged = night.findings(("A-01", "x", "review"), ("B-01", "y", "block"), ("C-01", "z", "pass"))
    text = _grounded(replace(night.inputs(), findings=judged)).markdown
    assert text.index("**block** B-01") < text.index("**review** A-01")
    assert "C-01" not in text and "The other rules pass." in text


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("marks", "LME copper: not available"),
        ("price_distribution", "The forecast range of copper is not available."),
        ("scorecard", "The model has no record yet."),
        ("var", "The value at risk of the book is not available."),
        ("freshness", "Source dates are not available."),
        ("terms", "Dealt on not available"),
    ],
)
def test_what_the_night_does_not_have_is_called_not_available(table, words):
    full = night.inputs()
    memo = _grounded(replace(full, **{table: getattr(full, table).clear()}))
    assert words in memo.markdown
    assert table in ("freshness", "terms") or memo.confidence.total < write_memo(full).confidence.total


def test_a_night_with_nothing_but_the_deal_still_gives_a_true_memo():
    full = night.inputs()
    names = ("valuation", "findings", "marks", "price_distribution", "scorecard", "var", "freshness", "terms")
    memo = _grounded(replace(full, **{name: getattr(full, name).clear() for name in names}))
    assert memo.recommendation.recommendation == "hold"
    assert "Net margin: not available" in memo.markdown


def test_rows_of_other_deals_other_nights_and_unread_models_change_nothing():
    full = night.inputs()
    other = night.valuation("OTHER", "1.00")
    loser = full.price_distribution.with_columns(champion=pl.lit(False), model=pl.lit("quantile_network"), price=pl.lit(1.0))
    unread = full.var.with_columns(published=pl.lit(False), method=pl.lit("other"), var_usd=pl.lit(1.0))
    crowded = replace(
        full,
        valuation=pl.concat([other, full.valuation]),
        findings=pl.concat([night.findings(("SAN-01", "x", "block"), deal_id="OTHER"), full.findings]),
        price_distribution=pl.concat([full.price_distribution, loser]),
        var=pl.concat([full.var, unread]),
    )
    assert write_memo(crowded).markdown == write_memo(full).markdown


def test_the_same_inputs_in_any_row_order_give_the_same_bytes():
    full = night.inputs(outcome="review")
    tables = ("valuation", "findings", "marks", "price_distribution", "scorecard", "var", "freshness")
    shuffled = replace(full, **{name: getattr(full, name).reverse() for name in tables})
    one, other = write_memo(full), write_memo(shuffled)
    assert one.markdown == other.markdown
    assert one.figures.equals(other.figures)


def test_a_metal_without_a_priced_series_is_said_and_lowers_confidence():
    full = night.approvable()
    bismuth = full.valuation.filter(line="payable.gold").with_columns(line=pl.lit("payable.bismuth"))
    memo = _grounded(replace(full, valuation=pl.concat([full.valuation, bismuth])))
    assert "A metal of this deal has no priced series here." in memo.markdown
    assert memo.confidence.total < 0.5


def test_a_long_deal_id_is_split_and_still_one_fact():
    long_id = "CU-CONC-" + "1234567890" * 6
    memo = _grounded(night.inputs(deal_id=long_id))
    pieces = memo.figures.filter(source_column="deal_id")["value"].to_list()
    assert f"# Deal memo {long_id}, 2026-10-15" in memo.markdown
    assert "".join(pieces) == long_id and max(map(len, pieces)) == 32


def test_memo_and_figures_keep_the_contract():
    full = night.inputs()
    memo = write_memo(full)
    row = memo_row(full, memo)
    assert violations(row, MEMOS) == [] and violations(memo.figures, FIGURES) == []
    assert row["tier"].item() == "rules" and row["cost_usd"].item() == 0.0
    assert row["confidence"].item() == memo.confidence.total


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80))
def test_no_counterparty_or_material_can_break_a_memo(seller, material):
    hostile = replace(night.inputs(seller=seller, outcome="review"), terms=night.terms("CU-CONC-17", material))
    memo = write_memo(hostile)
    assert check_figures(memo.markdown, memo.figures) == []
    assert re.findall(r"^#+ (.+)$", memo.markdown, re.M)[1:] == HEADINGS
