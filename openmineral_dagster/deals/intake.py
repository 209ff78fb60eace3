"""Deals as they land: which of them the night knew and can value, and why the others are not used."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation

import polars as pl

from openmineral_dagster.deals.quotes import Markets, no_market
from openmineral_dagster.deals.statement import lines
from openmineral_dagster.deals.terms import Deal, deal_hash, parse_deal
from openmineral_dagster.deals.valuation import Valuation, value_in
from openmineral_dagster.lake.tables import TERMS
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.sources.faults import FAULTS

DEALS_SOURCE = "deals"
LARGEST = Decimal(10) ** 13
"""No line of a deal is as much, in USD or tonnes: the tables hold less than ten times that."""


def admit(files: Iterable[tuple[str, str]], as_of: date, market: Markets = no_market) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`deals.terms` of the night, and the faults of the deal files that cannot be used.

    Args:
        files: path inside the landing and text of each deal file.
        market: what the night of a date knew.

    A deal is known from its `traded_on`. Of two files with one deal id the first is used.
    """
    admitted: dict[str, tuple[object, ...]] = {}
    faults: list[BadInput] = []
    for file, text in files:
        try:
            deal = parse_deal(text, file)
            if deal.traded_on > as_of:
                continue
            valued(deal, file, as_of, market)
            if deal.deal_id in admitted:
                raise BadInput(file, "deal_id", deal.deal_id, f"an id of its own; {admitted[deal.deal_id][3]} has this one")
        except BadInput as fault:
            faults.append(fault)
            continue
        admitted[deal.deal_id] = terms_row(deal, as_of, file, text)
    return pl.DataFrame(list(admitted.values()), schema=TERMS.dtypes, orient="row"), quarantined(faults)


def terms_row(deal: Deal, as_of: date, file: str, text: str) -> tuple[object, ...]:
    """The deal's row of `deals.terms`."""
    return deal.deal_id, deal_hash(deal), as_of, file, deal.traded_on, deal.material, text


def valued(deal: Deal, file: str, as_of: date, market: Markets = no_market) -> Valuation:
    """What a deal is worth on a night.

    Raises:
        BadInput: naming the file and the term the value needs.
    """
    try:
        found = value_in(deal, market, as_of)
        largest = max(abs(amount) for line in lines(found) for amount in line[2:4] if amount is not None)
    except InvalidOperation:
        largest = LARGEST
    except BadInput as fault:
        raise BadInput(file, fault.field, fault.value, fault.expectation) from fault
    if largest >= LARGEST:
        raise BadInput(file, "legs", "more digits than money is counted in", f"lines below {LARGEST:,} USD or tonnes")
    return found


def quarantined(faults: Iterable[BadInput]) -> pl.DataFrame:
    """Faults of deal files as rows of a landing's faults."""
    rows = [(DEALS_SOURCE, fault.file, 0, fault.field, fault.value, f"expected {fault.expectation}", None) for fault in faults]
    return pl.DataFrame(rows, schema=FAULTS, orient="row")


def deals_of(terms: pl.DataFrame) -> list[Deal]:
    """The deals of a `deals.terms` frame, parsed again from the text that was kept."""
    return [parse_deal(row["terms"], row["file"]) for row in terms.iter_rows(named=True)]
