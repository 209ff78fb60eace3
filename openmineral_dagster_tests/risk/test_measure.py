"""`risk.var` of a night, and what each line adds to it."""

import numpy as np
import polars as pl
import pytest

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import CONTRIBUTIONS, PNL, VAR
from openmineral_dagster.risk.book import FEWEST_MOVES, NO_DEALS, exposures, lines, unmeasured
from openmineral_dagster.risk.fits import Fits
from openmineral_dagster.risk.gate import gated
from openmineral_dagster.risk.measure import contributions, figures, var_by
from openmineral_dagster.risk.record import Record
from openmineral_dagster_tests.risk.markets import DAYS, NIGHT, PRICES, later, market, position, series, walk

MARKET, FITS = market(), Fits()
BOOK = pl.concat(
    [
        position(quantity=1000.0),
        position(instrument="GC", tenor="front", quantity=-300.0, unit="oz"),
        position(instrument="ZN", quantity=200.0, portfolio="zinc"),
        position(quantity=-60.0, portfolio="hedges", prompt_date=later(30)),
    ]
)


def measured(book, known=MARKET):
    exposed = exposures(lines(book, NO_DEALS, NIGHT), known, NIGHT)
    record = Record.of(VAR.empty(), PNL.empty())
    return exposed, require_valid(gated(figures(exposed, known, NIGHT, FITS), record.examine(NIGHT)), VAR)


def test_every_portfolio_level_and_horizon_has_one_published_row():
    _, var = measured(BOOK)
    published = var.filter("published")
    assert published.height == 4 * 3 * 2
    assert published.select("portfolio", "confidence", "horizon_days").is_unique().all()
    assert set(published["method"]) == {"average4_margin"}


def test_components_add_up_to_the_published_figure_of_their_portfolio():
    exposed, var = measured(BOOK)
    found = require_valid(contributions(exposed, var, MARKET, NIGHT), CONTRIBUTIONS)
    told = var.filter(pl.col("published") & (pl.col("horizon_days") == 1))
    added = found.group_by("portfolio", "confidence").agg(pl.col("component_var_usd").sum())
    for row in added.join(told, on=["portfolio", "confidence"]).iter_rows(named=True):
        assert row["component_var_usd"] == pytest.approx(row["var_usd"], abs=0.05)


def test_a_hedge_takes_away_and_a_line_alone_is_its_whole_portfolio():
    exposed, var = measured(BOOK)
    found = contributions(exposed, var, MARKET, NIGHT).filter(pl.col("confidence") == 0.99)
    hedge = found.filter((pl.col("portfolio") == "ALL") & (pl.col("delivery") != "rolling"))
    assert hedge["component_var_usd"][0] < 0
    assert hedge["incremental_var_usd"][0] < 0
    alone = found.filter(portfolio="zinc")
    assert alone["incremental_var_usd"][0] == alone["standalone_var_usd"][0]


def test_the_published_figure_is_the_one_in_the_table():
    exposed, var = measured(BOOK)
    told = var.filter(pl.col("published") & (pl.col("portfolio") == "base") & (pl.col("horizon_days") == 1))
    assert var_by("average4_margin", exposed.filter(portfolio="base"), MARKET, NIGHT, FITS) == pytest.approx(
        told["var_usd"][-1], abs=0.01
    )


def test_the_order_of_rows_changes_no_figure():
    shuffled = market(PRICES.sample(fraction=1.0, shuffle=True, seed=3))
    assert measured(BOOK)[1].equals(measured(BOOK.reverse(), shuffled)[1])


def test_an_empty_book_has_no_figure():
    exposed, var = measured(BOOK.clear())
    assert exposed.is_empty()
    assert var.is_empty()
    assert contributions(exposed, var, MARKET, NIGHT).is_empty()


def test_a_portfolio_whose_lines_cancel_out_can_lose_nothing_and_takes_nothing_from_the_others():
    flat = pl.concat([position(portfolio="flat"), position(portfolio="flat", quantity=-4.0, unit="lots")])
    exposed, var = measured(pl.concat([BOOK, flat]))
    assert var.filter(pl.col("published") & (pl.col("portfolio") == "flat"))["var_usd"].to_list() == [0.0] * 6
    found = contributions(exposed, var, MARKET, NIGHT)
    assert found.equals(contributions(*measured(BOOK), MARKET, NIGHT))


def test_crude_that_closes_at_nothing_can_still_lose():
    closes = 60.0 + np.cumsum(np.random.default_rng(4).normal(0.0, 1.0, len(DAYS)))
    closes[-1] = 0.0
    crude = position(instrument="CL", tenor="front", quantity=50.0, unit="lots")
    _, var = measured(crude, market(series("CL", "front", closes)))
    published = var.filter(pl.col("published") & (pl.col("portfolio") == "base"))
    assert set(published["method"]) == {"fhs_ewma94"}
    assert (published["var_usd"] > 0).all()


def test_a_series_just_old_enough_to_be_measured_has_a_published_figure_of_every_horizon():
    young = series("NI", "3m", walk(4, 16000.0, FEWEST_MOVES + 1))
    known = market(pl.concat([PRICES, young]))
    book = pl.concat([position(), position(instrument="NI", portfolio="nickel")])
    assert unmeasured(lines(book, NO_DEALS, NIGHT), known, NIGHT).is_empty()
    var = measured(book, known)[1]
    assert var.filter("published").height == 3 * 3 * 2
    assert var.filter(method="historical_500", portfolio="nickel")["horizon_days"].unique().sort().to_list() == [1, 10]
    younger = market(pl.concat([PRICES, young.tail(FEWEST_MOVES)]))
    assert unmeasured(lines(book, NO_DEALS, NIGHT), younger, NIGHT)["item"].unique().to_list() == ["NI 3m rolling"]
