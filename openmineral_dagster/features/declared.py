"""Every feature of the daily panel, declared: its expression, the rows it reads, its inputs and what it may know.

Expressions of the source "prices" read the rows of one series in date order; those of another source read its rows, before they
are carried to the price rows; those of "row" read columns of the same row; those of "closes" read the moves of other markets.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import polars as pl

from openmineral_dagster.features.expressions import (
    autocorrelation,
    bipower,
    change,
    downside_share,
    garman_klass,
    log_change,
    logarithm,
    mean,
    parkinson,
    range_position,
    ratio,
    skewness,
    z_score,
)
from openmineral_dagster.features.volatility import ewma_vol, rms

Information = Literal["fix", "night"]
PRICE = "market.prices.price"
DAILY_VOL = "1/sqrt(day)"


@dataclass(frozen=True)
class Feature:
    """One column of the panel.

    Attributes:
        expression: of the columns of its source and of other features.
        window: rows of its source it reads, its own included; before there are as many it is null.
        inputs: table.column it is computed from.
        source: where those rows are: prices, row, closes, or a name in `inputs.SOURCES`.
        information: `fix` knows what was known at the fix of the row's price, `night` what was by 23:00 London that day.
        low: the least it can be.
        recursive: rows before the window matter too.
    """

    name: str
    expression: pl.Expr
    window: int
    inputs: tuple[str, ...]
    meaning: str
    unit: str = ""
    low: float | None = None
    source: str = "prices"
    information: Information = "fix"
    recursive: bool = False


def _own(name: str, expression: pl.Expr, window: int, meaning: str, unit: str = "", low: float | None = None) -> Feature:
    """A feature of the price rows of the series alone."""
    return Feature(name, expression, window, (PRICE,), meaning, unit, low)


log_price, one_day = pl.col("log_price"), pl.col("return_1d")

RETURNS = (
    Feature("return_1d", one_day, 2, (PRICE,), "log return of the last price row", source="row"),
    *(
        _own(f"return_{rows}d", change(log_price, rows), rows + 1, f"log return over {rows} price rows")
        for rows in (5, 21, 63, 250)
    ),
    _own(
        "gap_days",
        change(pl.col("price_date").cast(pl.Int32), 1).cast(pl.Float64),
        2,
        "calendar days from the price row before",
        "days",
        1,
    ),
)

REALISED = (
    *(
        _own(f"vol_{rows}d", rms(one_day, rows), rows + 1, f"root mean square log return of {rows} rows", DAILY_VOL, 0)
        for rows in (5, 22, 66, 250)
    ),
    *(
        Feature(
            f"ewma{decay}_vol",
            ewma_vol(one_day, decay / 100),
            23,
            (PRICE,),
            f"exponentially weighted volatility, decay 0.{decay}",
            DAILY_VOL,
            0,
            recursive=True,
        )
        for decay in (94, 97)
    ),
    *(
        Feature(
            f"vol_ratio_{short}_{long}",
            logarithm(ratio(pl.col(f"vol_{short}d"), pl.col(f"vol_{long}d"))),
            long + 1,
            (PRICE,),
            f"log of vol_{short}d over vol_{long}d",
            source="row",
        )
        for short, long in ((5, 66), (22, 250))
    ),
    _own("bipower_22d", bipower(one_day, 22), 24, "volatility without jumps: bipower variation of 22 rows", DAILY_VOL, 0),
    _own("downside_share_22d", downside_share(one_day, 22), 23, "share of 22 rows' squared returns that fell", low=0),
    _own("skew_66d", skewness(one_day, 66), 67, "third moment of 66 log returns about zero, over vol_66d cubed"),
    _own("autocorrelation_22d", autocorrelation(one_day, 22), 24, "product of neighbouring returns over their square, 22 rows"),
    _own("largest_move_22d", one_day.abs().rolling_max(22, min_samples=22), 23, "largest absolute log return of 22 rows", low=0),
    Feature(
        "shock_1d",
        ratio(one_day, ewma_vol(one_day, 0.97).shift(1)),
        24,
        (PRICE,),
        "return_1d over ewma97_vol of the row before",
        recursive=True,
    ),
)

_open, _high, _low, _close, _volume = (pl.col(name) for name in ("open", "high", "low", "close", "volume"))


def _of_bars(name: str, expression: pl.Expr, window: int, columns: str, meaning: str, unit: str = DAILY_VOL) -> Feature:
    """A feature of the bars of the instrument itself, up to the price date."""
    inputs = tuple(f"market.bars.{column}" for column in columns.split())
    return Feature(name, expression, window, inputs, meaning, unit, 0 if unit else None, source="bars")


RANGES = (
    *(
        _of_bars(f"parkinson_{rows}d", parkinson(_high, _low, rows), rows, "high low", f"Parkinson volatility of {rows} bars")
        for rows in (5, 22)
    ),
    *(
        _of_bars(
            f"garman_klass_{rows}d",
            garman_klass(_open, _high, _low, _close, rows),
            rows,
            "open high low close",
            f"Garman-Klass volatility of {rows} bars",
        )
        for rows in (5, 22)
    ),
    Feature(
        "parkinson_over_vol_22d",
        logarithm(ratio(pl.col("parkinson_22d"), pl.col("vol_22d"))),
        23,
        (PRICE, "market.bars.high", "market.bars.low"),
        "log of parkinson_22d over vol_22d: below zero where prices move between bars",
        source="row",
    ),
    _of_bars(
        "volume_ratio_22d",
        logarithm(ratio(_volume, mean(_volume, 22))),
        22,
        "volume",
        "log of volume over its mean of 22 bars",
        "",
    ),
)

spread = pl.col("spread_cash_3m")

TERM_STRUCTURE = (
    Feature(
        "spread_cash_3m",
        spread,
        1,
        (PRICE,),
        "cash less 3m as a fraction of cash; positive in backwardation",
        source="row",
    ),
    *(
        _own(f"spread_change_{rows}d", change(spread, rows), rows + 1, f"spread_cash_3m less itself {rows} price rows ago")
        for rows in (5, 21)
    ),
    _own("spread_z_250d", z_score(spread, 250), 250, "standard deviations of spread_cash_3m above its mean of 250 rows"),
    _own("backwardation_share_66d", mean((spread > 0).cast(pl.Float64), 66), 66, "share of 66 rows in backwardation", low=0),
)

_total, _cancelled = pl.col("total"), pl.col("cancelled")
_cancelled_share = ratio(_cancelled, _total)


def _of_stocks(name: str, expression: pl.Expr, window: int, columns: str, meaning: str, low: float | None = None) -> Feature:
    """A feature of the last warehouse reports known at the fix."""
    inputs = tuple(f"market.stocks.{column}" for column in columns.split())
    return Feature(name, expression, window, inputs, meaning, "", low, source="stocks")


STOCKS = (
    *(
        _of_stocks(
            f"stock_change_{rows}d",
            log_change(_total, rows),
            rows + 1,
            "total",
            f"log change of warehouse stock over {rows} reports",
        )
        for rows in (5, 21, 63)
    ),
    _of_stocks(
        "stock_z_250d",
        z_score(logarithm(_total), 250),
        250,
        "total",
        "standard deviations of log warehouse stock above its mean of 250 reports",
    ),
    _of_stocks("cancelled_share", _cancelled_share, 1, "cancelled total", "stock on cancelled warrants over all stock", 0),
    _of_stocks(
        "cancelled_share_change_5d",
        change(_cancelled_share, 5),
        6,
        "cancelled total",
        "cancelled_share less itself 5 reports ago",
    ),
)


def _of_commitments(name: str, expression: pl.Expr, window: int, columns: str, meaning: str) -> Feature:
    """A feature of the last Commitments of Traders known at the fix."""
    inputs = tuple(f"market.positions_cot.{column}" for column in columns.split())
    return Feature(name, expression, window, inputs, meaning, source="positioning")


_SIDES = "long short open_interest"

POSITIONING = (
    _of_commitments("managed_net", pl.col("managed"), 1, _SIDES, "managed money, long less short, over open interest"),
    _of_commitments("managed_net_change_4w", change(pl.col("managed"), 4), 5, _SIDES, "managed_net less itself 4 reports ago"),
    _of_commitments(
        "managed_net_z_156w",
        z_score(pl.col("managed"), 156),
        156,
        _SIDES,
        "standard deviations of managed_net above its mean of 156 reports",
    ),
    _of_commitments("speculator_net", pl.col("speculators"), 1, _SIDES, "non-commercial, long less short, over open interest"),
    _of_commitments(
        "speculator_net_change_4w", change(pl.col("speculators"), 4), 5, _SIDES, "speculator_net less itself 4 reports ago"
    ),
    _of_commitments(
        "open_interest_change_4w",
        log_change(pl.col("open_interest"), 4),
        5,
        "open_interest",
        "log change of open interest over 4 reports",
    ),
)

MOMENTUM = (
    *(
        Feature(
            f"momentum_{rows}d",
            ratio(pl.col(f"return_{rows}d"), pl.col("ewma97_vol") * sqrt(rows)),
            max(rows + 1, 23),
            (PRICE,),
            f"return_{rows}d over ewma97_vol times the root of {rows}",
            source="row",
            recursive=True,
        )
        for rows in (21, 63, 250)
    ),
    _own(
        "drawdown_250d", log_price - log_price.rolling_max(250, min_samples=250), 250, "log of price over its highest of 250 rows"
    ),
    _own(
        "range_position_250d",
        range_position(log_price, 250),
        250,
        "log price between its lowest (0) and highest (1) of 250 rows",
        low=0,
    ),
    _own("share_up_22d", mean((one_day > 0).cast(pl.Float64), 22), 23, "share of 22 rows whose price rose", low=0),
)


def _of_market(
    name: str, expression: pl.Expr, window: int, source: str, column: str, meaning: str, unit: str = "", low: float | None = None
) -> Feature:
    """A feature of the whole market, as last known at the fix."""
    return Feature(name, expression, window, (column,), meaning, unit, low, source)


_y10, _vix, _oil = pl.col("y10"), pl.col("vix"), pl.col("oil")
_RATE, _FX = "market.rates.rate", "market.fx.per_eur"

MACRO = (
    *(
        _of_market(
            f"yield_10y_change_{rows}d",
            change(_y10, rows),
            rows + 1,
            "yields",
            _RATE,
            f"10 year Treasury par yield less itself {rows} days of rates ago",
            "1/year",
        )
        for rows in (5, 21)
    ),
    _of_market("slope_2y_10y", _y10 - pl.col("y2"), 1, "yields", _RATE, "10 year less 2 year Treasury par yield", "1/year"),
    _of_market("vix_level", _vix, 1, "vix", PRICE, "VIX at its last close known at the fix", "index points", 0),
    *(
        _of_market(
            f"vix_change_{rows}d", log_change(_vix, rows), rows + 1, "vix", PRICE, f"log change of vix_level over {closes_named}"
        )
        for rows, closes_named in ((1, "1 close"), (5, "5 closes"))
    ),
    *(
        _of_market(
            f"eurusd_change_{rows}d",
            log_change(pl.col("eurusd"), rows),
            rows + 1,
            "currencies",
            _FX,
            f"log change of dollars a euro over {rows} ECB rates; positive where the dollar fell",
        )
        for rows in (5, 21)
    ),
    _of_market(
        "usdcny_change_21d",
        log_change(pl.col("usdcny"), 21),
        22,
        "currencies",
        _FX,
        "log change of yuan a dollar over 21 ECB rates; positive where the dollar rose",
    ),
    *(
        _of_market(
            f"wti_change_{rows}d",
            _oil.rolling_sum(rows, min_samples=rows),
            rows + 1,
            "oil",
            PRICE,
            f"log return of WTI front futures over {rows} closes without steps between contracts",
        )
        for rows in (5, 21)
    ),
)

CLOSES = {
    "copper": ("HG", "front"),
    "gold": ("GC", "front"),
    "silver": ("SI", "front"),
    "wti": ("CL", "front"),
    "vix": ("VIX", "spot"),
}
"""Markets that close after the London fix, by what their features call them."""
_CALLED = {"copper": "COMEX copper", "gold": "COMEX gold", "silver": "COMEX silver", "wti": "NYMEX WTI", "vix": "the VIX"}

AFTER_THE_FIX = tuple(
    Feature(
        f"postfix_{name}",
        pl.col(f"postfix_{name}"),
        2,
        (PRICE,),
        f"log move of {_CALLED[name]} from its close of the price date before to that of the price date; known by night",
        source="closes",
        information="night",
    )
    for name in CLOSES
)

KNOWN_ROWS = (
    Feature("history_rows", pl.col("history_rows"), 1, (PRICE,), "price rows known", "", 1, source="row", recursive=True),
)

FEATURES: tuple[Feature, ...] = (
    *RETURNS,
    *REALISED,
    *RANGES,
    *TERM_STRUCTURE,
    *STOCKS,
    *POSITIONING,
    *MOMENTUM,
    *MACRO,
    *AFTER_THE_FIX,
    *KNOWN_ROWS,
)
BY_NAME = {feature.name: feature for feature in FEATURES}


def needed(names: Iterable[str]) -> tuple[Feature, ...]:
    """The features called `names` and those they are computed from, in the order of FEATURES.

    Raises:
        KeyError: no feature has that name.
    """
    wanted, unseen = set[str](), set(names)
    while unseen:
        wanted |= unseen
        unseen = {root for name in unseen for root in BY_NAME[name].expression.meta.root_names() if root in BY_NAME} - wanted
    return tuple(feature for feature in FEATURES if feature.name in wanted)
