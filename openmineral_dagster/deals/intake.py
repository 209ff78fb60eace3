"""Deals as they land: which of them the night knew and can value, and why the others are not used."""

from collections.abc import Iterable
from datetime import date

import polars as pl

from openmineral_dagster.deals.terms import Deal, deal_hash, parse_deal
from openmineral_dagster.deals.valuation import Valuation, value_deal
from openmineral_dagster.lake.tables import TERMS, VALUATION
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.sources.faults import FAULTS

DEALS_SOURCE = "deals"


def admit(files: Iterable[tuple[str, str]], as_of: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`deals.terms` of the night, and the faults of the deal files that cannot be used.

    Args:
        files: path inside the landing and text of each deal file.

    A deal is known from its `traded_on`. Of two files with one deal id the first is used.
    """
    admitted: dict[str, tuple[object, ...]] = {}
    faults: list[BadInput] = []
    for file, text in files:
        try:
            deal = parse_deal(text, file)
            valued(deal, file)
            if deal.deal_id in admitted:
                raise BadInput(file, "deal_id", deal.deal_id, f"an id of its own; {admitted[deal.deal_id][3]} has this one")
        except BadInput as fault:
            faults.append(fault)
            continue
        if deal.traded_on <= as_of:
            admitted[deal.deal_id] = (deal.deal_id, deal_hash(deal), as_of, file, deal.traded_on, deal.material, text)
    return pl.DataFrame(list(admitted.values()), schema=TERMS.dtypes, orient="row"), _quarantined(faults)


def valued(deal: Deal, file: str) -> Valuation:
    """What a deal is worth.

    Raises:
        BadInput: naming the file and the term the value needs.
    """
    try:
        return value_deal(deal)
    except BadInput as fault:
        raise BadInput(file, fault.field, fault.value, fault.expectation) from fault


def _quarantined(faults: Iterable[BadInput]) -> pl.DataFrame:
    rows = [(DEALS_SOURCE, fault.file, 0, fault.field, fault.value, f"expected {fault.expectation}", None) for fault in faults]
    return pl.DataFrame(rows, schema=FAULTS, orient="row")


def deals_of(terms: pl.DataFrame) -> list[Deal]:
    """The deals of a `deals.terms` frame, parsed again from the text that was kept."""
    return [parse_deal(row["terms"], row["file"]) for row in terms.iter_rows(named=True)]


def valuations(terms: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`deals.valuation` of the night: every line of every deal's value."""
    lines = [value_deal(deal).rows().with_columns(as_of_date=pl.lit(as_of)) for deal in deals_of(terms)]
    columns = VALUATION.dtypes.names()
    return pl.concat([VALUATION.empty(), *(frame.select(columns) for frame in lines)], how="vertical_relaxed")
