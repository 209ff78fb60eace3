"""A valued deal with one term changed, all else equal: for break-evens, sensitivities and nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from openmineral_dagster.deals.charges import refining_charges
from openmineral_dagster.deals.cost_terms import Costs
from openmineral_dagster.deals.costs import cost_lines
from openmineral_dagster.deals.invoice import Invoice, invoice
from openmineral_dagster.deals.quotes import Quotes
from openmineral_dagster.deals.terms import Deal, Legs, Pricing, RefiningCharge
from openmineral_dagster.deals.valuation import Valuation, value_deal

QUANTITY_RATES = ("usd_per_wmt", "usd_per_t", "usd_per_dmt")


@dataclass(frozen=True)
class Variant:
    """Changed terms.

    Attributes:
        invoices: the legs' invoices that the change makes, where they follow from those there are; other legs whose terms
            changed are invoiced anew.
    """

    deal: Deal
    invoices: Mapping[str, Invoice] = field(default_factory=dict)


Change = Callable[[Decimal], Variant]
"""The deal with a term higher by an amount in the term's own unit."""


def again(valued: Valuation, variant: Variant) -> Decimal:
    """What changed terms would make on the same market."""
    before, prices = valued.deal.named_legs(), {key: quote.price for key, quote in valued.quotes.items()}
    invoices = {
        name: variant.invoices.get(name) or (valued.invoices[name] if leg is before[name] else invoice(name, leg, prices))
        for name, leg in variant.deal.named_legs().items()
    }
    return Valuation(variant.deal, invoices, cost_lines(variant.deal, invoices, valued.usd_per_eur), valued.quotes).result_usd


def on_other_prices(valued: Valuation, quotes: Quotes) -> Decimal:
    """What the same terms would make on other prices."""
    return value_deal(valued.deal, quotes, valued.usd_per_eur).result_usd


def with_leg(deal: Deal, name: str, **changed: object) -> Deal:
    """The deal with fields of one leg changed."""
    leg = deal.named_legs()[name].model_copy(update=changed)
    return deal.model_copy(update={"legs": Legs.model_construct(**{**dict(deal.legs), name: leg})})


def with_cost(deal: Deal, name: str, **changed: object) -> Deal:
    """The deal with fields of one cost changed."""
    cost = getattr(deal.costs, name).model_copy(update=changed)
    return deal.model_copy(update={"costs": Costs.model_construct(**{**dict(deal.costs), name: cost})})


def treatment_charge(valued: Valuation, name: str) -> Change:
    """The treatment charge of a leg, USD per dry tonne, under the same goods and prices."""
    billed = valued.invoices[name]
    return lambda more: Variant(valued.deal, {name: replace(billed, treatment_rate=billed.treatment_rate + more)})


def refining_charge(valued: Valuation, name: str, metal: str) -> Change:
    """The refining charge of one metal of a leg, US cents a pound or USD an ounce, under the same goods and prices."""
    leg, billed = valued.deal.named_legs()[name], valued.invoices[name]
    charges: Mapping[str, RefiningCharge] = leg.refining_charges  # type: ignore[assignment]
    unit, rate = next((unit, rate) for unit, rate in charges[metal] if rate is not None)

    def dearer(more: Decimal) -> Variant:
        changed = {**charges, metal: charges[metal].model_copy(update={unit: rate + more})}
        charged = leg.model_copy(update={"refining_charges": changed})
        usd = refining_charges(charged, billed.payables, billed.weights, f"legs.{name}")
        return Variant(valued.deal, {name: replace(billed, refining_usd=usd)})

    return dearer


def premium(deal: Deal, name: str, metal: str) -> Change:
    """The premium of one metal of a leg, USD a tonne or ounce."""
    pricing: Mapping[str, Pricing] = deal.named_legs()[name].pricing  # type: ignore[assignment]
    held = pricing[metal]

    def dearer(more: Decimal) -> Variant:
        changed = held.model_copy(update={"premium_usd": held.premium_usd + more})
        return Variant(with_leg(deal, name, pricing={**pricing, metal: changed}))

    return dearer


def freight(deal: Deal) -> tuple[Change, Decimal, str] | None:
    """The freight rate, what it is, and its unit; None where it is not stated by quantity."""
    cost = deal.costs.freight
    for unit in QUANTITY_RATES if cost else ():
        rate = getattr(cost, unit)
        if rate is not None:
            return _freight_rate(deal, unit, rate), rate, f"USD/{unit.removeprefix('usd_per_')}"
    return None


def _freight_rate(deal: Deal, unit: str, rate: Decimal) -> Change:
    return lambda more: Variant(with_cost(deal, "freight", **{unit: rate + more}))


def finance_days(deal: Deal, more: int) -> Variant | None:
    """The deal financed for more days; None where it states no finance."""
    held = deal.costs.finance
    return None if held is None else Variant(with_cost(deal, "finance", days=held.days + more))


def moisture(deal: Deal, more: Decimal) -> Variant | None:
    """The same wet tonnes with more water in them, on every leg; None where no leg is weighed wet."""
    changed = deal
    for name, leg in deal.named_legs().items():
        if leg.quantity.moisture_pct is not None:
            wetter = min(Decimal(100), leg.quantity.moisture_pct + more)
            changed = with_leg(changed, name, quantity=leg.quantity.model_copy(update={"moisture_pct": wetter}))
    return None if changed is deal else Variant(changed)
