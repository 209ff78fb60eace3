"""The recommendation and its confidence: fixed rules over computed inputs; whoever words the memo decides nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import prod
from typing import Literal

from openmineral_dagster.compliance.screening import Outcome

Verdict = Literal["approve", "renegotiate", "hold", "decline"]
NOMINAL_COVERAGE = 0.90
"""Share of outcomes the central 90 percent range should hold."""


@dataclass(frozen=True)
class Hurdles:
    """What a deal must earn to be approved.

    Attributes:
        margin_usd_per_tonne: net margin per dry tonne bought; per tonne for metal sold by weight. The desk's USD 10.
        roi_annualised_pct: net margin on the cost of the purchase, in percent a year (ACT/360). The desk's 8 percent.
    """

    margin_usd_per_tonne: Decimal = Decimal("10")
    roi_annualised_pct: Decimal = Decimal("8")


@dataclass(frozen=True)
class Recommendation:
    """The verdict and the reasons that decided it, in words without figures."""

    recommendation: Verdict
    reasons: tuple[str, ...]


def recommend(
    compliance: Outcome,
    net_margin_per_tonne: Decimal | None,
    roi_annualised_pct: Decimal | None,
    incremental_var_ok: bool | None,
    hurdles: Hurdles = Hurdles(),
    *,
    open_prices: bool = False,
) -> Recommendation:
    """What the desk should do with a deal.

    Args:
        compliance: the worst outcome of the deal's findings.
        net_margin_per_tonne: USD per dry tonne (per tonne for metal); None where only one leg is valued or none is weighed in
            tonnes.
        roi_annualised_pct: percent a year; None where the days between paying and being paid are not stated.
        incremental_var_ok: whether the book with the deal stays within its limit; None where that was not measured.
        open_prices: whether the deal leaves a price open; without one it adds no price exposure.

    Block means decline and review means hold. Without a margin there is nothing to decide, so hold. A hurdle missed or
    a limit broken means renegotiate; a return that is not known, or a risk that was not measured, holds what would pass.
    """
    if compliance == "block":
        return Recommendation("decline", ("compliance blocks the deal",))
    if compliance == "review":
        return Recommendation("hold", ("compliance findings wait for review",))
    if net_margin_per_tonne is None:
        return Recommendation("hold", ("the net margin per tonne is not available",))
    missed = tuple(_missed(net_margin_per_tonne, roi_annualised_pct, incremental_var_ok, hurdles))
    if missed:
        return Recommendation("renegotiate", missed)
    unknown = tuple(_unknown(roi_annualised_pct, open_prices and incremental_var_ok is None))
    if unknown:
        return Recommendation("hold", unknown)
    exposure = "no open price exposure is added" if incremental_var_ok is None else "the added risk is within its limit"
    return Recommendation("approve", ("compliance passes", "the margin and the annualised return clear the hurdles", exposure))


def _unknown(roi: Decimal | None, unmeasured_risk: bool) -> Iterable[str]:
    if roi is None:
        yield "the annualised return is not available: the deal states no finance days"
    if unmeasured_risk:
        yield "prices are open, and what they add to the risk of the book is not measured"


def _missed(margin: Decimal, roi: Decimal | None, var_ok: bool | None, hurdles: Hurdles) -> Iterable[str]:
    if margin < 0:
        yield "the deal loses money after costs"
    elif margin < hurdles.margin_usd_per_tonne:
        yield "the net margin per tonne is below the hurdle"
    if roi is not None and roi < hurdles.roi_annualised_pct:
        yield "the annualised return is below the hurdle"
    if var_ok is False:
        yield "the book with this deal would break its value-at-risk limit"


@dataclass(frozen=True)
class Factor:
    """One factor of the confidence: its value in [0, 1] and, in words, why; None where it does not apply."""

    name: str
    value: float | None
    reason: str


@dataclass(frozen=True)
class Confidence:
    """The factors, those left out included, and the product of the others."""

    factors: tuple[Factor, ...]
    total: float


def confidence(
    business_days_old: int | None,
    completeness: float,
    coverage: float | None,
    compliance: Outcome,
    source_agreement: float | None = None,
    unusual_move: bool = False,
) -> Confidence:
    """How far the inputs of a memo can be relied on: the product of capped factors, each in [0, 1].

    Args:
        business_days_old: age of the oldest price source the deal reads; None where a price is missing altogether.
        completeness: share of the inputs the memo wants that are there.
        coverage: realised share of outcomes inside the central 90 percent forecast range; None without a record.
        source_agreement: 1, 0.7 or 0.4 by how close two price sources are; None where there is one source.
        unusual_move: whether a last price the deal reads moved far beyond what its series usually does.

    A factor without its input is left out and says so; the missing input already lowers completeness.
    """
    factors = (
        _freshness(business_days_old),
        Factor("input completeness", completeness, "every input is there" if completeness == 1 else "some inputs are missing"),
        _calibration(coverage),
        _certainty(compliance),
        _plausibility(unusual_move),
        _agreement(source_agreement),
    )
    return Confidence(factors, prod(factor.value for factor in factors if factor.value is not None))


def _freshness(days: int | None) -> Factor:
    if days is None:
        return Factor("data freshness", 0.5, "a price is missing")
    if days <= 1:
        return Factor("data freshness", 1.0, "prices are fresh")
    if days <= 3:
        return Factor("data freshness", 0.8, "prices are a few days old")
    return Factor("data freshness", 0.5, "prices are stale")


def _calibration(coverage: float | None) -> Factor:
    if coverage is None:
        return Factor("model calibration", None, "left out, the forecast has no record yet")
    held = "fewer" if coverage < NOMINAL_COVERAGE else "more" if coverage > NOMINAL_COVERAGE else "as many"
    reason = f"the forecast range held {held} outcomes {'as' if held == 'as many' else 'than'} it promises"
    return Factor("model calibration", 1 - abs(coverage - NOMINAL_COVERAGE), reason)


def _certainty(compliance: Outcome) -> Factor:
    if compliance == "review":
        return Factor("compliance certainty", 0.6, "findings wait for review")
    return Factor("compliance certainty", 1.0, "no finding is pending")


def _plausibility(unusual_move: bool) -> Factor:
    if unusual_move:
        return Factor("price plausibility", 0.5, "a last price moved far more than usual")
    return Factor("price plausibility", 1.0, "no last price moved unusually")


def _agreement(agreement: float | None) -> Factor:
    reason = "left out, prices come from a single source" if agreement is None else "how near the price sources are to each other"
    return Factor("source agreement", agreement, reason)
