"""The way back inside a limit, by arithmetic: how many whole lots of which line, and which hedge takes most off per dollar."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from math import ceil, floor

import polars as pl

from openmineral_dagster.risk.book import BY_SYMBOL
from openmineral_dagster.risk.history import LONGEST_HOLE, Histories
from openmineral_dagster.risk.liquidity import EXCHANGES, TRADED
from openmineral_dagster.risk.moves import LINE

Key = tuple[str, str, str]
"""(instrument, tenor, delivery)."""
VarOf = Callable[[pl.DataFrame], float]
"""Published one-day value at risk of the sensitivities of one portfolio, USD."""
ROUNDING = 1e-9
TRIAL_SHARE = 0.1
"""Notional of a trial hedge, of the portfolio's gross value: large enough to show, too small to turn the book."""
BEST_HEDGES = 3
MOST_LINES = 25
"""Lines a way back tries one after another."""


@dataclass(frozen=True)
class Line:
    """A line that can be closed by whole lots of its exchange."""

    key: Key
    quantity: float

    @property
    def lot(self) -> float:
        """Size of a lot in the instrument's unit."""
        return BY_SYMBOL[self.key[0]].lot

    @property
    def lots(self) -> int:
        """Whole lots held."""
        return floor(abs(self.quantity) / self.lot + ROUNDING)

    def quarters(self, closed: int) -> list[int]:
        """Lots closed in all once a quarter, half, three quarters or all of those still held are closed as well."""
        return sorted({closed + ceil((self.lots - closed) * part / 4) for part in range(1, 5)} - {closed})

    def kept(self, lots: int) -> float:
        """Share of the line left once `lots` are closed."""
        return 1.0 - lots * self.lot / abs(self.quantity)

    def order(self, lots: int) -> str:
        """What to tell the broker."""
        side = "sell" if self.quantity > 0 else "buy"
        unit = BY_SYMBOL[self.key[0]].quantity_unit
        return f"{side} {lots:,} of {self.lots:,} lots of {' '.join(self.key)} ({lots * self.lot:,.0f} {unit})"


Figure = Callable[[Mapping[Key, float]], float]
"""What is used of a limit once only these shares of the named lines are kept."""


@dataclass(frozen=True)
class Plan:
    """Lots to close, line by line, and what is used before and after."""

    orders: tuple[tuple[Line, int], ...]
    before: float
    after: float


def tradable(exposures: pl.DataFrame) -> list[Line]:
    """The lines of a portfolio of which a whole lot can be closed on an exchange."""
    rows = exposures.sort(LINE).select(*LINE, "quantity").iter_rows()
    lines = [Line((instrument, tenor, delivery), quantity) for instrument, tenor, delivery, quantity in rows]
    return [line for line in lines if line.key[0] in TRADED and line.lots]


def way_back(lines: Sequence[Line], figure: Figure, limit: float) -> Plan:
    """The lots that bring `figure` back inside `limit`; as near as whole lots of one line after another come where none do.

    Line after line of the 25 that take most off when they are closed. Two lines that hedge each other may leave no single close
    that helps: then the same share of every line that is left, in whole lots rounded up, the fewest hundredths that suffice.
    """
    closed = _line_by_line(_foremost(lines, figure), figure, limit)
    if _used(figure, closed) > limit:
        closed = _share_of_all(lines, closed, figure, limit)
    return Plan(tuple((line, lots) for line, lots in closed.items() if lots), figure({}), _used(figure, closed))


def _used(figure: Figure, closed: Mapping[Line, int]) -> float:
    return figure({line.key: line.kept(lots) for line, lots in closed.items() if lots})


def _foremost(lines: Sequence[Line], figure: Figure) -> Sequence[Line]:
    """The lines a plan begins with: every round tries each of them, and the work grows with the cube of their number."""
    if len(lines) <= MOST_LINES:
        return lines
    return sorted(lines, key=lambda line: (_used(figure, {line: line.lots}), line.key))[:MOST_LINES]


def _line_by_line(lines: Sequence[Line], figure: Figure, limit: float) -> dict[Line, int]:
    """Lots to close of each line.

    In each round goes first the line of which a quarter, half, three quarters or all of what is left takes most off (all of a
    hedged line may leave more at risk than half); the fewest of its lots that suffice are found by bisection. Where they do
    not suffice another round follows, at most two a line.
    """
    closed = dict.fromkeys(lines, 0)

    def used(line: Line, lots: int) -> float:
        return _used(figure, closed | {line: lots})

    now = figure({})
    for _ in range(2 * len(lines)):
        trials = [(used(line, lots), line, lots) for line in lines for lots in line.quarters(closed[line])]
        reached, line, lots = min(trials, key=lambda trial: trial[0], default=(now, lines[0], 0))
        if now <= limit or reached >= now:
            break
        closed[line] = _fewest(partial(used, line), closed[line], lots, limit) if reached <= limit else lots
        now = used(line, closed[line])
    return closed


def _share_of_all(lines: Sequence[Line], closed: dict[Line, int], figure: Figure, limit: float) -> dict[Line, int]:
    """`closed`, and the same share of what is left of every line; `closed` alone where not even all of it suffices."""

    def with_share(hundredths: int) -> dict[Line, int]:
        begun = {line: closed.get(line, 0) for line in lines}
        return {line: lots + ceil((line.lots - lots) * hundredths / 100) for line, lots in begun.items()}

    def used(hundredths: int) -> float:
        return _used(figure, with_share(hundredths))

    return with_share(_fewest(used, 0, 100, limit)) if used(100) <= limit else closed


