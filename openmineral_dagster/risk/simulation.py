"""Historical simulation: clean scenarios of the current exposures, and VaR and ES with a pinned quantile."""

from datetime import date
from fractions import Fraction

import numpy as np
import polars as pl

from openmineral_dagster.lake.tables import PNL, VAR
from openmineral_dagster.reference.instruments import INSTRUMENTS

METHOD = "historical_simulation"
WINDOW = 500
MINIMUM_SCENARIOS = 100
CONFIDENCES = (Fraction(95, 100), Fraction(975, 1000), Fraction(99, 100))
HORIZONS = (1, 10)
NOT_EXAMINED = "not examined: no backtest of this method is stored yet"
_ABSOLUTE = [item.symbol for item in INSTRUMENTS if item.can_be_negative]


def var_and_es(losses: np.ndarray, confidence: Fraction) -> tuple[float, float]:
    """Value at risk and expected shortfall of scenario losses (positive is a loss), both as positive-for-loss figures.

    VaR is `losses sorted descending[floor((1 - confidence) n)]`, without interpolation: the sixth worst of 500 at 99
    percent. ES is the mean of the worst `ceil((1 - confidence) n)`. The counts are exact fractions, never floats.
    """
    ordered = np.sort(losses)[::-1]
    tail = (1 - confidence) * len(ordered)
    index, count = int(tail), -int(-tail // 1)
    return float(ordered[index]), float(ordered[:count].mean())


def scenario_pnl(exposures: pl.DataFrame, prices: pl.DataFrame, horizon: int, window: int = WINDOW) -> np.ndarray:
    """Profit and loss of one portfolio under each of the last `window` overlapping `horizon`-row price moves, oldest first.

    Args:
        exposures: the `risk.exposures` of one portfolio and night.
        prices: the prices the night knew, one row a key.

    Gains are positive, in USD. Rows are counted on the days every exposed series was priced, so that a move spans the
    same days in all of them. Relative moves for prices, absolute moves where a price can be negative.
    """
    exposed = exposures.select("instrument", "tenor", "quantity", spot="price")
    priced = prices.join(exposed, on=["instrument", "tenor"]).select(
        "instrument", "tenor", "quantity", "spot", "price_date", "price"
    )
    common = priced.group_by("price_date").len().filter(pl.col("len") == exposed.height).select("price_date")
    before = pl.col("price").shift(horizon).over("instrument", "tenor", order_by="price_date")
    move = (
        pl.when(pl.col("instrument").is_in(_ABSOLUTE))
        .then(pl.col("price") - before)
        .otherwise((pl.col("price") / before - 1) * pl.col("spot"))
    )
    return (
        priced.join(common, on="price_date")
        .with_columns(pnl=pl.col("quantity") * move)
        .drop_nulls("pnl")
        .sort("price_date", "instrument", "tenor")
        .group_by("price_date", maintain_order=True)
        .agg(pl.col("pnl").sum())
        .tail(window)["pnl"]
        .to_numpy()
    )


def value_at_risk(exposures: pl.DataFrame, prices: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`risk.var` of the night by historical simulation, every portfolio, level and horizon; empty for an empty book.

    Source: historical simulation over 500 rows, overlapping moves for ten days; levels 95, 97.5 and 99 percent.
    A portfolio with fewer than 100 common scenarios gets no figure.
    """
    rows = [
        (as_of, str(portfolio), METHOD, float(level), horizon, *var_and_es(losses, level), 1.0, len(losses), True, NOT_EXAMINED)
        for (portfolio,), held in exposures.group_by("portfolio", maintain_order=True)
        for horizon in HORIZONS
        if len(losses := -scenario_pnl(held, prices, horizon)) >= MINIMUM_SCENARIOS
        for level in CONFIDENCES
    ]
    return pl.DataFrame(rows, schema=VAR.dtypes, orient="row").sort(VAR.key)


def clean_pnl(exposures: pl.DataFrame, prices: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`risk.pnl` of the night: what the exposures of the night gained over the last price row, a row a portfolio."""
    last_two = prices.sort("price_date").group_by("instrument", "tenor").tail(2)
    moves = last_two.group_by("instrument", "tenor").agg(
        change=pl.col("price").last() - pl.col("price").first(), rows=pl.len(), moved_on=pl.col("price_date").max()
    )
    return (
        exposures.join(moves.filter(pl.col("rows") == 2), on=["instrument", "tenor"])
        .sort("portfolio", "instrument", "tenor")
        .group_by("portfolio", maintain_order=True)
        .agg(price_date=pl.col("moved_on").max(), pnl_usd=(pl.col("quantity") * pl.col("change")).sum())
        .with_columns(as_of_date=pl.lit(as_of))
        .select(PNL.dtypes.names())
    )
