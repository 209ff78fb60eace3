"""Historical windows: what each series did in them by its own prices, else by the table, else by a proxy, else nothing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import polars as pl
from pydantic import AfterValidator, Field, model_validator

from openmineral_dagster.deals.fields import Terms, Text
from openmineral_dagster.deals.yaml_text import read_mapping
from openmineral_dagster.risk.moves import BY_SYMBOL, SERIES, is_absolute, known_prices
from openmineral_dagster.risk.shocks import Figure, Name, Percent, Proxy

METALS: Mapping[str, tuple[str, ...]] = {
    "AU": ("GC", "AU-LBMA"),
    "AG": ("SI", "AG-LBMA"),
    "PT": ("PL", "PT-LBMA"),
    "PD": ("PA", "PD-LBMA"),
}
"""What a metal of the table stands for besides its own symbol."""
FRESH_DAYS = 5
"""Calendar days a close may be older than the end of a window it stands for."""
DAYS_OF_A_MONTH = 15
"""Prices a monthly average needs."""
NOT_COVERED = "not covered"


def _day_or_month(value: str) -> str:
    date.fromisoformat(value if len(value) == 10 else f"{value}-01")
    return value


Edge = Annotated[str, Field(pattern=r"^\d{4}-\d{2}(-\d{2})?$"), AfterValidator(_day_or_month)]


class Leg(Terms):
    """Moves over one pair of days, or of months."""

    first: Annotated[Edge, Field(alias="from")]
    last: Annotated[Edge, Field(alias="to")]
    pct: dict[Name, Percent] = Field(default_factory=dict)
    usd: dict[Name, Figure] = Field(default_factory=dict)
    use: Literal["own", "table"] = "own"
    note: Text | None = None

    @model_validator(mode="after")
    def _runs_forward(self) -> "Leg":
        if len(self.first) != len(self.last) or self.first >= self.last:
            raise ValueError("from before to, both days or both months")
        return self

    @model_validator(mode="after")
    def _moves_what_is_priced(self) -> "Leg":
        for metal in (*self.pct, *self.usd):
            symbols = METALS.get(metal, (metal,))
            if not all(symbol in BY_SYMBOL for symbol in symbols):
                raise ValueError(f"{metal}: an instrument, or one of {', '.join(METALS)}")
            if metal in self.pct and any(BY_SYMBOL[symbol].can_be_negative for symbol in symbols):
                raise ValueError(f"{metal}: usd, for its price can be negative")
        return self

    @property
    def monthly(self) -> bool:
        """Whether averages of months are compared."""
        return len(self.first) == len("2008-07")

    @property
    def days(self) -> tuple[date, date]:
        """The first and last day; of months, the first day of each."""
        first, last = (date.fromisoformat(f"{edge}-01" if self.monthly else edge) for edge in (self.first, self.last))
        return first, last

    @property
    def ends(self) -> date:
        """The day it is over."""
        last = self.days[1]
        return (last.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1) if self.monthly else last

    def table_move(self, instrument: str, spot: float) -> float | None:
        """The table's move of an instrument, in the kind of move its price takes; None where the table has none."""
        for metal in _names_of(instrument):
            if metal in self.pct:
                return self.pct[metal] / 100
            if metal in self.usd:
                dollars = self.usd[metal]
                return dollars if BY_SYMBOL[instrument].can_be_negative else dollars / spot if spot > 0 else None
        return None

    def names(self, instrument: str) -> bool:
        """Whether the leg is about an instrument."""
        return any(metal in self.pct or metal in self.usd for metal in _names_of(instrument))


def _names_of(instrument: str) -> tuple[str, ...]:
    return (instrument, *(metal for metal, symbols in METALS.items() if instrument in symbols))


class Window(Terms):
    """One historical window."""

    id: Name
    legs: Annotated[tuple[Leg, ...], Field(min_length=1)]

    @property
    def ends(self) -> date:
        """The day after which a night may know it."""
        return max(leg.ends for leg in self.legs)

    def leg(self, instrument: str) -> Leg:
        """The leg that names an instrument, else the first."""
        return next((leg for leg in self.legs if leg.names(instrument)), self.legs[0])


class Windows(Terms):
    """`windows.yaml`."""

    windows: tuple[Window, ...]


@cache
def shipped_windows() -> tuple[Window, ...]:
    """The windows of the package."""
    text = files("openmineral_dagster.risk").joinpath("windows.yaml").read_text(encoding="utf-8")
    return Windows.model_validate(read_mapping(text, "windows.yaml", "windows")).windows


