"""What every series was last worth on a night: the rows other tables and memos point at, whatever is corrected later."""

from datetime import date

import polars as pl

from openmineral_dagster.lake.tables import MARKS

SERIES = ["instrument", "tenor"]
USUAL_ROWS, FEWEST_ROWS = 250, 60
UNUSUAL = 10
"""Median moves: about seven standard deviations of a normal, a handful of days in the twenty years of a metal."""


def last_prices(prices: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`market.marks` of the night; a last move of more than ten times the median of the 250 before is unusual.

    Args:
        prices: the prices the night knew, one row a key.

    Unusual is a reason to look, not to drop: nickel in March 2022 was true.
    """
    move = pl.col("price").diff().abs()
    usual = move.rolling_median(USUAL_ROWS, min_samples=FEWEST_ROWS).shift(1)
    return (
        prices.sort("price_date")
        .with_columns(unusual_move=(move > UNUSUAL * usual).fill_null(False).over(SERIES))
        .group_by(SERIES)
        .last()
        .with_columns(as_of_date=pl.lit(as_of))
        .select(MARKS.dtypes.names())
        .sort(MARKS.key)
    )
