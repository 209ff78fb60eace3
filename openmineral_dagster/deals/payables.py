"""What is paid for: payable grades by the three concentrate methods, dore returns, refined tonnes, and their value.

Source: domain reference 1.1 and 1.5. Grades and rates are not rounded; quantities are, and values follow from them.
"""

from dataclasses import dataclass
from decimal import Decimal

from openmineral_dagster.deals.money import money, share, weight
from openmineral_dagster.deals.terms import Leg, Payable
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.reference.units import GRAMS_PER_OUNCE, LB_PER_TONNE


@dataclass(frozen=True)
class PayableMetal:
    """One metal that is paid for.

    Attributes:
        grade: payable grade on a dry basis, percent or g/t as assayed; None for refined metal and dore.
        quantity: tonnes or ounces (`unit` t or oz), three places.
        quantity_lb: the tonnes in pounds, two places; None for ounces and refined metal.
        price_usd: net price a unit of quantity.
        value_usd: quantity x price.
    """

    metal: str
    grade: Decimal | None
    quantity: Decimal
    unit: str
    quantity_lb: Decimal | None
    price_usd: Decimal

    @property
    def value_usd(self) -> Decimal:
        """To the cent."""
        return money(self.quantity * self.price_usd)


@dataclass(frozen=True)
class Weights:
    """What a leg weighs, three places: dry tonnes for wet ones, ounces before and after melting for dore."""

    dmt: Decimal | None = None
    gross_oz: Decimal | None = None
    after_melt_oz: Decimal | None = None


def weights(leg: Leg) -> Weights:
    """`dmt = wmt x (1 - moisture)`; `gross oz = kg x 1000 / 31.1034768`, after melting less the melt loss."""
    amount = leg.quantity
    if amount.wmt is not None and amount.moisture_pct is not None:
        return Weights(dmt=weight(amount.wmt * (1 - share(amount.moisture_pct))))
    if amount.kg is not None and amount.melt_loss_pct is not None:
        gross = weight(amount.kg * 1000 / GRAMS_PER_OUNCE)
        return Weights(gross_oz=gross, after_melt_oz=weight(gross * (1 - share(amount.melt_loss_pct))))
    return Weights()


def payable_grade(terms: Payable, assay: Decimal) -> Decimal:
    """The part of an assay that is paid for, never below zero; deductions in the assay's own unit."""
    if terms.method == "pct_if_above":
        reached = [tier.pct for tier in sorted(terms.tiers, key=lambda tier: tier.lower) if assay >= tier.lower]
        return assay * share(reached[-1]) if reached else Decimal(0)
    paid = share(terms.pct or Decimal(0))
    if terms.method == "pct_of_contained":
        return assay * paid
    deducted = assay - (terms.deduction or Decimal(0))
    return max(Decimal(0), min(assay * paid, deducted) if terms.method == "pct_min_deduction" else deducted * paid)


def payable_metals(leg: Leg, prices: dict[str, Decimal], where: str) -> list[PayableMetal]:
    """Every metal a leg pays for.

    Args:
        prices: net price by metal, USD/t or USD/oz.
        where: the leg's path in the file, for messages.

    Raises:
        BadInput: a payable names an assay that is not given, or does not fit the way the leg is weighed.
    """
    held = weights(leg)
    if leg.quantity.t is not None:
        return [_refined(leg, prices, where)]
    return [
        _payable(leg, terms, held, prices[terms.metal], f"{where}.payables.{number}") for number, terms in enumerate(leg.payables)
    ]


def _refined(leg: Leg, prices: dict[str, Decimal], where: str) -> PayableMetal:
    if len(prices) != 1:
        raise BadInput("", f"{where}.pricing", ", ".join(prices), "the price of the one metal that is sold by the tonne")
    ((metal, price),) = prices.items()
    return PayableMetal(metal, None, weight(leg.quantity.t or Decimal(0)), "t", None, price)


def _payable(leg: Leg, terms: Payable, held: Weights, price: Decimal, where: str) -> PayableMetal:
    if terms.assay not in leg.assay:
        raise BadInput("", f"{where}.assay", terms.assay, "an assay that the leg gives")
    if (terms.method == "pct_of_contained") != (held.after_melt_oz is not None):
        raise BadInput("", f"{where}.method", terms.method, "pct_of_contained for dore in kg, one of the other methods for wmt")
    assay = leg.assay[terms.assay]
    if held.after_melt_oz is not None:
        fine = weight(held.after_melt_oz * share(assay))
        return PayableMetal(terms.metal, None, weight(payable_grade(terms, fine)), "oz", None, price)
    grade, dmt = payable_grade(terms, assay), held.dmt or Decimal(0)
    if terms.assay.endswith("_gpt"):
        return PayableMetal(terms.metal, grade, weight(dmt * grade / GRAMS_PER_OUNCE), "oz", None, price)
    tonnes = weight(dmt * share(grade))
    return PayableMetal(terms.metal, grade, tonnes, "t", money(tonnes * LB_PER_TONNE), price)
