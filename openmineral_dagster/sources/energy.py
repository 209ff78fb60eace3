"""Daily spot prices of crude oil and natural gas, as the EIA publishes them."""

import polars as pl

from openmineral_dagster.lake.tables import PRICES
from openmineral_dagster.sources.columns import HIGHEST_PRICE, Number, dated, iso_day, read_numbers
from openmineral_dagster.sources.faults import quarantined
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.parsed import Reading, named_instrument, parsed, price_terms

SOURCE = "eia"


def matches(landed: Landed) -> bool:
    """Whether a file holds a date and a price."""
    return landed.names == ("date", "price")


def read(landed: Landed) -> Reading:
    """`market.prices`, tenor spot, of the grade the file is named after (wti, brent, henry hub); below zero is possible.

    Raises:
        BadInput: the name is none of them.
    """
    table = landed.table
    instrument = named_instrument(table, ("EIA",))
    rows, faults = dated(table, "date", iso_day)
    price = Number("price", low=-HIGHEST_PRICE, high=HIGHEST_PRICE, positive=not instrument.can_be_negative, required=True)
    rows, wrong = read_numbers(table, rows, [price])
    spot = rows.filter(pl.col("price").is_not_null())
    prices = parsed(PRICES, table, spot, SOURCE, tenor=instrument.tenors[0], **price_terms(instrument))
    return Reading((prices,), quarantined("energy", table.file, [*faults, *wrong], SOURCE))