def historical_moves(
    series: pl.DataFrame, prices: pl.DataFrame, proxies: Sequence[Proxy], as_of: date, windows: Sequence[Window] | None = None
) -> pl.DataFrame:
    """Every series' move in every window over by the night: scenario, SERIES, move, basis.

    Args:
        series: instrument, series_tenor, spot.
        prices: the prices the night knew, one row a key.
        windows: those of the package where none are given.
    """
    over = [window for window in (shipped_windows() if windows is None else windows) if window.ends <= as_of]
    likes = {proxy.instrument: (proxy.like, proxy.tenor) for proxy in proxies}
    proxied = pl.DataFrame(list(likes.values()), schema=dict.fromkeys(SERIES, pl.String), orient="row")
    held = known_prices(prices, pl.concat([series.select(SERIES), proxied]), as_of)
    last = {(name, tenor): price for name, tenor, price in held.group_by(SERIES).agg(pl.col("price").last()).iter_rows()}
    spots = (
        dict.fromkeys(likes.values(), float("nan"))
        | last
        | {(str(name), str(tenor)): float(spot) for name, tenor, spot in series.select(*SERIES, "spot").iter_rows()}
    )
    asked = pl.DataFrame(list(_asked(over, spots)), schema=_ASKED, orient="row")
    found = {(row[0], row[1], row[2]): (row[3], row[4]) for row in _covered(asked, held).iter_rows()}
    rows = [
        (window.id, *key, *_move(found, window.id, key, likes.get(key[0])))
        for window in over
        for key in series.select(SERIES).sort(SERIES).iter_rows()
    ]
    schema = {**dict.fromkeys(["scenario", *SERIES], pl.String), "move": pl.Float64, "basis": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


Key = tuple[str, str]


def _move(found: Mapping[tuple[str, str, str], tuple[float, str]], window: str, key: Key, like: Key | None) -> tuple[float, str]:
    """A series' move and where it comes from."""
    if (window, *key) in found:
        return found[window, *key]
    if like is not None and (window, *like) in found:
        return found[window, *like][0], f"proxy: {like[1]} of {like[0]}"
    return 0.0, NOT_COVERED


_ASKED = {
    **dict.fromkeys(["scenario", *SERIES], pl.String),
    "first": pl.Date,
    "last": pl.Date,
    "monthly": pl.Boolean,
    "own": pl.Boolean,
    "table": pl.Float64,
    "note": pl.String,
}


def _asked(windows: Sequence[Window], spots: Mapping[Key, float]) -> Iterator[tuple[object, ...]]:
    for window in windows:
        for (instrument, tenor), spot in spots.items():
            leg = window.leg(instrument)
            move = leg.table_move(instrument, spot)
            yield (window.id, instrument, tenor, *leg.days, leg.monthly, leg.use == "own" or move is None, move, leg.note)


def _covered(asked: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """The moves own prices or the table give: scenario, SERIES, move, basis."""
    both = _level(_level(asked, held, "first"), held, "last")
    inside = (pl.col("first_level").is_not_null() & (pl.col("last_day") > pl.col("first_day"))).fill_null(False)
    step = pl.col("last_level") - pl.col("first_level")
    own = pl.when(inside & pl.col("own")).then(pl.when(is_absolute()).then(step).otherwise(step / pl.col("first_level")))
    edges = pl.format("own data {} to {}", "first_day", "last_day")
    months = pl.format(
        "own data {} to {}, monthly averages", pl.col("first").dt.to_string("%Y-%m"), pl.col("last").dt.to_string("%Y-%m")
    )
    table = pl.when(pl.col("note").is_null()).then(pl.lit("table")).otherwise(pl.format("table: {}", "note"))
    return (
        both.with_columns(own_move=own)
        .with_columns(
            move=pl.coalesce("own_move", "table"),
            basis=pl.when(pl.col("own_move").is_null()).then(table).when("monthly").then(months).otherwise(edges),
        )
        .drop_nulls("move")
        .select("scenario", *SERIES, "move", "basis")
    )


def _level(asked: pl.DataFrame, held: pl.DataFrame, edge: str) -> pl.DataFrame:
    """`asked` with the level of each series at an edge of its window and the day it is of; null where prices do not cover it."""
    averages = (
        held.group_by(*SERIES, pl.col("price_date").dt.truncate("1mo").alias(edge))
        .agg(average=pl.col("price").mean(), count=pl.len())
        .filter(pl.col("count") >= DAYS_OF_A_MONTH)
        .drop("count")
    )
    closes = held.select(*SERIES, close_day="price_date", close="price").sort("close_day")
    levels = (
        asked.sort(edge)
        .join_asof(closes, left_on=edge, right_on="close_day", by=SERIES, tolerance=f"{FRESH_DAYS}d", check_sortedness=False)
        .join(averages, on=[*SERIES, edge], how="left")
    )
    level = pl.when("monthly").then("average").otherwise("close")
    day = pl.when("monthly").then(edge).otherwise("close_day")
    return levels.with_columns(level.alias(f"{edge}_level"), day.alias(f"{edge}_day")).drop("average", "close", "close_day")
