"""A deal with one term changed, all else equal: for break-evens, sensitivities and nothing else."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from openmineral_dagster.deals.cost_terms import Costs
from openmineral_dagster.deals.terms import Deal, Leg, Legs, Pricing, RefiningCharge, TreatmentCharge

Change = Callable[[Decimal], Deal]
"""The deal with a term higher by an amount in the term's own unit."""
QUANTITY_RATES = ("usd_per_wmt", "usd_per_t", "usd_per_dmt")


def with_leg(deal: Deal, name: str, **changed: object) -> Deal:
    """The deal with fields of one leg changed."""
    leg = deal.named_legs()[name].model_copy(update=changed)
    return deal.model_copy(update={"legs": Legs.model_construct(**{**dict(deal.legs), name: leg})})


def with_cost(deal: Deal, name: str, **changed: object) -> Deal:
    """The deal with fields of one cost changed."""
    cost = getattr(deal.costs, name).model_copy(update=changed)
    return deal.model_copy(update={"costs": Costs.model_construct(**{**dict(deal.costs), name: cost})})


def treatment_charge(deal: Deal, name: str) -> Change:
    """The treatment charge of a leg, USD per dry tonne; a leg without one begins at zero."""
    held = deal.named_legs()[name].treatment_charge or TreatmentCharge(usd_per_dmt=Decimal(0))
    return lambda more: with_leg(deal, name, treatment_charge=held.model_copy(update={"usd_per_dmt": held.usd_per_dmt + more}))


def premium(deal: Deal, name: str, metal: str) -> Change:
    """The premium of one metal of a leg, USD a tonne or ounce."""
    pricing: Mapping[str, Pricing] = deal.named_legs()[name].pricing  # type: ignore[assignment]
    held = pricing[metal]
    return lambda more: with_leg(
        deal, name, pricing={**pricing, metal: held.model_copy(update={"premium_usd": held.premium_usd + more})}
    )


def refining_charge(deal: Deal, name: str, metal: str) -> Change:
    """The refining charge of one metal of a leg, US cents a pound or USD an ounce."""
    charges: Mapping[str, RefiningCharge] = deal.named_legs()[name].refining_charges  # type: ignore[assignment]
    held = charges[metal]
    unit, rate = next((unit, rate) for unit, rate in held if rate is not None)
    return lambda more: with_leg(deal, name, refining_charges={**charges, metal: held.model_copy(update={unit: rate + more})})


def freight(deal: Deal) -> tuple[Change, Decimal, str] | None:
    """The freight rate, what it is, and its unit; None where it is not stated by quantity."""
    cost = deal.costs.freight
    for unit in QUANTITY_RATES if cost else ():
        rate = getattr(cost, unit)
        if rate is not None:
            return _cost_rate(deal, "freight", unit, rate), rate, f"USD/{unit.removeprefix('usd_per_')}"
    return None


def _cost_rate(deal: Deal, name: str, unit: str, rate: Decimal) -> Change:
    return lambda more: with_cost(deal, name, **{unit: rate + more})


def finance_days(deal: Deal, more: int) -> Deal | None:
    """The deal financed for more or fewer days, never fewer than none; None where it states no finance."""
    held = deal.costs.finance
    return None if held is None else with_cost(deal, "finance", days=max(0, held.days + more))


def moisture(deal: Deal, more: Decimal) -> Deal:
    """Wet tonnes that hold more water, up to nothing else, on every leg."""
    changed = deal
    for name, leg in deal.named_legs().items():
        if leg.quantity.moisture_pct is not None:
            wetter = min(Decimal(100), leg.quantity.moisture_pct + more)
            changed = with_leg(changed, name, quantity=leg.quantity.model_copy(update={"moisture_pct": wetter}))
    return changed


def concentrates(deal: Deal) -> Iterator[tuple[str, Leg]]:
    """The legs weighed in wet tonnes."""
    return ((name, leg) for name, leg in deal.named_legs().items() if leg.quantity.wmt is not None)
