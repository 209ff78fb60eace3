"""When a challenger has earned the champion's place, however often one looks: a bet against it, and what it has won.

Each night one number says by how much the challenger's loss was below the champion's. A gambler who bets small shares of a
wealth of 1 on it cannot, while the challenger is no better, be expected to gain; by Ville's inequality the chance that the
wealth ever reaches W is at most 1 / W, whatever night one stops at. Source: Shafer 2021, Choe and Ramdas 2023; the mixture of
bets of Cover 1991.
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
"""A night counts for at most three times the root mean square of those before it."""
WATCHED = 20
"""Outcomes that are watched before the first bet: they give the scale."""


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


def wealth(gains: np.ndarray, horizon: int, floor: float = 0.0) -> np.ndarray:
    """Wealth after each outcome, (outcomes,): the mean over BETS of what each has made, each filled up to `floor` before a bet.

    Outcomes over more than one row overlap, so only every `horizon`-th is bet on: its predecessor is known by its origin. The
    scale of a bet is the root mean square of the gains before it, so that no unit matters and nothing is known ahead.
    """
    grown = np.cumsum(np.log1p(BETS[:, None] * _stakes(gains, horizon)), axis=1)
    if floor > 0.0:
        lowest = np.minimum.accumulate(np.concatenate([np.zeros((len(BETS), 1)), grown[:, :-1]], axis=1), axis=1)
        grown = np.log(floor) + grown - lowest
    won: np.ndarray = np.exp(grown).mean(axis=0)
    return won


def _stakes(gains: np.ndarray, horizon: int) -> np.ndarray:
    """What a stake of 1 wins or loses on each outcome, within -1 and 1; 0 where nothing is bet."""
    squares = np.concatenate([[0.0], np.cumsum(gains**2)])[: len(gains)]
    before = np.arange(len(gains))
    scale = CLIP * np.sqrt(squares / np.maximum(before, 1))
    placed = (before >= WATCHED) & (before % horizon == 0) & (scale > 0)
    return np.where(placed, np.clip(gains / np.where(scale > 0, scale, 1.0), -1.0, 1.0), 0.0)


def standing(fought: Mapping[int, Fought], challengers: int) -> Standing:
    """Where a challenger stands after all its contests, by horizon, against as many other challengers.

    The first promotion needs a wealth of 2 x horizons x challengers / 0.05 at one horizon, each later one twice as much as
    the one before: the chances of a false one, added up over all of them, stay below 0.05.
    """
    first = 2.0 * len(fought) * challengers / FALSE_PROMOTIONS
    now = Standing(False, None, 1.0, first, 0)
    while (turned := _turn(fought, now, first)) is not None:
        now = turned
    paths = [_path(one, horizon, now) for horizon, one in fought.items()]
    reached = max((float(path[-1]) for _, path in paths if len(path)), default=1.0)
    return Standing(now.promoted, now.since, reached, now.threshold, now.promotions)


def _turn(fought: Mapping[int, Fought], now: Standing, first: float) -> Standing | None:
    """The next promotion or rollback after where it stands, or None; `first` is the threshold of the first promotion."""
    crossings = []
    for horizon, one in fought.items():
        nights, path = _path(one, horizon, now)
        crossed = np.flatnonzero(path >= now.threshold)
        if len(crossed):
            crossings.append((nights[crossed[0]], float(path[crossed[0]])))
    if not crossings:
        return None
    night, won = min(crossings)
    if now.promoted:
        return Standing(False, night, won, first * 2.0**now.promotions, now.promotions)
    return Standing(True, night, won, ROLLBACK_WEALTH, now.promotions + 1)


def _path(one: Fought, horizon: int, now: Standing) -> tuple[np.ndarray, np.ndarray]:
    """Nights, and wealth since the last turn: of a bet on a challenger, or against a champion."""
    counted = one if now.since is None else one.since(now.since)
    if now.promoted:
        return counted.nights, wealth(-counted.gains, horizon, floor=1.0)
    return counted.nights, wealth(counted.gains, horizon)
