"""What every series was last worth on a night: the rows other tables and memos point at, whatever is corrected later."""

from datetime import date

import polars as pl

from openmineral_dagster.lake.tables import MARKS


def last_prices(prices: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`market.marks` of the night.

    Args:
        prices: the prices the night knew, one row a key.
    """
    last = prices.sort("price_date").group_by("instrument", "tenor").last()
    return last.with_columns(as_of_date=pl.lit(as_of)).select(MARKS.dtypes.names()).sort(MARKS.key)
