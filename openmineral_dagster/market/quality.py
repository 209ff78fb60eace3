"""How far every price series can be trusted on a night: holes, repeats, jumps of unit, unusual moves, second sources."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import polars as pl

from openmineral_dagster.lake.tables import CROSS_SOURCE, QUALITY
from openmineral_dagster.market.marks import FEWEST_ROWS, SERIES, UNUSUAL, USUAL_ROWS
from openmineral_dagster.market.rolls import returns_without_rolls, settles
from openmineral_dagster.reference.calendars import is_business_day
from openmineral_dagster.reference.instruments import INSTRUMENTS
from openmineral_dagster.reference.units import LB_PER_TONNE

GAP_DAYS = 250
ENOUGH_ROWS = 400
"""Rows that hold every price of the last 250 open days, those of closed days among them."""
LEVEL_ROWS, FEWEST_LEVEL_ROWS = 60, 20
UNIT_FACTOR = 5
"""Below every factor between units of the trade (USD and US cents: 100, lb and t: 2204.62, oz and kg: 32.15)."""
COMMON_DATES = 250
PAIRS = (("CU", "cash", "HG", "front", float(LB_PER_TONNE)), ("WTI", "spot", "CL", "front", 1.0))
"""Series, second source of it, and the factor that brings the second to the unit of the first."""
_VENUES = {item.symbol: item.venue for item in INSTRUMENTS}


def quality(prices: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`market.quality` of the night: a row a series, of the rows up to `as_of`; the prices stay as they are.

    Args:
        prices: instrument, tenor, price_date, price (in the instrument's unit), one row a key as the night knew; rows without
            a finite price count as missing.

    Returns:
        `gaps`: business days of the series' market without a price, of the last 250 up to its last price (days after that are
        a matter of freshness, days before its first price are none); `longest_gap_days`: the most of them in a row, in
        business days. `repeated`: rows at the end that hold one price, 1 where the last price is new. `unit_jumps`: rows of the
        whole history beyond a factor of 5, up or down, of the median of the 60 rows before (20 at least). `outliers`: rows
        whose absolute move from the row before is beyond 10 times the median of the 250 moves before (60 at least), as
        `market.marks` has it, with the rolls of futures among them; `last_outlier`: the date of the latest, null if none.
        `rolls_250`, `last_roll`, `roll_move_250`: rolls of the last 250 rows and the sum of their log steps.
    """
    flagged = _usable(prices, as_of).with_columns(
        unit_jump=_unit_jump().over(SERIES), outlier=_outlier().over(SERIES), run=pl.col("price").rle_id().over(SERIES)
    )
    counted = flagged.group_by(SERIES).agg(
        pl.len().alias("rows"),
        pl.col("price_date").min().alias("first_date"),
        pl.col("price_date").max().alias("last_date"),
        (pl.col("run") == pl.col("run").max()).sum().alias("repeated"),
        pl.col("unit_jump").sum().alias("unit_jumps"),
        pl.col("outlier").sum().alias("outliers"),
        pl.col("price_date").filter("outlier").max().alias("last_outlier"),
    )
    full = counted.join(_gaps(flagged), on=SERIES).join(_rolls(flagged), on=SERIES).with_columns(as_of_date=pl.lit(as_of))
    return full.select(pl.col(name).cast(dtype) for name, dtype in QUALITY.dtypes.items()).sort(SERIES)


