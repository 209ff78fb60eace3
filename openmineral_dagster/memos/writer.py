"""The rule-based writer: one deal's memo of a night, every figure with its row, the same bytes from the same inputs."""

import json
from dataclasses import dataclass

import polars as pl

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import FIGURES, MEMOS
from openmineral_dagster.memos import sections
from openmineral_dagster.memos.decision import Confidence, Recommendation, confidence, recommend
from openmineral_dagster.memos.draft import Draft
from openmineral_dagster.memos.facts import GroundingError
from openmineral_dagster.memos.formats import number_of
from openmineral_dagster.memos.grounding import Span, check_figures, render
from openmineral_dagster.memos.inputs import MemoInputs

TIER = "rules"
WRITER = "rule_writer-1"


@dataclass(frozen=True)
class Memo:
    """A finished memo.

    Attributes:
        figures: `memos.figures` of this memo.
        recommendation: the verdict with its reasons.
        confidence: the factors and their product.
    """

    markdown: str
    figures: pl.DataFrame
    recommendation: Recommendation
    confidence: Confidence


def write_memo(inputs: MemoInputs) -> Memo:
    """Judge a deal by the rule and put it into words.

    Raises:
        GroundingError: a figure of the memo cannot be followed to its row.
    """
    verdict, trust = judge(inputs)
    draft = Draft()
    markdown, spans = render(_template(draft, inputs, verdict, trust), draft.ledger)
    figures = figures_of(inputs, spans)
    faults = check_figures(markdown, figures)
    if faults:
        raise GroundingError(f"memo of {inputs.deal_id}: {'; '.join(faults[:5])}")
    return Memo(markdown, figures, verdict, trust)


def judge(inputs: MemoInputs) -> tuple[Recommendation, Confidence]:
    """The recommendation for a deal and how far its inputs can be relied on."""
    outcome = inputs.compliance()
    per_tonne = inputs.rate("net_margin_per_dmt", "net_margin_per_t")
    roi, risk_ok = inputs.rate("roi_annualised_pct"), inputs.incremental_var_ok
    verdict = recommend(outcome, per_tonne, roi, risk_ok, open_prices=inputs.open_prices)
    trust = confidence(
        inputs.oldest_price_age(), inputs.completeness(), inputs.widest_miss(), outcome, unusual_move=inputs.unusual_move()
    )
    return verdict, trust


def _template(draft: Draft, inputs: MemoInputs, verdict: Recommendation, trust: Confidence) -> str:
    headed = (
        ("Market price benchmark", sections.benchmark(draft, inputs)),
        ("Risk assessment", sections.risk(draft, inputs)),
        ("Profitability", sections.profitability(draft, inputs)),
        ("Regulatory compliance", sections.compliance(draft, inputs)),
        ("Recommended actions", sections.actions(draft, inputs, verdict)),
        ("What would change our mind", sections.change_of_mind(verdict, trust, inputs.compliance())),
    )
    body = "\n".join(f"## {heading}\n\n{text}" for heading, text in headed)
    return sections.headline(draft, inputs, verdict, trust) + "\n" + body


def figures_of(inputs: MemoInputs, spans: list[Span]) -> pl.DataFrame:
    """`memos.figures` of rendered spans."""
    rows = [
        {
            **inputs.identity,
            "span_start": span.start,
            "span_end": span.end,
            "fact_id": span.fact.fact_id,
            "value": span.value,
            "value_num": number_of(span.fact.value),
            "unit": span.fact.unit,
            "source_table": span.fact.source_table,
            "source_column": span.fact.source_column,
            "source_row": json.dumps(dict(span.fact.source_row), sort_keys=True, ensure_ascii=False),
        }
        for span in spans
    ]
    return require_valid(pl.DataFrame(rows, schema=FIGURES.dtypes), FIGURES)


def memo_row(inputs: MemoInputs, memo: Memo) -> pl.DataFrame:
    """The memo as its one row of `memos.memos`."""
    row = {
        **inputs.identity,
        "recommendation": memo.recommendation.recommendation,
        "confidence": memo.confidence.total,
        "markdown": memo.markdown,
        "tier": TIER,
        "model": WRITER,
        "cost_usd": 0.0,
    }
    return require_valid(pl.DataFrame([row], schema=MEMOS.dtypes), MEMOS)
