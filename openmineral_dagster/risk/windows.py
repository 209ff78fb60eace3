"""Historical windows: what each series did in them by its own prices, else by the table, else by a proxy, else nothing."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import numpy as np
import polars as pl
from pydantic import AfterValidator, Field, model_validator

from openmineral_dagster.deals.fields import Terms, Text
from openmineral_dagster.deals.yaml_text import read_mapping
from openmineral_dagster.risk.book import BY_SYMBOL
from openmineral_dagster.risk.history import ABSOLUTE, Histories, Series
from openmineral_dagster.risk.moves import SERIES
from openmineral_dagster.risk.shocks import Figure, Name, Percent, Proxy

METALS: Mapping[str, tuple[str, ...]] = {
    "AU": ("GC", "AU-LBMA"),
    "AG": ("SI", "AG-LBMA"),
    "PT": ("PL", "PT-LBMA"),
    "PD": ("PA", "PD-LBMA"),
}
"""What a metal of the table stands for besides its own symbol."""
FRESH_DAYS = 5
"""Calendar days a close may be older than the edge of a window it stands for."""
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
    series: pl.DataFrame, market: Histories, proxies: Sequence[Proxy], as_of: date, windows: Sequence[Window] | None = None
) -> pl.DataFrame:
    """Every series' move in every window over by the night: scenario, SERIES, move, basis.

    Args:
        series: instrument, series_tenor, spot.
        market: prices as the night knew them.
        windows: those of the package where none are given.
    """
    over = [window for window in (shipped_windows() if windows is None else windows) if window.ends <= as_of]
    likes = {proxy.instrument: (proxy.like, proxy.tenor) for proxy in proxies}
    rows = [
        (window.id, instrument, tenor, *_move(market, window, (instrument, tenor), spot, likes.get(instrument), as_of))
        for window in over
        for instrument, tenor, spot in series.select(*SERIES, "spot").sort(SERIES).iter_rows()
    ]
    schema = {**dict.fromkeys(["scenario", *SERIES], pl.String), "move": pl.Float64, "basis": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _move(market: Histories, window: Window, own: Series, spot: float, like: Series | None, as_of: date) -> tuple[float, str]:
    """A series' move and where it comes from."""
    found = _covered(market, window, own, spot)
    if found is not None:
        return found
    if like is not None:
        quote = market.quote(like, as_of)
        proxied = _covered(market, window, like, quote[0] if quote else float("nan"))
        if proxied is not None:
            return proxied[0], f"proxy: {like[1]} of {like[0]}"
    return 0.0, NOT_COVERED


def _covered(market: Histories, window: Window, series: Series, spot: float) -> tuple[float, str] | None:
    """The move own prices or the table give."""
    leg = window.leg(series[0])
    listed = leg.table_move(series[0], spot)
    if leg.use == "own" or listed is None:
        own = market.once(("window", leg.first, leg.last, series), lambda: _own_move(market, leg, series))
        if own is not None:
            return own
    return None if listed is None else (listed, f"table: {leg.note}" if leg.note else "table")


def _own_move(market: Histories, leg: Leg, series: Series) -> tuple[float, str] | None:
    """The move between the edges of a leg, where prices cover both."""
    edges = [_month(market, series, day) if leg.monthly else _close(market, series, day) for day in leg.days]
    if edges[0] is None or edges[1] is None or not edges[0][1] < edges[1][1]:
        return None
    (before, first), (now, last) = edges[0], edges[1]
    move = now - before if series[0] in ABSOLUTE else now / before - 1.0
    words = f"{first:%Y-%m} to {last:%Y-%m}, monthly averages" if leg.monthly else f"{first} to {last}"
    return move, f"own data {words}"


def _close(market: Histories, series: Series, day: date) -> tuple[float, date] | None:
    quote = market.quote(series, day)
    return quote if quote is not None and day - quote[1] <= timedelta(days=FRESH_DAYS) else None


def _month(market: Histories, series: Series, first: date) -> tuple[float, date] | None:
    """The average of the nights of a month on which a series had a new price."""
    held = market.series.get(series)
    if held is None:
        return None
    rows = held.fresh & (market.days.astype("datetime64[M]") == np.datetime64(first, "M"))
    return (float(held.price[rows].mean()), first) if rows.sum() >= DAYS_OF_A_MONTH else None
