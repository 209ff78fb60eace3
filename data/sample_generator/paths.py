"""Simulated price paths: two points a day (the London fix and the New York close), clustered volatility, fat-tailed shocks."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]

FIRST_DAY, LAST_DAY = date(2020, 11, 23), date(2026, 11, 20)
SEED = 20261138
DAYS_A_YEAR = 252
SHARE_BEFORE_FIX = 0.6
"""Share of a day's variance that falls between the previous close and the fix."""
DEGREES_OF_FREEDOM = 6.0
ARCH, LEVERAGE, GARCH = 0.06, 0.05, 0.89


@dataclass(frozen=True)
class Market:
    """One simulated price: where it starts and ends (its own quotation unit) and its annual volatility as a fraction."""

    name: str
    start: float
    end: float
    volatility: float


MARKETS = (
    Market("copper", 7050.0, 9850.0, 0.20),
    Market("aluminium", 1905.0, 2600.0, 0.20),
    Market("zinc", 2640.0, 3050.0, 0.25),
    Market("nickel", 15300.0, 16000.0, 0.33),
    Market("lead", 1890.0, 1980.0, 0.19),
    Market("tin", 18100.0, 33000.0, 0.30),
    Market("gold", 1790.0, 4100.0, 0.15),
    Market("silver", 22.4, 52.0, 0.28),
    Market("oil", 41.5, 65.0, 0.38),
)
BASE_METALS = ("copper", "aluminium", "zinc", "nickel", "lead", "tin")
WITHIN_BASE, GOLD_SILVER, BASE_PRECIOUS, BASE_OIL, PRECIOUS_OIL = 0.68, 0.82, 0.30, 0.27, 0.12


@dataclass(frozen=True)
class Paths:
    """Simulated prices on every weekday.

    Attributes:
        days: the weekdays.
        at_fix: price by market name at the London fix.
        at_close: price by market name at the New York close.
        stress: the day's volatility of copper over its long-run level.
    """

    days: tuple[date, ...]
    at_fix: dict[str, Series]
    at_close: dict[str, Series]
    stress: Series


def weekdays() -> tuple[date, ...]:
    """Monday to Friday from the first to the last day of the sample."""
    span = (LAST_DAY - FIRST_DAY).days + 1
    return tuple(day for n in range(span) if (day := FIRST_DAY + timedelta(days=n)).weekday() < 5)


def correlations() -> Series:
    """The correlation of the markets' shocks, in the order of `MARKETS`."""

    def pair(one: str, other: str) -> float:
        if one == other:
            return 1.0
        base = sum(name in BASE_METALS for name in (one, other))
        with_oil = "oil" in (one, other)
        if base == 2:
            return WITHIN_BASE
        if base == 1:
            return BASE_OIL if with_oil else BASE_PRECIOUS
        return PRECIOUS_OIL if with_oil else GOLD_SILVER

    return np.array([[pair(one.name, other.name) for other in MARKETS] for one in MARKETS])


def simulate(rng: np.random.Generator) -> Paths:
    """The paths of all markets; each ends exactly at its level and has exactly its volatility from fix to fix."""
    days = weekdays()
    to_fix, to_close, spread = _moves(rng, len(days))
    fixes, closes = _levels(to_fix, to_close)
    names = [market.name for market in MARKETS]
    return Paths(days, dict(zip(names, fixes.T, strict=True)), dict(zip(names, closes.T, strict=True)), spread[:, 0])


def _moves(rng: np.random.Generator, count: int) -> tuple[Series, Series, Series]:
    """Unscaled log moves into each fix and from it to the close, and the GJR volatility of each day (long-run level 1)."""
    before, after = _shocks(rng, count), _shocks(rng, count)
    volatility = np.ones((count, len(MARKETS)))
    for t in range(1, count):
        move = _day(before[t - 1], after[t - 1]) * volatility[t - 1]
        reaction = ARCH + LEVERAGE * (move < 0)
        long_run = 1 - ARCH - LEVERAGE / 2 - GARCH
        volatility[t] = np.sqrt(long_run + reaction * move**2 + GARCH * volatility[t - 1] ** 2)
    return volatility * before * np.sqrt(SHARE_BEFORE_FIX), volatility * after * np.sqrt(1 - SHARE_BEFORE_FIX), volatility


def _day(before: Series, after: Series) -> Series:
    return np.sqrt(SHARE_BEFORE_FIX) * before + np.sqrt(1 - SHARE_BEFORE_FIX) * after


def _shocks(rng: np.random.Generator, count: int) -> Series:
    """Correlated Student-t shocks of unit variance, (days, markets)."""
    normal = rng.standard_normal((count, len(MARKETS))) @ np.linalg.cholesky(correlations()).T
    mixing = rng.chisquare(DEGREES_OF_FREEDOM, size=normal.shape)
    return normal * np.sqrt((DEGREES_OF_FREEDOM - 2) / mixing)


def _levels(to_fix: Series, to_close: Series) -> tuple[Series, Series]:
    """Prices at the fix and at the close from log moves, bridged between each market's start and end."""
    points = np.empty((2 * len(to_fix), len(MARKETS)))
    points[0::2], points[1::2] = to_fix, to_close
    walk = np.cumsum(points, axis=0)
    fixes = walk[0::2]
    scale = [m.volatility / np.sqrt(DAYS_A_YEAR) for m in MARKETS] / np.diff(fixes, axis=0).std(axis=0)
    start, end = np.log([[m.start, m.end] for m in MARKETS]).T
    clock = np.linspace(0, 1, len(fixes))[:, None]
    bridge = start + (end - start) * clock - scale * (fixes[0] + (fixes[-1] - fixes[0]) * clock)
    return np.exp(bridge + scale * fixes), np.exp(bridge + scale * walk[1::2])


def mean_reverting(rng: np.random.Generator, count: int, keep: float, step: float) -> Series:
    """A stationary level around zero: each day keeps `keep` of it and adds a normal shock of standard deviation `step`."""
    level = np.empty(count)
    level[0] = step / np.sqrt(1 - keep**2) * rng.standard_normal()
    shocks = step * rng.standard_normal(count)
    for t in range(1, count):
        level[t] = keep * level[t - 1] + shocks[t]
    return level


def steps_between(days: tuple[date, ...], knots: tuple[tuple[date, float], ...]) -> Series:
    """A level that moves in straight lines between dated knots."""
    at = [day.toordinal() for day, _ in knots]
    return np.interp([day.toordinal() for day in days], at, [level for _, level in knots])
