"""The London bullion auctions: days with prices in dollars, pounds and euros, any of them missing; the dollar's is kept."""

from collections.abc import Mapping

import polars as pl

from openmineral_dagster.lake.tables import PRICES
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.reference.instruments import find
from openmineral_dagster.sources.columns import HIGHEST_PRICE, Number, dated, iso_day, read_numbers
from openmineral_dagster.sources.faults import quarantined
from openmineral_dagster.sources.json_text import document
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.parsed import Reading, parsed, price_terms
from openmineral_dagster.sources.slips import without_slips
from openmineral_dagster.sources.text_table import TextTable, table_of

SOURCE_NAME = "lbma"
AUCTIONS = {
    "gold_am": ("AU-LBMA", "am"),
    "gold_pm": ("AU-LBMA", "pm"),
    "silver": ("AG-LBMA", "noon"),
    "platinum_am": ("PT-LBMA", "am"),
    "platinum_pm": ("PT-LBMA", "pm"),
    "palladium_am": ("PD-LBMA", "am"),
    "palladium_pm": ("PD-LBMA", "pm"),
}
"""Instrument and tenor by the name of the file."""
COLUMNS = ("d", "price")


def matches(landed: Landed) -> bool:
    """Whether the file is a list of days, each with its prices."""
    days = document(landed)
    return isinstance(days, list) and bool(days) and isinstance(days[0], Mapping) and {"d", "v"} <= set(days[0])


def read(landed: Landed) -> Reading:
    """`market.prices` in dollars an ounce of the auction the file is named after, such as gold_pm.json.

    Raises:
        BadInput: the name is no auction.
    """
    named = AUCTIONS.get(landed.stem.casefold())
    instrument = find(named[0]) if named else None
    if named is None or instrument is None:
        raise BadInput(landed.file, "", landed.stem, f"a file named after an auction: {', '.join(AUCTIONS)}")
    table = _table(landed)
    rows, faults = dated(table, "d", iso_day)
    rows, wrong = read_numbers(table, rows, [Number("price", high=HIGHEST_PRICE, positive=True)])
    rows, slips = without_slips(rows.sort("day"), ("price",), instrument)
    priced = rows.filter(pl.col("price").is_not_null())
    prices = parsed(PRICES, table, priced, SOURCE_NAME, tenor=named[1], **price_terms(instrument))
    return Reading((prices,), quarantined("lbma", landed.file, [*faults, *wrong, *slips], SOURCE_NAME))


def _table(landed: Landed) -> TextTable:
    """Day and dollar price as text; an entry that is no day with prices is a damaged line."""
    rows, refused = [], []
    for number, entry in enumerate(document(landed), 1):
        prices = entry.get("v") if isinstance(entry, Mapping) else None
        if isinstance(prices, list) and prices and isinstance(entry.get("d"), str):
            rows.append((number, entry["d"].strip(), "" if prices[0] is None else str(prices[0])))
        else:
            refused.append((number, str(entry)[:200], "not a day with a list of prices"))
    return table_of(landed.file, COLUMNS, rows, refused)
