"""Historical simulation: the pinned quantile, signs, units and what may not change the figures."""

from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import EXPOSURES, PNL, POSITIONS, VAR
from openmineral_dagster.risk.book import exposures, unpriced
from openmineral_dagster.risk.simulation import clean_pnl, scenario_pnl, value_at_risk, var_and_es

NIGHT = date(2024, 7, 15)
DAYS = [NIGHT - timedelta(days=back) for back in range(700, -1, -1)]


def series(instrument, tenor, prices):
    return pl.DataFrame({"instrument": instrument, "tenor": tenor, "price_date": DAYS[-len(prices) :], "price": prices})


def walk(seed, start):
    return start * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, len(DAYS))))


def position(instrument, tenor, quantity, unit, portfolio="base", entered=DAYS[0], closed=None):
    return (NIGHT, f"{portfolio}:{instrument}", portfolio, instrument, tenor, quantity, unit, entered, closed, None, None)


def book(*rows):
    return pl.DataFrame(rows, schema=POSITIONS.dtypes, orient="row")


PRICES = pl.concat([series("CU", "3m", walk(1, 9000.0)), series("GC", "front", walk(2, 2000.0))])


def test_the_99_percent_var_of_500_scenarios_is_the_sixth_worst_loss():
    var, es = var_and_es(np.arange(500.0), Fraction(99, 100))
    assert (var, es) == (494.0, 497.0)


def test_the_975_percent_expected_shortfall_averages_the_worst_thirteen_of_500():
    var, es = var_and_es(np.arange(500.0), Fraction(975, 1000))
    assert (var, es) == (487.0, np.arange(487.0, 500.0).mean())


@given(st.lists(st.floats(-1e6, 1e6), min_size=100, max_size=600))
def test_expected_shortfall_is_never_below_value_at_risk_nor_falls_with_the_level(losses):
    figures = [var_and_es(np.array(losses), level) for level in (Fraction(95, 100), Fraction(975, 1000), Fraction(99, 100))]
    assert all(es >= var - 1e-6 for var, es in figures)
    assert figures == sorted(figures)


def test_lots_and_tonnes_of_the_same_metal_are_one_exposure():
    held = exposures(book(position("CU", "3m", 4.0, "lots"), position("CU", "3m", -50.0, "t")), PRICES, NIGHT)
    assert held.filter(pl.col("portfolio") == "base")["quantity"].to_list() == [50.0]
    require_valid(held, EXPOSURES)


@pytest.mark.parametrize(("quantity", "unit", "ounces"), [(1.0, "lots", 100.0), (1.0, "kg", 32.1507466), (1.0, "t", 32150.7466)])
def test_gold_is_counted_in_ounces_whatever_the_file_says(quantity, unit, ounces):
    held = exposures(book(position("GC", "front", quantity, unit)), PRICES, NIGHT)
    assert held["quantity"][0] == pytest.approx(ounces, rel=1e-8)


def test_positions_not_yet_entered_or_already_closed_are_not_exposures():
    rows = book(
        position("CU", "3m", 1.0, "t", entered=NIGHT + timedelta(days=1)), position("GC", "front", 1.0, "oz", closed=NIGHT)
    )
    assert exposures(rows, PRICES, NIGHT).is_empty()


def test_a_position_without_a_price_is_named():
    rows = book(position("SN", "3m", 5.0, "t"), position("CU", "3m", 5.0, "t"))
    assert unpriced(rows, PRICES, NIGHT)["instrument"].to_list() == ["SN"]


def test_the_whole_book_loses_what_its_portfolios_lose_together():
    rows = book(position("CU", "3m", 100.0, "t"), position("GC", "front", -10.0, "oz", portfolio="metal"))
    pnl = clean_pnl(exposures(rows, PRICES, NIGHT), PRICES, NIGHT)
    by = dict(pnl.select("portfolio", "pnl_usd").iter_rows())
    assert by["ALL"] == pytest.approx(by["base"] + by["metal"])
    require_valid(pnl, PNL)


def test_a_short_gains_what_the_long_loses():
    long = exposures(book(position("CU", "3m", 100.0, "t")), PRICES, NIGHT)
    short = exposures(book(position("CU", "3m", -100.0, "t")), PRICES, NIGHT)
    assert np.allclose(scenario_pnl(long.head(1), PRICES, 1), -scenario_pnl(short.head(1), PRICES, 1))


def test_scenarios_are_relative_moves_of_todays_value():
    held = exposures(book(position("CU", "3m", 100.0, "t")), PRICES, NIGHT).head(1)
    prices = PRICES.filter(pl.col("instrument") == "CU")["price"].to_numpy()
    expected = 100.0 * prices[-1] * (prices[1:] / prices[:-1] - 1)[-500:]
    assert np.allclose(scenario_pnl(held, PRICES, 1), expected)


def test_a_price_below_zero_is_moved_in_absolute_terms():
    oil = series("CL", "front", np.r_[np.full(len(DAYS) - 2, 20.0), -37.0, 10.0])
    held = exposures(book(position("CL", "front", 1000.0, "bbl")), oil, NIGHT).head(1)
    assert scenario_pnl(held, oil, 1)[-2:].tolist() == [-57000.0, 47000.0]


def test_units_of_the_price_do_not_change_the_risk():
    rows = book(position("CU", "3m", 100.0, "t"))
    doubled = PRICES.with_columns(pl.col("price") * 2)
    one, two = (value_at_risk(exposures(rows, p, NIGHT), p, NIGHT)["var_usd"].to_numpy() for p in (PRICES, doubled))
    assert np.allclose(two, 2 * one)


def test_every_portfolio_level_and_horizon_has_one_published_row():
    rows = book(position("CU", "3m", 100.0, "t"), position("GC", "front", -10.0, "oz", portfolio="metal"))
    figures = require_valid(value_at_risk(exposures(rows, PRICES, NIGHT), PRICES, NIGHT), VAR)
    assert figures.height == 3 * 3 * 2
    assert figures["published"].all()


def test_the_order_of_rows_does_not_change_the_figures():
    rows = book(position("CU", "3m", 100.0, "t"), position("GC", "front", -10.0, "oz"))
    shuffled = PRICES.sample(fraction=1.0, shuffle=True, seed=3)
    one, two = (value_at_risk(exposures(rows, p, NIGHT), p, NIGHT) for p in (PRICES, shuffled))
    assert one.equals(two)


def test_a_short_history_gives_no_figure_and_an_empty_book_none_at_all():
    short = PRICES.filter(pl.col("price_date") > NIGHT - timedelta(days=50))
    rows = book(position("CU", "3m", 100.0, "t"))
    assert value_at_risk(exposures(rows, short, NIGHT), short, NIGHT).is_empty()
    assert value_at_risk(exposures(book(), PRICES, NIGHT), PRICES, NIGHT).is_empty()
