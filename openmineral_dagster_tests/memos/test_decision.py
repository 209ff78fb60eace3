"""The rule that recommends, and the confidence as a product of its factors."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmineral_dagster.memos.decision import Hurdles, confidence, recommend

RICH, FAST = Decimal("10"), Decimal("8")
OUTCOMES = st.sampled_from(["pass", "review", "block"])
NUMBERS = st.none() | st.decimals(-1000, 1000, places=2)


@pytest.mark.parametrize(
    ("compliance", "margin", "roi", "var_ok", "verdict", "reason"),
    [
        ("block", RICH, FAST, None, "decline", "compliance blocks"),
        ("block", None, None, False, "decline", "compliance blocks"),
        ("review", RICH, FAST, None, "hold", "wait for review"),
        ("review", Decimal(-5), FAST, None, "hold", "wait for review"),
        ("pass", None, FAST, None, "hold", "margin per tonne is not available"),
        ("pass", RICH, None, None, "hold", "annualised return is not available"),
        ("pass", RICH, FAST, None, "approve", "no open price exposure"),
        ("pass", RICH, FAST, True, "approve", "within its limit"),
        ("pass", RICH, FAST, False, "renegotiate", "value-at-risk limit"),
        ("pass", Decimal("9.99"), FAST, None, "renegotiate", "margin per tonne is below"),
        ("pass", RICH, Decimal("7.99"), None, "renegotiate", "annualised return is below"),
        ("pass", Decimal("-0.01"), None, None, "renegotiate", "loses money"),
    ],
)
def test_the_rule_recommends_and_says_why(compliance, margin, roi, var_ok, verdict, reason):
    found = recommend(compliance, margin, roi, var_ok)
    assert found.recommendation == verdict
    assert any(reason in words for words in found.reasons)


@given(OUTCOMES, NUMBERS, NUMBERS, st.sampled_from([True, False, None]))
def test_only_a_clean_deal_over_both_hurdles_is_approved(compliance, margin, roi, var_ok):
    approved = recommend(compliance, margin, roi, var_ok).recommendation == "approve"
    clears = margin is not None and roi is not None and margin >= 10 and roi >= 8
    assert approved == (compliance == "pass" and clears and var_ok is not False)


def test_another_desk_may_set_other_hurdles():
    assert recommend("pass", Decimal(3), Decimal(2), None, Hurdles(Decimal(2), Decimal(1))).recommendation == "approve"


@pytest.mark.parametrize(
    ("days", "completeness", "coverage", "compliance", "agreement", "total"),
    [
        (0, 1.0, 0.90, "pass", None, 1.0),
        (1, 1.0, 0.90, "block", None, 1.0),
        (3, 1.0, 0.90, "pass", None, 0.8),
        (4, 1.0, 0.90, "pass", None, 0.5),
        (None, 1.0, 0.90, "pass", None, 0.5),
        (0, 0.75, 0.90, "pass", None, 0.75),
        (0, 1.0, 0.80, "pass", None, 0.9),
        (0, 1.0, 0.98, "pass", None, 0.92),
        (0, 1.0, None, "review", None, 0.6),
        (2, 0.5, 0.80, "review", 0.7, 0.8 * 0.5 * 0.9 * 0.6 * 0.7),
    ],
)
def test_confidence_is_the_product_of_the_factors_that_apply(days, completeness, coverage, compliance, agreement, total):
    found = confidence(days, completeness, coverage, compliance, agreement)
    assert found.total == pytest.approx(total)
    assert confidence(days, completeness, coverage, compliance, agreement, unusual_move=True).total == pytest.approx(total / 2)
    left_out = {factor.name for factor in found.factors if factor.value is None}
    assert left_out == ({"source agreement"} if agreement is None else set()) | (
        {"model calibration"} if coverage is None else set()
    )
    assert all("left out" in factor.reason for factor in found.factors if factor.value is None)
