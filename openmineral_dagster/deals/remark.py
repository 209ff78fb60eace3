"""Every deal of a night marked again: its value, the prices it leaves open, its exposures, its standing and its changes."""

from collections.abc import Iterable
from datetime import date

import polars as pl

from openmineral_dagster.deals.changes import changes
from openmineral_dagster.deals.exposures import exposure_rows
from openmineral_dagster.deals.quotes import Markets
from openmineral_dagster.deals.standing import standing_rows
from openmineral_dagster.deals.statement import lines
from openmineral_dagster.deals.terms import Deal, deal_hash
from openmineral_dagster.deals.valuation import Valuation, value_in
from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables import DEAL_CHANGES, DEAL_EXPOSURES, DEAL_LEGS, PRICING, VALUATION

Valued = list[tuple[str, Valuation]]
"""Each deal with the hash of its terms."""


def mark(
    deals: Iterable[Deal], before: Iterable[Deal] | None, market: Markets, as_of: date, previous: date
) -> dict[Table, pl.DataFrame]:
    """The tables of a night's deals.

    Args:
        before: the deals as the night before knew them; None where that night was not computed: their terms are then
            taken to be those of today, from the day they were traded.
        market: what the night of a date knew.
        previous: the night before.
    """
    valued = [(deal_hash(deal), value_in(deal, market, as_of)) for deal in deals]
    return {
        VALUATION: valuation_rows(valued, as_of),
        PRICING: pricing_rows(valued, as_of),
        DEAL_EXPOSURES: exposure_rows(valued, as_of),
        DEAL_LEGS: standing_rows(valued, as_of),
        DEAL_CHANGES: change_rows(valued, before, market, as_of, previous),
    }


def valuation_rows(valued: Valued, as_of: date) -> pl.DataFrame:
    """`deals.valuation`: every line of every deal's value."""
    rows = [(valuation.deal.deal_id, digest, as_of, *line) for digest, valuation in valued for line in lines(valuation)]
    return pl.DataFrame(rows, schema=VALUATION.dtypes, orient="row")


def pricing_rows(valued: Valued, as_of: date) -> pl.DataFrame:
    """`deals.pricing`: how each open price was come by."""
    rows = []
    for digest, valuation in valued:
        for (leg, metal), quote in valuation.quotes.items():
            days = (quote.average.fixed_days, quote.average.forward_days, len(quote.average.missing_days))
            priced = (*quote.series, quote.start, quote.end, quote.price, *days, quote.extrapolated_days)
            identity = (valuation.deal.deal_id, digest, as_of, leg, metal)
            rows.append((*identity, *priced, quote.curve_date, float(quote.unpriced)))
    return pl.DataFrame(rows, schema=PRICING.dtypes, orient="row")


def change_rows(valued: Valued, before: Iterable[Deal] | None, market: Markets, as_of: date, previous: date) -> pl.DataFrame:
    """`deals.changes`: why each result is another than on the night before."""
    held = None if before is None else {deal.deal_id: deal for deal in before}
    rows = []
    for digest, valuation in valued:
        deal = valuation.deal
        earlier = (deal if deal.traded_on <= previous else None) if held is None else held.get(deal.deal_id)
        for cause, amount in changes(valuation, earlier, market, as_of, previous):
            rows.append((deal.deal_id, digest, as_of, cause, previous, amount, valuation.result_usd))
    return pl.DataFrame(rows, schema=DEAL_CHANGES.dtypes, orient="row")
