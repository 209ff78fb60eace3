"""A valuation as people and programs read it: JSON with decimals as strings, and rows of `deals.valuation`."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from openmineral_dagster.deals.invoice import Invoice
from openmineral_dagster.deals.money import money
from openmineral_dagster.deals.quotes import Quote
from openmineral_dagster.deals.solved import break_evens, sensitivities
from openmineral_dagster.deals.terms import deal_hash
from openmineral_dagster.deals.valuation import Valuation

Line = tuple[str, str, Decimal | None, Decimal | None, str | None]
"""leg, line, amount in USD, quantity or rate, its unit."""


def as_json(valued: Valuation) -> dict[str, Any]:
    """The valuation with decimals as strings."""
    return {
        "deal_id": valued.deal.deal_id,
        "deal_hash": deal_hash(valued.deal),
        "legs": {name: leg_json(billed) | _open_prices(valued, name) for name, billed in valued.invoices.items()},
        "costs_usd": {name: str(amount) for name, amount in valued.costs.items()} | {"total": str(valued.total_costs)},
        **{f"{name}_usd": str(amount) for name, amount in valued.totals().items()},
        **{name: str(amount) for name, (amount, _) in (valued.ratios() | break_evens(valued)).items()},
        "sensitivities_usd": {name: str(amount) for name, amount in sensitivities(valued).items()},
        "flags": valued.flags,
    }


def _open_prices(valued: Valuation, leg: str) -> dict[str, Any]:
    """How each price that is open was come by."""
    held = {metal: quote_json(quote) for (name, metal), quote in valued.quotes.items() if name == leg}
    return {"open_prices": held} if held else {}


def lines(valued: Valuation) -> Iterator[Line]:
    """The valuation line by line, as `deals.valuation` has it."""
    for name, billed in valued.invoices.items():
        yield from leg_lines(name, billed)
    for name, amount in valued.costs.items():
        yield "costs", name, amount, None, None
    yield "costs", "total", valued.total_costs, None, None
    for name, amount in valued.totals().items():
        yield "deal", name, amount, None, None
    for name, (amount, unit) in (valued.ratios() | break_evens(valued)).items():
        yield "deal", name, None, amount, unit
    for name, amount in sensitivities(valued).items():
        yield "sensitivity", name, amount, None, None


def quote_json(quote: Quote) -> dict[str, Any]:
    """One open price with decimals as strings."""
    return {
        "price_usd": str(quote.price),
        "instrument": quote.series[0],
        "tenor": quote.series[1],
        "period_start": quote.start.isoformat(),
        "period_end": quote.end.isoformat(),
        "fixed_days": quote.average.fixed_days,
        "forward_days": quote.average.forward_days,
        "missing_days": len(quote.average.missing_days),
        "extrapolated_days": quote.extrapolated_days,
        "unpriced": str(quote.unpriced),
    }


def leg_json(billed: Invoice) -> dict[str, Any]:
    """One leg with decimals as strings; only what applies to the way it is weighed."""
    shown: dict[str, Any] = {name: str(value) for name, value in vars(billed.weights).items() if value is not None}
    shown["payables"] = {
        item.metal: {
            **({"grade": str(item.grade)} if item.grade is not None else {}),
            "quantity": str(item.quantity),
            "unit": item.unit,
            **({"quantity_lb": str(item.quantity_lb)} if item.quantity_lb is not None else {}),
            "value_usd": str(item.value_usd),
        }
        for item in billed.payables
    }
    shown["gross_usd"] = str(billed.gross_usd)
    dmt = billed.weights.dmt
    if dmt is not None:
        shown["treatment_charge_usd_per_dmt"] = str(billed.treatment_rate)
        shown["treatment_charge_usd"] = str(billed.treatment_usd)
    if dmt is not None or billed.refining_usd:
        shown["refining_charges_usd"] = {name: str(amount) for name, amount in billed.refining_usd.items()}
    if dmt is not None:
        shown["penalties_usd_per_dmt"] = str(billed.penalty_rate)
        shown["penalties_usd"] = str(billed.penalties_usd)
    shown["net_usd"] = str(billed.net_usd)
    if dmt:
        shown["net_usd_per_dmt"] = str(money(billed.net_usd / dmt))
    if billed.provisional_usd is not None:
        shown |= {"provisional_usd": str(billed.provisional_usd), "balance_usd": str(billed.balance_usd)}
    return shown


def leg_lines(name: str, billed: Invoice) -> Iterator[Line]:
    """One leg as rows."""
    for weighed, amount in vars(billed.weights).items():
        if amount is not None:
            yield name, weighed, None, amount, "dmt" if weighed == "dmt" else "oz"
    for item in billed.payables:
        yield name, f"payable.{item.metal}", item.value_usd, item.quantity, item.unit
        yield name, f"price.{item.metal}", None, item.price_usd, f"USD/{item.unit}"
    yield name, "gross", billed.gross_usd, None, None
    if billed.weights.dmt is not None:
        yield name, "treatment_charge", billed.treatment_usd, billed.treatment_rate, "USD/dmt"
        yield name, "penalties", billed.penalties_usd, billed.penalty_rate, "USD/dmt"
    for metal, charged in billed.refining_usd.items():
        yield name, f"refining_charge.{metal}", charged, None, None
    yield name, "net", billed.net_usd, None, None
    if billed.weights.dmt:
        yield name, "net_per_dmt", None, money(billed.net_usd / billed.weights.dmt), "USD/dmt"
    if billed.provisional_usd is not None:
        yield name, "provisional", billed.provisional_usd, None, None
        yield name, "balance", billed.balance_usd, None, None
