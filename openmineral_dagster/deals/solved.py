"""Where a deal breaks even, solved, and what its result is worth a change of each term: always by valuing it again."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from openmineral_dagster.deals import variants
from openmineral_dagster.deals.money import money
from openmineral_dagster.deals.quotes import Quote, Quotes
from openmineral_dagster.deals.valuation import Valuation
from openmineral_dagster.deals.variants import Variant, again

STRIDE = Decimal(1000)
"""How far the line is drawn: the result is straight in a rate but for cents of rounding, which so long a line makes nothing."""
PRICE_STEPS = {"t": Decimal(100), "oz": Decimal(10), "silver": Decimal(1)}
"""By metal, else by unit."""
FREIGHT_STEP, DAYS_STEP = Decimal(5), 10
Rate = tuple[Decimal, str]
"""A rate and its unit."""


def break_evens(valued: Valuation) -> dict[str, Rate]:
    """The rate of one term at which the margin is zero, all else equal; only for deals with both legs.

    Nothing is given where the result does not depend on the term.
    """
    if valued.net_margin is None:
        return {}
    solved = ((name, _solve(valued, change, rate), unit) for name, change, rate, unit in _solvable(valued))
    return {name: (rate, unit) for name, rate, unit in solved if rate is not None}


def _solvable(valued: Valuation) -> Iterator[tuple[str, variants.Change, Decimal, str]]:
    """Name, change, present rate and unit of each term that can be solved for."""
    for side in ("sell", "buy"):
        leg = valued.deal.named_legs()[side]
        if leg.quantity.wmt is not None:
            rate = leg.treatment_charge.usd_per_dmt if leg.treatment_charge else Decimal(0)
            yield f"break_even_{side}_treatment_charge", variants.treatment_charge(valued, side), rate, "USD/dmt"
        if leg.quantity.t is not None:
            metal, pricing = next(iter(leg.pricing.items()))
            yield f"break_even_{side}_premium", variants.premium(valued.deal, side, metal), pricing.premium_usd, "USD/t"
    freight = variants.freight(valued.deal)
    if freight is not None:
        yield "break_even_freight", *freight


def _solve(valued: Valuation, change: variants.Change, rate: Decimal) -> Decimal | None:
    """The rate at which the result is nothing, to the cent: where the line through two results crosses zero.

    Far from where the line was drawn its slope is not exact enough, so what is left there is solved once more.
    """
    gained = again(valued, change(STRIDE)) - valued.result_usd
    if not gained:
        return None
    more = -valued.result_usd * STRIDE / gained
    if abs(more) > STRIDE:
        more -= again(valued, change(more)) * STRIDE / gained
    return money(rate + more)


def sensitivities(valued: Valuation) -> dict[str, Decimal]:
    """What the result gains by a change of one term, all else equal, USD: the steps the desk thinks in.

    A dollar a dry tonne of treatment charge, a cent a pound or a dollar an ounce of refining charge, a point of moisture,
    five dollars of freight, ten days of finance; on what is not priced yet a hundred dollars a tonne, ten an ounce or one
    of silver. Source: domain reference 1.4.
    """
    changed = {name: again(valued, variant) for name, variant in _variants(valued) if variant is not None}
    changed |= {name: variants.on_other_prices(valued, quotes) for name, quotes in _moved(valued)}
    return {name: result - valued.result_usd for name, result in changed.items()}


def _variants(valued: Valuation) -> Iterator[tuple[str, Variant | None]]:
    one = Decimal(1)
    for name, leg in valued.deal.named_legs().items():
        if leg.quantity.wmt is not None:
            yield f"{name}.treatment_charge+1", variants.treatment_charge(valued, name)(one)
        for metal in leg.refining_charges:
            yield f"{name}.refining_charge.{metal}+1", variants.refining_charge(valued, name, metal)(one)
    yield "moisture+1", variants.moisture(valued.deal, one)
    freight = variants.freight(valued.deal)
    yield f"freight+{FREIGHT_STEP}", freight[0](FREIGHT_STEP) if freight else None
    yield f"finance_days+{DAYS_STEP}", variants.finance_days(valued.deal, DAYS_STEP)


def _moved(valued: Valuation) -> Iterator[tuple[str, Quotes]]:
    """The quotes with each metal's open price up and down."""
    units = {item.metal: item.unit for billed in valued.invoices.values() for item in billed.payables}
    for metal, unit in units.items():
        if any(quote.average.forward_days for (_, priced), quote in valued.quotes.items() if priced == metal):
            step = PRICE_STEPS.get(metal, PRICE_STEPS[unit])
            yield f"price.{metal}+{step}", _with_move(valued.quotes, metal, step)
            yield f"price.{metal}-{step}", _with_move(valued.quotes, metal, -step)


def _with_move(quotes: Quotes, metal: str, step: Decimal) -> Mapping[tuple[str, str], Quote]:
    return {key: moved(quote, step) if key[1] == metal else quote for key, quote in quotes.items()}


def moved(quote: Quote, step: Decimal) -> Quote:
    """A quote whose days to come are dearer by `step`: what is published stays."""
    price = money(quote.price + step * quote.average.forward_days / quote.days)
    return replace(quote, price=price)
