"""Nights are forecast together only where each would be forecast alike alone."""

import numpy as np
import polars as pl
from polars.testing import assert_frame_equal

from openmineral_dagster.features.panel import MINIMUM_PRICES, forecast_series, long_enough_from
from openmineral_dagster.forecasting.distribution import forecast
from openmineral_dagster.forecasting.study import ENSEMBLE
from openmineral_dagster.market.views import nights_of_one_view
from openmineral_dagster_tests.forecasting.markets import clustered, market, prices_of, studied, weekdays

YOUNG = prices_of("NI", "3m", clustered(np.random.default_rng(1), 79))
PRICES = pl.concat([market(rows=700), YOUNG, prices_of("NI", "cash", clustered(np.random.default_rng(2), 99))])
NIGHTS = weekdays(50)
LONG_ENOUGH = [sorted(YOUNG["price_date"])[MINIMUM_PRICES - 1], weekdays(100)[MINIMUM_PRICES - 1]]


def views(prices, basis="rule"):
    return list(nights_of_one_view(prices.with_columns(known_basis=pl.lit(basis)), NIGHTS, long_enough_from(prices)))


def test_nights_are_cut_where_a_series_or_a_better_tenor_becomes_long_enough():
    found = views(PRICES)
    assert [group[0] for group in found] == [NIGHTS[0], *sorted(LONG_ENOUGH)]
    assert [night for group in found for night in group] == NIGHTS


def test_within_a_view_the_same_series_are_forecast_every_night():
    for group in views(PRICES):
        first, last = (forecast_series(PRICES.filter(pl.col("price_date") <= night)) for night in (group[0], group[-1]))
        named = first.select("instrument", "tenor").unique().sort("instrument")
        assert named.equals(last.select("instrument", "tenor").unique().sort("instrument"))


def test_a_night_before_a_series_is_long_enough_says_the_same_among_others_as_alone():
    for group in views(PRICES):
        together = studied(PRICES, first=group[0], last=group[-1])
        for night in (group[0], group[-1]):
            alone = studied(PRICES, first=night, last=night)
            assert_frame_equal(forecast(together, night, ENSEMBLE, {}), forecast(alone, night, ENSEMBLE, {}), check_exact=True)


def test_every_correction_is_a_cut_and_nothing_else_is():
    assert len(views(market(rows=700))) == 1
    assert len(views(market(rows=700), basis="observed")) == len(NIGHTS)


def test_no_nights_are_no_views():
    assert list(nights_of_one_view(PRICES.with_columns(known_basis=pl.lit("rule")), [])) == []