def _usable(prices: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The rows up to `as_of` that hold a finite price, in order."""
    return prices.filter(pl.col("price_date") <= as_of, pl.col("price").is_finite()).sort([*SERIES, "price_date"])


def _unit_jump() -> pl.Expr:
    """A level beyond a factor of the median before; a change of sign is a move, not a change of unit."""
    price = pl.col("price")
    level = price.rolling_median(LEVEL_ROWS, min_samples=FEWEST_LEVEL_ROWS).shift(1)
    far = (price > UNIT_FACTOR * level) | (UNIT_FACTOR * price < level)
    return (far & (price > 0) & (level > 0)).fill_null(False)


def _outlier() -> pl.Expr:
    move = pl.col("price").diff().abs()
    return (move > UNUSUAL * move.rolling_median(USUAL_ROWS, min_samples=FEWEST_ROWS).shift(1)).fill_null(False)


def _rolls(prices: pl.DataFrame) -> pl.DataFrame:
    """Rolls of the last 250 rows of every series, the latest of them, and what a reader blind to them takes for returns."""
    step = (pl.col("price") / pl.col("price").shift(1)).log().over(SERIES, order_by="price_date")
    lately = prices.select(*SERIES, "price_date", "price").group_by(SERIES, maintain_order=True).tail(USUAL_ROWS + 1)
    rolled = returns_without_rolls(lately).with_columns(step=step)
    last, recent = pl.col("price_date").filter("rolled").max(), pl.col("rolled").tail(USUAL_ROWS)
    blind = pl.col("step").tail(USUAL_ROWS).filter(recent)
    return rolled.group_by(SERIES).agg(
        recent.sum().alias("rolls_250"),
        last.alias("last_roll"),
        pl.when(last.is_not_null()).then(blind.filter(blind.is_finite()).sum()).alias("roll_move_250"),
    )


def _gaps(prices: pl.DataFrame) -> pl.DataFrame:
    """`gaps` and `longest_gap_days` of every series, in business days of its market."""
    schema = {name: QUALITY.dtypes[name] for name in (*SERIES, "gaps", "longest_gap_days")}
    rows = []
    for (instrument, tenor), part in prices.group_by(SERIES):
        lately = set(part["price_date"].tail(ENOUGH_ROWS))
        missing = _missing(part["price_date"][0], lately, _market_of(str(instrument)))
        longest = max((len(list(run)) for gone, run in groupby(missing) if gone), default=0)
        rows.append((instrument, tenor, sum(missing), longest))
    return pl.DataFrame(rows, schema=schema, orient="row")


def _missing(first: date, dates: set[date], is_open: Callable[[date], bool]) -> list[bool]:
    """Whether each of the last 250 open days from `first` to the last of `dates` has no price, latest first."""
    day = max(dates)
    missing: list[bool] = []
    while day >= first and len(missing) < GAP_DAYS:
        if is_open(day):
            missing.append(day not in dates)
        day -= timedelta(days=1)
    return missing


def _market_of(instrument: str) -> Callable[[date], bool]:
    """The days a series should have a price: LME and Brent the London days, the rest the New York settlement days.

    The EIA rests on federal holidays too, when the exchanges trade (Columbus, Veterans).
    """
    venue = _VENUES.get(instrument, "LME")
    if venue == "LME" or instrument == "BRENT":
        return is_business_day
    if venue == "EIA":
        return lambda day: settles(day) and is_business_day(day, "new_york")
    return settles


def cross_source(prices: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`market.cross_source` of the night: how well two sources of nearly one price agree, one row a pair with a common date.

    Args:
        prices: as for `quality`; a pair is LME copper cash (USD/t) with COMEX copper (USD/lb, times 2204.62262), or WTI spot
            with the front contract (USD/bbl).

    Returns:
        `difference_percent`: second less first on the last common date, in percent of the first;
        `median_difference_percent`: the median of its absolute value on the last 250 common dates; `agreement`: 1 below 0.5
        percent on the last common date in absolute terms, 0.7 below 2 percent, else 0.4. The prices are of different hours,
        places and grades, so a difference is a reason to look.
    """
    usable = _usable(prices, as_of)
    rows = [_compared(usable, *pair) for pair in PAIRS]
    found = pl.DataFrame([row for row in rows if row], schema=CROSS_SOURCE.dtypes)
    return found.with_columns(agreement=_agreement(), as_of_date=pl.lit(as_of))


def _compared(prices: pl.DataFrame, symbol: str, tenor: str, other: str, other_tenor: str, factor: float) -> dict[str, Any]:
    """The row of one pair, without `agreement`; empty when they have no date in common."""
    second = _series(prices, other, other_tenor).with_columns(second=pl.col("price") * factor).drop("price")
    common = (
        _series(prices, symbol, tenor)
        .filter(pl.col("price") != 0)
        .join(second, on="price_date")
        .sort("price_date")
        .select("price_date", percent=100 * (pl.col("second") - pl.col("price")) / pl.col("price").abs())
    )
    if common.is_empty():
        return {}
    return {
        "instrument": symbol,
        "tenor": tenor,
        "other_instrument": other,
        "other_tenor": other_tenor,
        "common_dates": common.height,
        "last_common_date": common["price_date"][-1],
        "difference_percent": common["percent"][-1],
        "median_difference_percent": common["percent"].tail(COMMON_DATES).abs().median(),
    }


def _series(prices: pl.DataFrame, symbol: str, tenor: str) -> pl.DataFrame:
    return prices.filter(pl.col("instrument") == symbol, pl.col("tenor") == tenor).select("price_date", "price")


def _agreement() -> pl.Expr:
    apart = pl.col("difference_percent").abs()
    return pl.when(apart < 0.5).then(1.0).when(apart < 2).then(0.7).otherwise(0.4)
