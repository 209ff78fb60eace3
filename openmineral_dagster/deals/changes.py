"""Why a deal's result changed since the night before, cause by cause; the causes add up to the change, to the cent.

The deal is valued again with one thing changed after the other: its terms, then for each metal the prices published since
(fixing) and the prices of the days to come (curve), then the exchange rate.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise

from openmineral_dagster.deals.quotes import Market, Markets, Quote
from openmineral_dagster.deals.schedule import worth_on
from openmineral_dagster.deals.terms import Deal
from openmineral_dagster.deals.valuation import Valuation, value_deal, value_in
from openmineral_dagster.reference.errors import BadInput


def changes(now: Valuation, before: Deal | None, market: Markets, as_of: date, previous: date) -> list[tuple[str, Decimal]]:
    """Cause and amount of every change of the result, gains positive; causes that change nothing are left out.

    Args:
        now: the deal on the night.
        before: its terms on the night before; None where it was not known then.
        market: what the night of a date knew.
        previous: the night before.
    """
    if before is None:
        return [("new", now.result_usd)]
    try:
        steps = [("", value_in(before, market, previous)), ("terms", value_in(now.deal, market, previous))]
    except BadInput:  # nothing was known to price it on: to the night before it is as good as new
        return [("new", now.result_usd)]
    steps += _market_steps(now, steps[-1][1], market, as_of, previous)
    moved = [(cause, after.result_usd - first.result_usd) for (_, first), (cause, after) in pairwise(steps)]
    return [(cause, amount) for cause, amount in moved if amount]


def _market_steps(
    now: Valuation, first: Valuation, market: Markets, as_of: date, previous: date
) -> Iterator[tuple[str, Valuation]]:
    """The deal with one more price of today at each step."""
    deal, held, rate = now.deal, dict(first.quotes), first.usd_per_eur
    today, earlier = market(worth_on(deal, as_of)), market(worth_on(deal, previous))
    for metal in sorted({metal for _, metal in now.quotes}):
        keys = [key for key in now.quotes if key[1] == metal]
        held |= {key: _fixed_since(now.quotes[key], today, earlier) for key in keys}
        yield f"fixing.{metal}", value_deal(deal, held, rate)
        held |= {key: now.quotes[key] for key in keys}
        yield f"curve.{metal}", value_deal(deal, held, rate)
    yield "currency", now


def _fixed_since(quote: Quote, today: Market, earlier: Market) -> Quote:
    """Today's fixings with the curve of the night before."""
    return today.quote_on_curve_of(earlier, quote.metal, quote.start, quote.end) or quote
