"""Volatility models of a book: fitted once a month, on rows before it, once for equal books."""

from datetime import date

import numpy as np

from openmineral_dagster.risk.fits import Fits, garch_of, gjr_of, month_begun, returns_when_month_began
from openmineral_dagster_tests.risk.markets import market

MARKET = market()
COPPER = {("CU", "3m"): 100.0}
FIRST, LATER, NEXT = date(2024, 6, 3), date(2024, 6, 28), date(2024, 7, 1)


def test_a_month_begins_after_the_last_day_of_the_one_before():
    assert month_begun(FIRST) == month_begun(LATER) == date(2024, 5, 31)
    assert month_begun(date(2024, 1, 2)) == date(2023, 12, 31)


def test_all_nights_of_a_month_share_a_fit_on_rows_before_it():
    fits = Fits()
    assert garch_of(MARKET, COPPER, FIRST, fits) == garch_of(MARKET, COPPER, LATER, fits)
    assert (len(fits.garch), len(fits.gjr)) == (1, 0)
    garch_of(MARKET, COPPER, NEXT, fits)
    assert len(fits.garch) == 2
    moves = MARKET.moves(list(COPPER))
    assert len(returns_when_month_began(MARKET, COPPER, LATER)) == moves.known_by(date(2024, 5, 31))


def test_a_short_shares_the_symmetric_fit_of_the_long_and_not_the_asymmetric_one():
    fits = Fits()
    for size in (100.0, -100.0, 250.0):
        garch_of(MARKET, {("CU", "3m"): size}, FIRST, fits)
        gjr_of(MARKET, {("CU", "3m"): size}, FIRST, fits)
    assert (len(fits.garch), len(fits.gjr)) == (1, 2)


def test_returns_are_on_gross_value_so_that_sizes_do_not_matter():
    one, ten = (returns_when_month_began(MARKET, {("CU", "3m"): size}, FIRST) for size in (1.0, 10.0))
    assert np.allclose(one, ten)
