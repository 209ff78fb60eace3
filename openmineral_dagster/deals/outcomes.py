"""A deal's result over many outcomes at once, in floating point: the invoice formulas over arrays instead of decimals.

Only for distributions: nothing that is invoiced comes from here. Every outcome equals the decimal valuation of the same terms
but for rounding. Shapes: an array holds one value an outcome, a scalar the same for all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from openmineral_dagster.deals.cost_terms import Costs, Finance, Insurance, QuantityCost
from openmineral_dagster.deals.costs import DAYS_A_YEAR, insured_share
from openmineral_dagster.deals.terms import EscalatorBand, Leg, Payable, Penalty
from openmineral_dagster.deals.valuation import Valuation
from openmineral_dagster.reference.units import GRAMS_PER_OUNCE, LB_PER_TONNE

Values = npt.NDArray[np.float64]
OUNCE, POUNDS = float(GRAMS_PER_OUNCE), float(LB_PER_TONNE)


@dataclass(frozen=True)
class Outcomes:
    """What is uncertain, one value an outcome.

    Attributes:
        prices: price before premium and discount, by leg and metal.
        assays: by leg and assay name, in the assay's own unit.
        moisture_pct: by leg weighed in wet tonnes.
        freight: what freight costs over what the file states.
    """

    prices: Mapping[tuple[str, str], Values]
    assays: Mapping[tuple[str, str], Values]
    moisture_pct: Mapping[str, Values]
    freight: Values


@dataclass(frozen=True)
class _Billed:
    """A leg's invoice; `tonnes` are dry for concentrates."""

    gross: Values
    net: Values
    dmt: Values


def results(valued: Valuation, outcomes: Outcomes) -> Values:
    """The deal's result by outcome, USD: net margin, netback of a sale alone, less the landed cost of a purchase alone."""
    legs = valued.deal.named_legs()
    billed = {name: _invoice(name, leg, outcomes) for name, leg in legs.items()}
    sold = billed["sell"].net if "sell" in billed else np.zeros_like(outcomes.freight)
    bought = billed["buy"].net if "buy" in billed else np.zeros_like(outcomes.freight)
    return sold - bought - _costs(valued, billed, outcomes)


def _number(value: Decimal | None) -> float:
    return float(value or 0)


def _invoice(name: str, leg: Leg, outcomes: Outcomes) -> _Billed:
    flat: dict[str, Values] = {metal: outcomes.prices[name, metal] for metal in leg.pricing}
    net: dict[str, Values] = {
        metal: (flat[metal] + float(terms.premium_usd)) * (1 - float(terms.discount_pct) / 100)
        for metal, terms in leg.pricing.items()
    }
    if leg.quantity.t is not None:
        gross = float(leg.quantity.t) * next(iter(net.values()))
        return _Billed(gross, gross, np.zeros_like(gross))
    assays = {assay: outcomes.assays[name, assay] for assay in leg.assay}
    if leg.quantity.kg is not None:
        return _dore(leg, assays, net)
    dmt = float(leg.quantity.wmt or 0) * (1 - outcomes.moisture_pct[name] / 100)
    paid: dict[str, Values] = {terms.metal: _quantity(terms, assays[terms.assay], dmt) for terms in leg.payables}
    gross = sum((quantity * net[metal] for metal, quantity in paid.items()), np.zeros_like(dmt))
    kept = _treatment(leg, flat) + sum((_penalty(penalty, assays[penalty.assay]) for penalty in leg.penalties), 0.0)
    return _Billed(gross, gross - kept * dmt - _refining(leg, paid, np.zeros_like(dmt)), dmt)


def _dore(leg: Leg, assays: Mapping[str, Values], net: Mapping[str, Values]) -> _Billed:
    melted = float(leg.quantity.kg or 0) * 1000 / OUNCE * (1 - _number(leg.quantity.melt_loss_pct) / 100)
    fine = {terms.metal: melted * assays[terms.assay] / 100 for terms in leg.payables}
    paid: dict[str, Values] = {terms.metal: fine[terms.metal] * _number(terms.pct) / 100 for terms in leg.payables}
    gross = sum((quantity * net[metal] for metal, quantity in paid.items()), np.zeros_like(next(iter(net.values()))))
    return _Billed(gross, gross - _refining(leg, paid, np.full_like(gross, melted)), np.zeros_like(gross))


