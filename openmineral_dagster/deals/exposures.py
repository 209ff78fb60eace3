"""What a deal leaves open: metal whose price is not fixed yet by pricing month, metal nobody has bought yet, and currencies.

Signs, as of a position: an unpriced purchase is short (a higher price is paid), an unpriced sale long. Source: domain 4.
"""

from collections.abc import Iterator
from datetime import date

import polars as pl

from openmineral_dagster.deals.cost_terms import Costs, QuantityCost
from openmineral_dagster.deals.costs import euros
from openmineral_dagster.deals.quotes import PRICED_ON
from openmineral_dagster.deals.schedule import closed_on, delivered_on
from openmineral_dagster.deals.valuation import Valuation
from openmineral_dagster.lake.tables import DEAL_EXPOSURES
from openmineral_dagster.reference.instruments import find

SIGNS = {"buy": -1, "sell": 1}
SPOT, INVENTORY, EURO = "spot", "inventory", "EUR"
Row = tuple[str, str, str, str, float, str]
"""leg, instrument, delivery, currency, quantity, its unit."""


def exposures(valuation: Valuation, as_of: date) -> list[Row]:
    """The open exposures of a deal on a night, long positive; none once it is closed."""
    closing = closed_on(valuation.deal)
    if closing is not None and closing <= as_of:
        return []
    return [*_unpriced(valuation), *_unsold(valuation, as_of), *_currencies(valuation)]


def _unpriced(valuation: Valuation) -> Iterator[Row]:
    """Payable metal times the share of its pricing days still to come, in the month of its period."""
    for leg, billed in valuation.invoices.items():
        for item in billed.payables:
            quote = valuation.quotes.get((leg, item.metal))
            if quote is not None and quote.average.forward_days:
                quantity = SIGNS[leg] * float(item.quantity) * quote.average.forward_days / quote.days
                yield leg, quote.series[0], _month(quote.start), "USD", quantity, item.unit


def _unsold(valuation: Valuation, as_of: date) -> Iterator[Row]:
    """Metal of a deal without a sale: held at the market's price, in the month it is there."""
    if valuation.deal.legs.sell is not None or "buy" not in valuation.invoices:
        return
    arrives = max(as_of, delivered_on(valuation.deal.named_legs()["buy"]) or as_of)
    for item in valuation.invoices["buy"].payables:
        quote = valuation.quotes.get(("buy", item.metal))
        instrument = quote.series[0] if quote else traded_as(item.metal)
        if item.quantity:
            yield INVENTORY, instrument, _month(arrives), "USD", float(item.quantity), item.unit


def traded_as(metal: str) -> str:
    """The instrument whose price a metal follows where no series is chosen by what is known."""
    found = find(metal)
    return found.symbol if found else PRICED_ON[metal][0][0]


def _currencies(valuation: Valuation) -> Iterator[Row]:
    for name in Costs.model_fields:
        cost = getattr(valuation.deal.costs, name)
        if isinstance(cost, QuantityCost) and cost.eur_per_t:
            paid = euros(cost, valuation.deal.named_legs()[cost.leg], f"costs.{name}")
            yield name, EURO, SPOT, EURO, -float(paid), EURO


def _month(day: date) -> str:
    return f"{day:%Y-%m}"


def exposure_rows(valued: list[tuple[str, Valuation]], as_of: date) -> pl.DataFrame:
    """`deals.exposures` of the night from deals with their hashes."""
    rows = [(as_of, valuation.deal.deal_id, digest, *row) for digest, valuation in valued for row in exposures(valuation, as_of)]
    return pl.DataFrame(rows, schema=DEAL_EXPOSURES.dtypes, orient="row")
