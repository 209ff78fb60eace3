"""Euro reference rates, as the ECB publishes their history: a column a currency, the newest day first."""

import re

import polars as pl

from openmineral_dagster.lake.tables import FX
from openmineral_dagster.sources.columns import HIGHEST_PRICE, Number, dated, iso_day, read_cells
from openmineral_dagster.sources.faults import quarantined
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.parsed import Reading, parsed

SOURCE = "ecb"
_CODE = re.compile(r"[a-z]{3}")


def matches(landed: Landed) -> bool:
    """Whether a header is a date and currency codes, the dollar among them; a column without a name is passed over."""
    codes = [name for name in landed.names[1:] if name]
    return landed.names[:1] == ("date",) and "usd" in codes and all(_CODE.fullmatch(code) for code in codes)


def read(landed: Landed) -> Reading:
    """`market.fx`, units of the currency for one euro; N/A before a currency began or after it ended gives no row."""
    table = landed.table
    rows, faults = dated(table, "date", iso_day)
    codes = [name for name in table.names[1:] if name]
    cells = rows.select("row", "day", *codes).unpivot(codes, index=["row", "day"], variable_name="code", value_name="per_eur")
    rates, wrong = read_cells(table, cells, Number("per_eur", high=HIGHEST_PRICE, positive=True), "code")
    quoted = rates.with_columns(currency=pl.col("code").str.to_uppercase())
    return Reading((parsed(FX, table, quoted, SOURCE),), quarantined("fx", table.file, [*faults, wrong], SOURCE))
