"""Where a deal stands after signature: what is priced, what has been paid, what is still due and who owes it."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import polars as pl

from openmineral_dagster.deals.invoice import Invoice
from openmineral_dagster.deals.money import money
from openmineral_dagster.deals.schedule import delivered_on, final_on, priced_on, provisional_on
from openmineral_dagster.deals.terms import Leg
from openmineral_dagster.deals.valuation import Valuation
from openmineral_dagster.lake.tables import DEAL_LEGS

NOTHING = Decimal(0)


def unpriced_usd(valuation: Valuation, leg: str) -> Decimal:
    """The part of a leg's metal value that is still at forward prices, to the cent."""
    return sum((_unpriced(valuation, leg, item.metal, item.value_usd) for item in valuation.invoices[leg].payables), NOTHING)


def _unpriced(valuation: Valuation, leg: str, metal: str, value: Decimal) -> Decimal:
    quote = valuation.quotes.get((leg, metal))
    return money(value * quote.average.forward_days / quote.days) if quote else NOTHING


def paid_usd(leg: Leg, billed: Invoice, closing: date | None, as_of: date) -> Decimal:
    """What the buyer of the leg has paid: nothing, the provisional invoice once it is due, everything once it is final."""
    if closing is not None and closing <= as_of:
        return billed.net_usd
    due = provisional_on(leg)
    return billed.provisional_usd or NOTHING if due is not None and due <= as_of else NOTHING


def exposure_usd(name: str, leg: Leg, net: Decimal, paid: Decimal, as_of: date) -> Decimal:
    """What the counterparty owes the desk, never negative: goods shipped and not paid, or money paid for goods not there."""
    shipped = leg.shipment or leg.arrival
    delivered = net if shipped is not None and shipped <= as_of else NOTHING
    owed = delivered - paid if name == "sell" else paid - delivered
    return max(NOTHING, owed)


def state_of(valuation: Valuation, leg: str, closing: date | None, as_of: date) -> str:
    """unpriced, pricing, priced or closed."""
    if closing is not None and closing <= as_of:
        return "closed"
    quotes = [quote for (name, _), quote in valuation.quotes.items() if name == leg]
    if not any(quote.average.forward_days for quote in quotes):
        return "priced"
    return "pricing" if any(quote.average.fixed_days for quote in quotes) else "unpriced"


def standings(valuation: Valuation, digest: str, as_of: date) -> Iterator[tuple[object, ...]]:
    """Rows of `deals.legs`, one a leg."""
    deal = valuation.deal
    for name, leg in deal.named_legs().items():
        billed, where = valuation.invoices[name], f"legs.{name}"
        closing = final_on(leg, deal.traded_on, where)
        paid, open_usd = paid_usd(leg, billed, closing, as_of), unpriced_usd(valuation, name)
        dates = (priced_on(leg, deal.traded_on, where), delivered_on(leg), provisional_on(leg), closing)
        amounts = (billed.net_usd, billed.gross_usd - open_usd, open_usd, billed.provisional_usd, paid, billed.net_usd - paid)
        owed = exposure_usd(name, leg, billed.net_usd, paid, as_of)
        state = state_of(valuation, name, closing, as_of)
        yield (deal.deal_id, digest, as_of, name, leg.counterparty.name, state, *dates, *amounts, owed)


def standing_rows(valued: list[tuple[str, Valuation]], as_of: date) -> pl.DataFrame:
    """`deals.legs` of the night from deals with their hashes."""
    rows = [row for digest, valuation in valued for row in standings(valuation, digest, as_of)]
    return pl.DataFrame(rows, schema=DEAL_LEGS.dtypes, orient="row")
