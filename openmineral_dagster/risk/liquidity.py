"""Margin liquidity: the cash the exchange-traded lines tie up, and what they would have called for on their worst days."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import numpy as np
import polars as pl
from pydantic import AfterValidator, Field, model_validator

from openmineral_dagster.deals.fields import Terms
from openmineral_dagster.lake.tables.risk import EXCLUDED, MARGIN_CALLS
from openmineral_dagster.risk.book import BY_SYMBOL
from openmineral_dagster.risk.history import Histories, Series
from openmineral_dagster.risk.moves import LINE, SERIES, moves_known, series_of, size
from openmineral_dagster.risk.shocks import PositiveFigure

EXCHANGES = ("LME", "COMEX", "NYMEX")
TRADED = frozenset(item.symbol for item in BY_SYMBOL.values() if item.venue in EXCHANGES)
PRICING_MONTH = r"^\d{4}-\d{2}$"
WORST_DAYS = 3
TAIL_ONE_IN, WINDOW, FEWEST_ROWS = 100, 500, 100
OWN_HISTORY = "own history: 99 percent quantile of two-day moves, last 500 rows"


def _traded(name: str) -> str:
    if name not in TRADED:
        raise ValueError(f"an instrument of an exchange: {', '.join(sorted(TRADED))}")
    return name


class Rate(Terms):
    """Initial margin of one instrument: USD per lot, or per unit of its quantity (tonne, ounce, pound, barrel)."""

    instrument: Annotated[str, AfterValidator(_traded), Field(json_schema_extra={"enum": sorted(TRADED)})]
    usd_per_lot: PositiveFigure | None = None
    usd_per_unit: PositiveFigure | None = None

    @model_validator(mode="after")
    def _one_size(self) -> "Rate":
        if (self.usd_per_lot is None) == (self.usd_per_unit is None):
            raise ValueError("either usd_per_lot or usd_per_unit")
        return self

    @property
    def per_unit(self) -> float:
        """USD per unit of quantity."""
        return self.usd_per_unit or (self.usd_per_lot or 0.0) / BY_SYMBOL[self.instrument].lot


class Margins(Terms):
    """`margins.yaml`: the rates a clearer charges; what is not named is estimated from its own history."""

    rates: tuple[Rate, ...] = ()

    @model_validator(mode="after")
    def _named_once(self) -> "Margins":
        names = [rate.instrument for rate in self.rates]
        if len(set(names)) < len(names):
            raise ValueError("each instrument once")
        return self


@dataclass(frozen=True, eq=False)
class Called:
    """What the exchange-traded lines of one portfolio tie up and call for.

    Attributes:
        keys: instrument, tenor and delivery of each line.
        initial: initial margin of each, (lines,), USD.
        days: the days all lines were priced, datetime64[D], (days,), oldest first.
        gains: gain of each line, as it is today, under each day's moves, (days, lines), USD.
        basis: where the initial margins come from.
    """

    keys: tuple[tuple[str, str, str], ...]
    initial: np.ndarray
    days: np.ndarray
    gains: np.ndarray
    basis: str

    def cash(self, kept: Mapping[tuple[str, str, str], float]) -> float:
        """Initial margin and the calls of the three worst days, were they to follow each other, USD; other days bring nothing.

        Args:
            kept: the share of a line that is kept; all of a line that is not named.
        """
        shares = np.array([kept.get(key, 1.0) for key in self.keys])
        worst = np.sort(-(self.gains @ shares))[::-1][:WORST_DAYS]
        return float(self.initial @ np.abs(shares) + np.maximum(worst, 0.0).sum())

    def worst_days(self) -> Iterator[tuple[int, date, float, float]]:
        """Rank, day, initial and variation margin of the worst days; of equal days the earlier first."""
        paid = -self.gains.sum(axis=1)
        for rank, row in enumerate(np.argsort(-paid, kind="stable")[:WORST_DAYS], start=1):
            yield rank, self.days[row].item(), round(float(self.initial.sum()), 2), round(float(paid[row]), 2)


def called(
    sensitivities: pl.DataFrame, market: Histories, margins: Margins, as_of: date
) -> tuple[dict[str, Called], pl.DataFrame]:
    """What the lines of each portfolio call for, and `risk.excluded` rows of lines no margin is known for.

    Args:
        sensitivities: portfolio, instrument, tenor, delivery, series_tenor, quantity, spot; a row a line and series.
        market: prices as the night knew them.

    Exchange-traded are the lines of LME, COMEX and NYMEX, but for a deal's pricing months. Initial margins add up over lines
    without offsets.
    """
    traded = sensitivities.filter(pl.col("instrument").is_in(sorted(TRADED)) & ~pl.col("delivery").str.contains(PRICING_MONTH))
    rates = _rates(traded, market, margins, as_of)
    charged = traded.join(rates, on=SERIES).sort("portfolio", *LINE, "series_tenor")
    books = charged.group_by("portfolio", maintain_order=True)
    found = {str(name): _called(held, market, as_of) for (name,), held in books}
    reason = "expected days of prices of all its exchange-traded lines"
    blank = [(as_of, name, "margin calls", "history", "0 days", reason) for name, book in found.items() if not len(book.days)]
    missing = _without(traded, rates, as_of).extend(pl.DataFrame(blank, schema=EXCLUDED.dtypes, orient="row"))
    return {name: book for name, book in found.items() if len(book.days)}, missing


def margin_calls(books: Mapping[str, Called], as_of: date) -> pl.DataFrame:
    """`risk.margin_calls` of the night: today's lines under the moves of their three worst days, three rows a portfolio."""
    rows = [
        (as_of, portfolio, *day, f"{book.basis}; days since {book.days[0]}")
        for portfolio, book in books.items()
        for day in book.worst_days()
    ]
    return pl.DataFrame(rows, schema=MARGIN_CALLS.dtypes, orient="row")