def _fewest(used: Callable[[int], float], outside: int, inside: int, limit: float) -> int:
    """The fewest lots that bring a figure inside, where `outside` lots do not and `inside` do."""
    while inside - outside > 1:
        middle = (outside + inside) // 2
        if used(middle) <= limit:
            inside = middle
        else:
            outside = middle
    return inside


def told(plan: Plan, name: str, unit: str, limit: float) -> str:
    """A plan in one sentence, with the figures before and after."""
    figures = f"{name} {_shown(plan.before, unit)} before, {_shown(plan.after, unit)} after, limit {_shown(limit, unit)}"
    if not plan.orders:
        return f"no close of a whole lot lowers it: {figures}"
    orders = ", then ".join(line.order(lots) for line, lots in plan.orders)
    short = "" if plan.after <= limit else "; still outside"
    return f"{orders}: {figures}{short}"


def _shown(value: float, unit: str) -> str:
    return f"{value:.1%}" if unit == "share" else f"{value:,.0f} {unit}"


def quantity_order(instrument: str, net: float, limit: float, unit: str) -> str:
    """The order that brings a net quantity inside its limit, in whole lots rounded up, and what remains."""
    item = BY_SYMBOL.get(instrument)
    lot = item.lot if item and item.venue in EXCHANGES else 1.0
    lots = ceil((abs(net) - limit) / lot - ROUNDING)
    after = net - lots * lot * (1 if net > 0 else -1)
    amount = f"{lots:,} lots of {instrument} ({lots * lot:,.0f} {unit})" if lot != 1.0 else f"{lots:,} {unit} of {instrument}"
    order = f"{'sell' if net > 0 else 'buy'} {amount}"
    short = "" if abs(after) <= limit * (1 + ROUNDING) else "; no whole number of lots comes inside"
    return f"{order}: net {net:+,.0f} {unit} before, {after:+,.0f} {unit} after, limit {limit:,.0f} {unit}{short}"


@dataclass(frozen=True)
class Hedge:
    """A trial hedge: lots (positive bought), its notional, and value at risk before and after, USD."""

    instrument: str
    tenor: str
    lots: int
    notional: float
    before: float
    after: float

    @property
    def per_dollar(self) -> float:
        """Value at risk taken off for a dollar of notional."""
        return (self.before - self.after) / self.notional

    def told(self) -> str:
        """The hedge in a few words."""
        side = "buy" if self.lots > 0 else "sell"
        return (
            f"{side} {abs(self.lots):,} lots of {self.instrument} {self.tenor} ({self.notional:,.0f} USD): "
            f"{self.before:,.0f} to {self.after:,.0f} USD, {self.per_dollar:.4f} a dollar"
        )


def best_hedges(held: pl.DataFrame, market: Histories, gross: float, as_of: date, var_of: VarOf) -> list[Hedge]:
    """The three hedges that take most value at risk off per dollar of notional; fewer where fewer take any off.

    Args:
        held: sensitivities of one portfolio.
        market: prices as the night knew them.
        gross: gross value of the portfolio, USD; a trial has a tenth of it as notional, in whole lots, at least one.

    Tried are three months on the LME and the front months of COMEX and NYMEX, bought and sold.
    """
    before = var_of(held)
    trials = [
        _trial(held, symbol, tenor, price, lots * side, before, var_of)
        for symbol, tenor, price in _quoted(market, as_of)
        for lots in (max(1, round(TRIAL_SHARE * gross / (price * BY_SYMBOL[symbol].lot))),)
        for side in (1, -1)
    ]
    useful = [hedge for hedge in trials if hedge.after < before]
    return sorted(useful, key=lambda hedge: (-hedge.per_dollar, hedge.instrument))[:BEST_HEDGES]


def _quoted(market: Histories, as_of: date) -> Iterator[tuple[str, str, float]]:
    """Symbol, tenor and last price, above zero and not stale, of the first tenor of every instrument of an exchange."""
    for symbol in sorted(TRADED):
        series = symbol, BY_SYMBOL[symbol].tenors[0]
        quote = market.quote(series, as_of)
        if quote and quote[0] > 0 and as_of - quote[1] <= LONGEST_HOLE.item():
            yield (*series, quote[0])


def _trial(held: pl.DataFrame, symbol: str, tenor: str, price: float, lots: int, before: float, var_of: VarOf) -> Hedge:
    quantity = lots * BY_SYMBOL[symbol].lot
    row = {
        "portfolio": held["portfolio"][0],
        "instrument": symbol,
        "tenor": tenor,
        "delivery": "rolling",
        "series_tenor": tenor,
        "quantity": quantity,
        "spot": price,
    }
    hedged = pl.concat([held, pl.DataFrame([row], schema=held.schema)])
    return Hedge(symbol, tenor, lots, abs(quantity) * price, before, var_of(hedged))


def hedges_told(hedges: Sequence[Hedge]) -> str:
    """The best hedges in one sentence."""
    if not hedges:
        return "no hedge tried lowers value at risk"
    return f"hedges by value at risk taken off: {'; '.join(hedge.told() for hedge in hedges)}"


def scaled(sensitivities: pl.DataFrame, kept: Mapping[Key, float]) -> pl.DataFrame:
    """Sensitivities with only these shares of the named lines kept."""
    if not kept:
        return sensitivities
    shares = pl.DataFrame([(*key, share) for key, share in kept.items()], schema=[*LINE, "share"], orient="row")
    joined = sensitivities.join(shares, on=LINE, how="left", maintain_order="left")
    return joined.with_columns(pl.col("quantity") * pl.col("share").fill_null(1.0)).drop("share")
