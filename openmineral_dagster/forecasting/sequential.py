"""When a challenger has earned the champion's place, however often one looks: a bet against it, and what it has won.

Each night one number says by how much the challenger's loss was below the champion's. A gambler who bets small shares of a
wealth of 1 on it cannot, while the challenger is no better, be expected to gain; by Ville's inequality the chance that the
wealth ever reaches W is at most 1 / W, whatever night one stops at. Source: Shafer 2021, Choe and Ramdas 2023; the mixture of
bets of Cover 1991.

A gain is cut at the scale of a bet, a loss never is: cutting both would let a challenger that gains a little every night and
loses much on few pass for better. The scale is learnt from the past, but no smaller than what makes a loss of BOUND cost all
that the largest bet has won: as long as no night loses more, wealth stays above nothing by itself and the promise is exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

FALSE_PROMOTIONS = 0.05
"""Share of histories in which a challenger that is no better is ever promoted, at most, over all challengers and horizons."""
ROLLBACK_WEALTH = 10.0
"""Wealth against a promoted challenger that ends its time. It never falls below 1, so that good years do not protect a bad
one: a place is easier lost than won. Source: Shin, Ramdas and Rinaldo 2024, e-detectors."""
BETS = np.array([0.05, 0.1, 0.2, 0.4])
CLIP = 3.0
"""A gain counts for at most three times the root mean square of what was known before it."""
BOUND = 0.5
"""No night is expected to lose more than half of a usual loss, averaged over series: the CRPS of two forecasts differ by at most
twice the mean distance of their quantiles, so that a blend with a fifth of another model keeps far within it."""
WATCHED = 20
"""Outcomes that are watched before the first bet: they give the scale."""
RUIN = 1.0 - 1e-9
"""Share of its wealth a bet can lose: all but what a logarithm needs."""


@dataclass(frozen=True)
class Fought:
    """What is known of a contest at one horizon, oldest origin first.

    Attributes:
        nights: first night that knew each outcome, datetime64[D].
        origins: day it was forecast from, datetime64[D].
        gains: loss of the champion less that of the challenger.
    """

    nights: np.ndarray
    origins: np.ndarray
    gains: np.ndarray

    def since(self, day: np.datetime64) -> "Fought":
        """The origins from a day on."""
        later = self.origins >= day
        return Fought(self.nights[later], self.origins[later], self.gains[later])


@dataclass(frozen=True)
class Standing:
    """Where a challenger stands.

    Attributes:
        promoted: whether it is champion.
        since: the night it became so or was sent back, or None where it never was.
        wealth, threshold: won so far by betting on it (by betting against it while promoted), and what decides.
        promotions: how often it became champion.
    """

    promoted: bool
    since: np.datetime64 | None
    wealth: float
    threshold: float
    promotions: int


def wealth(gains: np.ndarray, horizon: int, bound: float | None = None, floor: float = 0.0) -> np.ndarray:
    """Wealth after each outcome, (outcomes,): the mean over BETS of what each has made, each filled up to `floor` before a bet.

    Outcomes over more than one row overlap, so only every `horizon`-th is bet on: its predecessor is known by its origin. The
    bets that start on the rows between are not averaged in: on a night between two bets of one of them the others know a part
    of its outcome, and whoever looks every night could stop on that.

    Args:
        gains: loss of the champion less that of the challenger, relative to a loss, oldest first.
        bound: what a night may lose at most, in the unit of the gains: the promise is exact where none loses more. Without one
            no unit matters, and a challenger that has not yet had its bad night is taken for what it has shown.
    """
    grown = np.cumsum(np.log1p(np.maximum(BETS[:, None] * _stakes(gains, horizon, bound), -RUIN)), axis=1)
    if floor > 0.0:
        lowest = np.minimum.accumulate(np.concatenate([np.zeros((len(BETS), 1)), grown[:, :-1]], axis=1), axis=1)
        grown = np.log(floor) + grown - lowest
    won: np.ndarray = np.exp(grown).mean(axis=0)
    return won


def _stakes(gains: np.ndarray, horizon: int, bound: float | None) -> np.ndarray:
    """What a stake of 1 wins, at most 1, or loses on each outcome; 0 where nothing is bet.

    The scale is three times the root mean square of the gains known at the origin, and no less than the bound asks for.
    """
    rows = np.arange(len(gains))
    known = np.maximum(rows - horizon + 1, 0)
    squares = np.concatenate([[0.0], np.cumsum(gains**2)])[known]
    scale = np.maximum(CLIP * np.sqrt(squares / np.maximum(known, 1)), BETS[-1] * (bound or 0.0))
    placed = (known >= WATCHED) & (rows % horizon == 0) & (scale > 0)
    return np.where(placed, np.minimum(gains / np.where(scale > 0, scale, 1.0), 1.0), 0.0)


def standing(fought: Mapping[int, Fought], challengers: int, bound: float | None = BOUND) -> Standing:
    """Where a challenger stands after all its contests, by horizon, against as many other challengers; see `turns`."""
    first = first_threshold(len(fought), challengers)
    now = ([Standing(False, None, 1.0, first, 0), *turns(fought, challengers, bound)])[-1]
    paths = [_path(one, horizon, now, bound) for horizon, one in fought.items()]
    reached = max((float(path[-1]) for _, path in paths if len(path)), default=1.0)
    return Standing(now.promoted, now.since, reached, now.threshold, now.promotions)


def turns(fought: Mapping[int, Fought], challengers: int, bound: float | None = BOUND) -> list[Standing]:
    """Every promotion and every rollback of a challenger, oldest first; `since` is the night of each.

    The first promotion needs a wealth W of 2 x horizons x challengers / 0.05 at one horizon, each later one twice as much as
    the one before. A later one starts from a wealth of 1 on the night of the rollback, so given all before it the chance that
    it is false is at most 1 / (W 2^k) at each horizon. Added up over k = 0, 1, 2 ... that is 2 / W, and over horizons and
    challengers 2 x horizons x challengers / W = 0.05, however they depend on each other.

    Horizons are not averaged: an average over them is not a fair game in what every night knows, as in `wealth`.
    """
    first = first_threshold(len(fought), challengers)
    now, found = Standing(False, None, 1.0, first, 0), []
    while (turned := _turn(fought, now, first, bound)) is not None:
        now = turned
        found.append(now)
    return found


def first_threshold(horizons: int, challengers: int) -> float:
    """Wealth that earns a first promotion, at any one horizon."""
    return 2.0 * horizons * challengers / FALSE_PROMOTIONS


def _turn(fought: Mapping[int, Fought], now: Standing, first: float, bound: float | None) -> Standing | None:
    """The next promotion or rollback after where it stands, or None; `first` is the threshold of the first promotion."""
    crossings = []
    for horizon, one in fought.items():
        nights, path = _path(one, horizon, now, bound)
        crossed = np.flatnonzero(path >= now.threshold)
        if len(crossed):
            crossings.append((nights[crossed[0]], float(path[crossed[0]])))
    if not crossings:
        return None
    night, won = min(crossings)
    if now.promoted:
        return Standing(False, night, won, first * 2.0**now.promotions, now.promotions)
    return Standing(True, night, won, ROLLBACK_WEALTH, now.promotions + 1)


def _path(one: Fought, horizon: int, now: Standing, bound: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Nights, and wealth since the last turn: of a bet on a challenger, or against a champion."""
    counted = one if now.since is None else one.since(now.since)
    if now.promoted:
        return counted.nights, wealth(-counted.gains, horizon, bound, floor=1.0)
    return counted.nights, wealth(counted.gains, horizon, bound)
