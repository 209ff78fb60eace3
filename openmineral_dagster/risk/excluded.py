"""What of the book is in no figure of a night, gathered from everyone who had to leave something out."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from openmineral_dagster.lake.tables import EXCLUDED
from openmineral_dagster.reference.calendars import night_before
from openmineral_dagster.risk.book import DEALS, WHOLE_BOOK

POSITIONS_SOURCE = "positions"


def together(parts: Sequence[pl.DataFrame], as_of: date) -> pl.DataFrame:
    """`risk.excluded` of the night, each thing once."""
    rows = pl.concat([EXCLUDED.empty(), *(part.select(EXCLUDED.dtypes.names()) for part in parts)])
    return rows.with_columns(as_of_date=pl.lit(as_of)).unique(EXCLUDED.key, keep="first", maintain_order=True)


def unknown_profit(legs: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`risk.excluded` rows of a night that does not know what deals left open on the night before: one a deal.

    Args:
        legs: `deals.exposures` of the night.
    """
    return (
        legs.select("deal_id")
        .unique()
        .sort("deal_id")
        .select(
            as_of_date=pl.lit(as_of),
            portfolio=pl.lit(DEALS),
            item="deal_id",
            field=pl.lit("profit and loss"),
            value=pl.lit(""),
            reason=pl.lit(f"expected the night of {night_before(as_of)} stored: what the deal made since is not known"),
        )
    )


def quarantined_positions(quarantined: pl.DataFrame) -> pl.DataFrame:
    """Rows of positions files that could not be used, as `risk.excluded`: whose portfolio they were is not known for certain.

    Args:
        quarantined: `market.quarantine` of the night.
    """
    rows = quarantined.filter(pl.col("source") == POSITIONS_SOURCE)
    return rows.select(
        as_of_date="as_of_date",
        portfolio=pl.lit(WHOLE_BOOK),
        item=pl.when(pl.col("row") > 0).then(pl.format("{}:{}", "file", "row")).otherwise("file"),
        field="field",
        value="value",
        reason="reason",
    )
