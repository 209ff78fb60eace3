"""The daily panel: which series are forecast, and their features on every price date; the panel is the history's last row."""

from datetime import date

import polars as pl

from openmineral_dagster.features.volatility import ewma_vol, log_return, rms
from openmineral_dagster.lake.schema import conform
from openmineral_dagster.lake.tables import DAILY_PANEL
from openmineral_dagster.reference.instruments import INSTRUMENTS

MINIMUM_PRICES = 60
SERIES = ["instrument", "tenor"]
NOT_FORECAST = ("VIX",)
"""An index of volatility reverts to its mean: a walk without drift describes prices, not it."""


def _tenor_preference() -> pl.DataFrame:
    """Every series that may be forecast, with its rank among the tenors of its instrument."""
    rows = [
        (item.symbol, tenor, rank)
        for item in INSTRUMENTS
        if not item.can_be_negative and item.symbol not in NOT_FORECAST
        for rank, tenor in enumerate(item.tenors)
    ]
    return pl.DataFrame(rows, schema={"instrument": pl.String, "tenor": pl.String, "rank": pl.Int64}, orient="row")


def _positive(prices: pl.DataFrame) -> pl.LazyFrame:
    """The rows a log return can be taken of, in date order."""
    rows = prices.lazy().select(*SERIES, "price_date", "price")
    return rows.filter(pl.col("price") > 0).sort(*SERIES, "price_date")


def forecast_series(prices: pl.DataFrame) -> pl.DataFrame:
    """The price rows of each instrument that is forecast, in its forecast tenor: 3m for LME metals, else its first.

    Args:
        prices: what the night knew, one row a key: instrument, tenor, price_date, price.

    Left out: instruments whose price may be negative (a log return does not exist), VIX, and tenors with fewer than 60
    positive prices. Sorted by instrument, tenor, price_date.
    """
    eligible = _positive(prices).join(_tenor_preference().lazy(), on=SERIES)
    enough = eligible.filter(pl.len().over(SERIES) >= MINIMUM_PRICES)
    chosen = enough.filter(pl.col("rank") == pl.col("rank").min().over("instrument"))
    return chosen.drop("rank").sort(*SERIES, "price_date").collect()


def _spreads(prices: pl.DataFrame) -> pl.LazyFrame:
    """Cash less 3m as a fraction of cash on each date that has both; positive in backwardation."""
    quoted = _positive(prices)
    cash = quoted.filter(pl.col("tenor") == "cash").select("instrument", "price_date", cash="price")
    return (
        quoted.filter(pl.col("tenor") == "3m")
        .join(cash, on=["instrument", "price_date"])
        .select(*SERIES, "price_date", spread_cash_3m=1.0 - pl.col("price") / pl.col("cash"))
    )


def feature_history(prices: pl.DataFrame) -> pl.DataFrame:
    """Features of every forecast series on every price date, in the columns of `features.daily_panel`.

    `as_of_date` is the price date itself. A row depends on rows up to its date only. This is the training input.
    """
    price, one_day = pl.col("price"), pl.col("return_1d")
    features = {
        "return_1d": log_return(price),
        "return_5d": log_return(price, 5),
        "return_21d": log_return(price, 21),
        "history_rows": pl.int_range(1, pl.len() + 1),
    }
    volatilities = {
        "vol_5d": rms(one_day, 5),
        "vol_22d": rms(one_day, 22),
        "vol_66d": rms(one_day, 66),
        "ewma94_vol": ewma_vol(one_day, 0.94),
        "ewma97_vol": ewma_vol(one_day, 0.97),
    }
    history = (
        forecast_series(prices)
        .lazy()
        .with_columns(expr.over(SERIES).alias(name) for name, expr in features.items())
        .with_columns(expr.over(SERIES).alias(name) for name, expr in volatilities.items())
        .join(_spreads(prices), on=[*SERIES, "price_date"], how="left")
        .with_columns(as_of_date="price_date")
    )
    return conform(history.collect(), DAILY_PANEL)


def daily_panel(prices: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Features of each forecast series as the night of `as_of` knew them, conforming to `features.daily_panel`."""
    known = prices.filter(pl.col("price_date") <= as_of)
    return (
        feature_history(known)
        .group_by(SERIES, maintain_order=True)
        .last()
        .with_columns(as_of_date=pl.lit(as_of))
        .pipe(conform, DAILY_PANEL)
    )