def _called(held: pl.DataFrame, market: Histories, as_of: date) -> Called:
    names = sorted(set(held.select(SERIES).iter_rows()))
    days, moves = moves_known(market, names, as_of)
    lines = held.group_by(LINE).agg(initial=(pl.col("quantity").abs() * pl.col("rate")).sort().sum()).sort(LINE)
    keys = tuple((instrument, tenor, delivery) for instrument, tenor, delivery in lines.select(LINE).iter_rows())
    sizes = np.zeros((len(names), len(keys)))
    for instrument, tenor, delivery, series_tenor, gain in held.select(*LINE, "series_tenor", size()).iter_rows():
        sizes[names.index((instrument, series_tenor)), keys.index((instrument, tenor, delivery))] += gain
    return Called(keys, lines["initial"].to_numpy(), days, moves @ sizes, _basis(held))


def _basis(held: pl.DataFrame) -> str:
    """Where the initial margins come from, each source with its instruments."""
    named = held.group_by("basis").agg(pl.col("instrument").unique().sort().str.join(", ")).sort("basis")
    return "; ".join(f"{instruments}: {basis}" for basis, instruments in named.iter_rows())


def _rates(traded: pl.DataFrame, market: Histories, margins: Margins, as_of: date) -> pl.DataFrame:
    """SERIES, rate (USD per unit of quantity) and basis of every series a rate is known for."""
    given = {rate.instrument: rate.per_unit for rate in margins.rates}
    rows = []
    for instrument, tenor, spot in series_of(traded).iter_rows():
        if instrument in given:
            rows.append((instrument, tenor, given[instrument], "margins file"))
        elif (estimate := estimated_rate((instrument, tenor), spot, market, as_of)) is not None:
            rows.append((instrument, tenor, estimate, OWN_HISTORY))
    schema = {**dict.fromkeys(SERIES, pl.String), "rate": pl.Float64, "basis": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def estimated_rate(series: Series, spot: float, market: Histories, as_of: date) -> float | None:
    """Initial margin in USD per unit from a series' own history; None below 100 two-day moves.

    The 99 percent quantile of absolute two-row moves, overlapping, of the last 500 rows: sorted descending, the one at place
    floor(n / 100) counted from zero, without interpolation. A relative move counts at today's price.
    """
    moves = np.abs(moves_known(market, [series], as_of, rows=2)[1][-WINDOW:, 0])
    if len(moves) < FEWEST_ROWS:
        return None
    quantile = float(np.sort(moves)[::-1][len(moves) // TAIL_ONE_IN])
    return quantile if BY_SYMBOL[series[0]].can_be_negative else quantile * abs(spot)


def _without(traded: pl.DataFrame, rates: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`risk.excluded` rows of the series no rate is known for, once a portfolio."""
    missing = traded.join(rates, on=SERIES, how="anti").select("portfolio", *SERIES).unique().sort("portfolio", *SERIES)
    reason = f"expected a rate in margins.yaml, or {FEWEST_ROWS} two-day moves to estimate one"
    rows = [
        (as_of, name, f"{instrument} {tenor}", "initial margin", "", reason) for name, instrument, tenor in missing.iter_rows()
    ]
    return pl.DataFrame(rows, schema=EXCLUDED.dtypes, orient="row")