def _grade(terms: Payable, assay: Values) -> Values:
    """The part of an assay that is paid for; as `payables.payable_grade`."""
    if terms.method == "pct_if_above":
        tiers = sorted(terms.tiers, key=lambda tier: tier.lower)
        shares = np.array([0.0, *(float(tier.pct) / 100 for tier in tiers)])
        reached = np.searchsorted([float(tier.lower) for tier in tiers], assay, side="right")
        return np.asarray(assay * shares[reached])
    paid, deducted = _number(terms.pct) / 100, assay - _number(terms.deduction)
    grade = np.minimum(assay * paid, deducted) if terms.method == "pct_min_deduction" else deducted * paid
    return np.maximum(0.0, grade)


def _quantity(terms: Payable, assay: Values, dmt: Values) -> Values:
    """Tonnes or ounces."""
    return dmt * _grade(terms, assay) / (OUNCE if terms.assay.endswith("_gpt") else 100.0)


def _treatment(leg: Leg, flat: Mapping[str, Values]) -> Values | float:
    charge = leg.treatment_charge
    if charge is None:
        return 0.0
    rate = float(charge.usd_per_dmt)
    if charge.escalator is None:
        return rate
    price = flat[charge.escalator.metal]
    return rate + sum((_participation(band, price) for band in charge.escalator.bands), np.zeros_like(price))


def _participation(band: EscalatorBand, price: Values) -> Values:
    if band.above_usd is not None:
        capped = np.minimum(price, float(band.to_usd)) if band.to_usd is not None else price
        return _number(band.add_per_usd) * np.maximum(0.0, capped - float(band.above_usd))
    return -_number(band.subtract_per_usd) * np.maximum(0.0, _number(band.below_usd) - price)


def _penalty(penalty: Penalty, assay: Values) -> Values:
    steps = np.maximum(0.0, assay - float(penalty.threshold)) / float(penalty.step)
    return float(penalty.usd_per_step) * (np.floor(steps + 1e-9) if penalty.whole_steps else steps)


def _refining(leg: Leg, paid: Mapping[str, Values], melted: Values) -> Values:
    """All refining charges, USD."""
    total = np.zeros_like(melted)
    for name, charge in leg.refining_charges.items():
        if charge.usc_per_lb is not None:
            total = total + paid[name] * POUNDS * float(charge.usc_per_lb) / 100
        else:
            total = total + (melted if name == "after_melt" else paid[name]) * _number(charge.usd_per_oz)
    return total


def _costs(valued: Valuation, billed: Mapping[str, _Billed], outcomes: Outcomes) -> Values:
    """All costs; those that follow nothing uncertain as they were valued, a hedge among them: its lots are what was planned."""
    total = np.zeros_like(outcomes.freight)
    for line, amount in valued.costs.items():
        cost = getattr(valued.deal.costs, line) if line in Costs.model_fields else None
        total = total + (_cost(cost, float(amount), valued, billed) * (outcomes.freight if line == "freight" else 1.0))
    return total


def _cost(cost: object, amount: float, valued: Valuation, billed: Mapping[str, _Billed]) -> Values | float:
    match cost:
        case Insurance():
            return billed["sell"].net * float(insured_share(cost))
        case Finance():
            leg, advance = billed[cost.leg], cost.advance_pct_of_gross
            financed = leg.net if advance is None else leg.gross * float(advance) / 100
            return financed * float(cost.sofr_pct + cost.spread_pct) / 100 * cost.days / DAYS_A_YEAR
        case QuantityCost():
            return amount + _moved(cost, valued, billed[cost.leg])
    return amount


def _moved(cost: QuantityCost, valued: Valuation, leg: _Billed) -> Values:
    """What the parts of a cost that follow dry weight or gross value add to what was valued."""
    expected = valued.invoices[cost.leg]
    dry = leg.dmt - _number(expected.weights.dmt)
    gross = leg.gross - float(expected.gross_usd)
    return _number(cost.usd_per_dmt) * dry + _number(cost.pct_of_gross) / 100 * gross
