"""What the features read: tables as a night knew them, and the sources carried from them to the rows of the panel.

A source has a row a day (and an instrument, or one for the whole market) with `day`, `known_at` and its values. A row of the
panel sees the last day that was known at its fix, never one older than the source's own limit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date

import polars as pl

from openmineral_dagster.lake.schema import UTC_TIME
from openmineral_dagster.lake.tables import BARS, FX, POSITIONS_COT, RATES, STOCKS
from openmineral_dagster.market.rolls import returns_without_rolls
from openmineral_dagster.reference.calendars import night_end

CONTRACTS: dict[str, tuple[str, ...]] = {
    "085692": ("CU", "HG"),
    "088691": ("GC", "AU-LBMA"),
    "084691": ("SI", "AG-LBMA"),
    "076651": ("PL", "PT-LBMA"),
    "075651": ("PA", "PD-LBMA"),
    "191691": ("AL",),
}
"""Instruments of the metal each CFTC contract is of."""
YIELDS = {"y10": ("UST_10Y", "DGS10"), "y2": ("UST_2Y", "DGS2")}
"""The par yield by the names of the Treasury and of FRED: one value, published once."""


_CLOSES = pl.Schema({"day": pl.Date(), "known_at": UTC_TIME, "price": pl.Float64(), "move": pl.Float64()})


@dataclass(frozen=True)
class Inputs:
    """Tables of the lake as one night knew them, one row a key; those that are absent leave their features null.

    `prices` may come without `published_at` and `known_at`: then no other market can be dated against its fixes.
    """

    prices: pl.DataFrame
    bars: pl.DataFrame = field(default_factory=BARS.empty)
    stocks: pl.DataFrame = field(default_factory=STOCKS.empty)
    rates: pl.DataFrame = field(default_factory=RATES.empty)
    fx: pl.DataFrame = field(default_factory=FX.empty)
    positions_cot: pl.DataFrame = field(default_factory=POSITIONS_COT.empty)

    def known_by(self, as_of: date) -> "Inputs":
        """What of it the night of `as_of` knew."""
        return replace(self, **{table.name: _known_by(getattr(self, table.name), as_of) for table in fields(self)})

    def have(self, source: str) -> bool:
        """Whether there are rows a source could come from: one of SOURCES, or `closes`."""
        table = SOURCES[source].table if source in SOURCES else "prices"
        return not getattr(self, table).is_empty()


def _known_by(rows: pl.DataFrame, as_of: date) -> pl.DataFrame:
    known = [pl.col("known_at") <= night_end(as_of)] if "known_at" in rows.columns else []
    dated = [pl.col("price_date") <= as_of] if "price_date" in rows.columns else []
    return rows.filter(*known, *dated)


@dataclass(frozen=True)
class Source:
    """Where a feature's rows come from.

    Attributes:
        rows: `day`, `known_at`, the values and, where `by_instrument`, `instrument`; one row a day, in any order.
        table: the field of `Inputs` its rows come from.
        days_a_row: calendar days from one row to the next, at most and on average.
        oldest_days: calendar days before the fix after which a row is stale.
    """

    name: str
    table: str
    rows: Callable[[Inputs], pl.LazyFrame]
    by_instrument: bool = False
    days_a_row: float = 1.5
    oldest_days: int = 5

    def longest(self, window: int) -> float:
        """Calendar days a window of rows may span: beyond, rows are missing and the change is another one."""
        return self.days_a_row * 1.1 * (window - 1) + 7


def _bars(inputs: Inputs) -> pl.LazyFrame:
    return inputs.bars.lazy().select("instrument", "known_at", "open", "high", "low", "close", "volume", day="price_date")


def _stocks(inputs: Inputs) -> pl.LazyFrame:
    return inputs.stocks.lazy().select("instrument", "known_at", "total", "cancelled", day="report_date")


def _positioning(inputs: Inputs) -> pl.LazyFrame:
    """Net positions over open interest by instrument; speculators from the legacy report, else from a series of nets."""
    net = (pl.col("long") - pl.col("short")) / pl.when(pl.col("open_interest") > 0).then(pl.col("open_interest"))
    managed, speculators = (pl.col("category") == name for name in ("managed money", "noncommercial"))
    named = [(code, instrument) for code, instruments in CONTRACTS.items() for instrument in instruments]
    contracts = pl.LazyFrame(named, schema={"contract_code": pl.String, "instrument": pl.String}, orient="row")
    return (
        inputs.positions_cot.lazy()
        .filter(managed | speculators)
        .sort("report")
        .group_by("contract_code", day="report_date")
        .agg(
            pl.col("known_at").max(),
            pl.col("open_interest").first(),
            managed=net.filter(managed).first(),
            speculators=net.filter(speculators).first(),
        )
        .join(contracts, on="contract_code")
        .drop("contract_code")
    )


def _yields(inputs: Inputs) -> pl.LazyFrame:
    """Par yields of ten and two years, annual fractions."""
    names = {series: column for column, known_as in YIELDS.items() for series in known_as}
    yields = inputs.rates.lazy().filter(pl.col("series").is_in(list(names))).sort("series", descending=True)
    maturity = pl.col("series").replace_strict(names, return_dtype=pl.String)
    each = {column: pl.col("rate").filter(maturity == column).first() for column in YIELDS}
    return yields.group_by(day="rate_date").agg(pl.col("known_at").max(), **each)


def _currencies(inputs: Inputs) -> pl.LazyFrame:
    """Dollars a euro, and yuan a dollar."""
    each = {code: pl.col("per_eur").filter(pl.col("currency") == code).first() for code in ("USD", "CNY")}
    rates = inputs.fx.lazy().filter(pl.col("currency").is_in(list(each)))
    daily = rates.group_by(day="rate_date").agg(pl.col("known_at").max(), **each)
    return daily.select("day", "known_at", eurusd="USD", usdcny=pl.col("CNY") / pl.when(pl.col("USD") > 0).then(pl.col("USD")))


def _vix(inputs: Inputs) -> pl.LazyFrame:
    return closes(inputs, "VIX", "spot").select("day", "known_at", vix="price").lazy()


def _oil(inputs: Inputs) -> pl.LazyFrame:
    """`oil`: log returns of WTI futures within one contract; zero on a roll, null where a price is missing or not positive."""
    return closes(inputs, "CL", "front").select("day", "known_at", oil="move").lazy()


def closes(inputs: Inputs, instrument: str, tenor: str) -> pl.DataFrame:
    """day, known_at, price and `move`, the log return within one contract (zero on a roll), of one series in date order."""
    if "known_at" not in inputs.prices.columns:
        return pl.DataFrame(schema=_CLOSES)
    ours = inputs.prices.filter((pl.col("instrument") == instrument) & (pl.col("tenor") == tenor))
    moves = returns_without_rolls(ours.select("instrument", "tenor", "price_date", "price", "known_at"))
    within = pl.when(pl.col("rolled")).then(0.0).otherwise(pl.col("log_return"))
    return moves.select("known_at", "price", day="price_date", move=within).select(_CLOSES.names())


SOURCES: Mapping[str, Source] = {
    source.name: source
    for source in (
        Source("bars", "bars", _bars, by_instrument=True, oldest_days=0),
        Source("stocks", "stocks", _stocks, by_instrument=True, oldest_days=7),
        Source("positioning", "positions_cot", _positioning, by_instrument=True, days_a_row=7.0, oldest_days=14),
        Source("yields", "rates", _yields),
        Source("vix", "prices", _vix),
        Source("currencies", "fx", _currencies),
        Source("oil", "prices", _oil),
    )
}
