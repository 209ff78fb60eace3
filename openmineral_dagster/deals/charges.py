"""What the smelter keeps: treatment charge with its price participation, refining charges and penalties.

Signs: a charge is positive when it lowers the invoice; negative charges raise it. Source: domain reference 1.1.
"""

from decimal import ROUND_FLOOR, Decimal

from openmineral_dagster.deals.money import money
from openmineral_dagster.deals.payables import PayableMetal, Weights
from openmineral_dagster.deals.terms import EscalatorBand, Leg, Penalty
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.reference.units import USC_PER_USD


def treatment_rate(leg: Leg, prices: dict[str, Decimal], where: str) -> Decimal:
    """USD per dry tonne after price participation.

    Args:
        prices: the metals' prices before premium and discount.

    Raises:
        BadInput: the participation follows a metal without a price.
    """
    charge = leg.treatment_charge
    if charge is None:
        return Decimal(0)
    if charge.escalator is None:
        return charge.usd_per_dmt
    metal = charge.escalator.metal
    if metal not in prices:
        raise BadInput("", f"{where}.treatment_charge.escalator.metal", metal, "a metal the leg has a price for")
    return charge.usd_per_dmt + sum((participation(band, prices[metal]) for band in charge.escalator.bands), Decimal(0))


def participation(band: EscalatorBand, price: Decimal) -> Decimal:
    """What one band adds at a price: a share of the rise inside the band, or less a share of the fall below it."""
    if band.above_usd is not None and band.add_per_usd is not None:
        capped = min(price, band.to_usd) if band.to_usd is not None else price
        return band.add_per_usd * max(Decimal(0), capped - band.above_usd)
    return -(band.subtract_per_usd or Decimal(0)) * max(Decimal(0), (band.below_usd or Decimal(0)) - price)


def penalty_rate(leg: Leg, where: str) -> Decimal:
    """USD per dry tonne, all penalties together, not rounded.

    Raises:
        BadInput: a penalty names an assay that is not given.
    """
    for number, penalty in enumerate(leg.penalties):
        if penalty.assay not in leg.assay:
            raise BadInput("", f"{where}.penalties.{number}.assay", penalty.assay, "an assay that the leg gives")
    return sum((penalty_of(penalty, leg.assay[penalty.assay]) for penalty in leg.penalties), Decimal(0))


def penalty_of(penalty: Penalty, assay: Decimal) -> Decimal:
    """USD per dry tonne of one element: pro rata steps above the threshold, or whole ones."""
    steps = max(Decimal(0), assay - penalty.threshold) / penalty.step
    return penalty.usd_per_step * (steps.to_integral_value(ROUND_FLOOR) if penalty.whole_steps else steps)


def refining_charges(leg: Leg, metals: list[PayableMetal], held: Weights, where: str) -> dict[str, Decimal]:
    """USD by metal (or after_melt), to the cent.

    Raises:
        BadInput: a charge on a metal that is not payable, or in a unit it is not counted in.
    """
    counted = {item.metal: item for item in metals}
    return {
        name: money(_refining(leg, name, counted.get(name), held, f"{where}.refining_charges.{name}"))
        for name in leg.refining_charges
    }


def _refining(leg: Leg, name: str, metal: PayableMetal | None, held: Weights, where: str) -> Decimal:
    charge = leg.refining_charges[name]  # type: ignore[index]
    if name == "after_melt" and charge.usd_per_oz is not None and held.after_melt_oz is not None:
        return held.after_melt_oz * charge.usd_per_oz
    if metal is not None and charge.usc_per_lb is not None and metal.quantity_lb is not None:
        return metal.quantity_lb * charge.usc_per_lb / USC_PER_USD
    if metal is not None and charge.usd_per_oz is not None and metal.unit == "oz":
        return metal.quantity * charge.usd_per_oz
    raise BadInput("", where, name, "usc_per_lb on a payable metal in tonnes, usd_per_oz on one in ounces or after_melt")
