"""The catch-up with closes after the fix: finds what is there, claims nothing that is not, and drops what is stale."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from openmineral_dagster.forecasting.catchup import NO_SHIFT, POST_FIX, moved, post_fix_moves, shifts
from openmineral_dagster.forecasting.study import market_of
from openmineral_dagster_tests.forecasting.markets import LAST, clustered, prices_of

ROWS = 900
RNG = np.random.default_rng(9)
CLOSE = clustered(RNG, ROWS)
OTHERS = [(symbol, "spot" if symbol == "VIX" else "front") for symbol in POST_FIX[1:]]


def world(lag=0.7, rows=ROWS):
    """Copper whose fix takes up the share `lag` of COMEX copper's move only the day after, and unrelated other closes."""
    late = np.concatenate([[0.0], CLOSE[:-1]])
    fix = (1 - lag) * CLOSE + lag * late + 0.002 * np.random.default_rng(1).standard_normal(ROWS)
    others = [prices_of(*symbol, clustered(np.random.default_rng(n), ROWS)) for n, symbol in enumerate(OTHERS)]
    return pl.concat([prices_of("CU", "3m", fix), prices_of("HG", "front", CLOSE, start=4.0), *others])


def shift_of(prices, horizon=1, night=LAST):
    market = market_of(prices, {})
    index = [series.instrument for series in market.series].index("CU")
    last = np.array([len(market.series[index].returns) - 1])
    return shifts(market, index, last, np.array([night], "datetime64[D]"), horizon)[0]


def without(prices, symbol, since=LAST):
    return prices.filter((pl.col("instrument") != symbol) | (pl.col("price_date") < since))


def test_it_finds_the_share_of_the_close_that_the_fix_has_yet_to_take_up():
    found = shift_of(world())
    assert found.mean == pytest.approx(0.7 * CLOSE[-1], abs=0.25 * CLOSE.std())
    assert found.width < 0.7


def test_where_the_fix_lags_nothing_hardly_anything_moves():
    found = shift_of(world(lag=0.0))
    assert abs(found.mean) < 0.15 * CLOSE.std()
    assert found.width > 0.97


def test_a_month_ahead_and_markets_that_close_last_are_left_alone():
    assert shift_of(world(), horizon=21) == NO_SHIFT
    market = market_of(world(), {})
    comex = [series.instrument for series in market.series].index("HG")
    assert shifts(market, comex, np.array([ROWS]), np.array([LAST], "datetime64[D]"), 1) == [NO_SHIFT]


def test_a_stale_close_is_dropped_and_the_rest_refitted():
    found = shift_of(without(world(), "HG"))
    assert found != NO_SHIFT
    assert found == shift_of(without(world(), "HG", LAST - timedelta(days=1)))
    assert found.width > 0.95


def test_with_every_close_stale_there_is_no_shift():
    prices = world()
    for symbol in POST_FIX:
        prices = without(prices, symbol)
    assert shift_of(prices) == NO_SHIFT


def test_a_close_that_the_night_did_not_know_is_stale():
    late = pl.when((pl.col("instrument") == "HG") & (pl.col("price_date") == LAST))
    arrived = late.then(pl.col("known_at") + pl.duration(days=1)).otherwise(pl.col("known_at"))
    assert shift_of(world().with_columns(known_at=arrived)) == shift_of(without(world(), "HG"))


def test_a_night_after_a_holiday_reads_the_newest_close():
    prices = world().filter((pl.col("instrument") != "CU") | (pl.col("price_date") < LAST))
    market = market_of(prices, {})
    copper = next(series for series in market.series if series.instrument == "CU")
    row = np.array([len(copper.returns) - 1])
    day_of_origin, night_after = (
        post_fix_moves(market, copper, row, np.array([day], "datetime64[D]"))[0, 0]
        for day in (copper.price_dates[row[0]].item(), LAST)
    )
    assert day_of_origin == pytest.approx(CLOSE[-2])
    assert night_after == pytest.approx(CLOSE[-2] + CLOSE[-1])


def test_a_price_of_weeks_ago_is_not_caught_up():
    prices = world().filter((pl.col("instrument") != "CU") | (pl.col("price_date") <= LAST - timedelta(days=21)))
    assert shift_of(prices) == NO_SHIFT


def test_nothing_is_learned_from_outcomes_of_the_month_of_the_origin():
    first_of_month = LAST.replace(day=1)
    torn = pl.when(
        (pl.col("instrument") == "CU")
        & (pl.col("price_date") >= first_of_month)
        & (pl.col("price_date") < LAST - timedelta(days=3))
    )
    changed = world().with_columns(price=torn.then(pl.col("price") * 1.1).otherwise(pl.col("price")))
    assert shift_of(changed).width == shift_of(world()).width


def test_a_range_is_moved_by_the_mean_and_narrowed_to_what_is_left():
    assert moved(np.array([[-2.0, 0.0, 2.0]]), [shift_of(world())])[0, 1] == shift_of(world()).mean
