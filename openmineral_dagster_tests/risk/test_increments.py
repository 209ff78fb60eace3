"""What a deal adds to the risk of the book."""

import polars as pl
import pytest

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import DEAL_EXPOSURES, INCREMENTS, VAR
from openmineral_dagster.risk.book import exposures, lines
from openmineral_dagster.risk.fits import Fits
from openmineral_dagster.risk.increments import incremental_var, increments, published_method
from openmineral_dagster.risk.limit_terms import Limits, TailLimit
from openmineral_dagster.risk.measure import var_by
from openmineral_dagster_tests.risk.markets import NIGHT, market, position

MARKET, FITS = market(), Fits()


def legs(*deals):
    rows = [(NIGHT, deal, "a1" * 32, "sell", name, month, "USD", size, "t") for deal, name, month, size in deals]
    return pl.DataFrame(rows, schema=DEAL_EXPOSURES.dtypes, orient="row")


def added(book, deals, limit=None):
    exposed = exposures(lines(book, deals.select("instrument", "delivery", "quantity"), NIGHT), MARKET, NIGHT)
    limits = [TailLimit(id="A", portfolio="ALL", measure="var", limit=limit)] if limit else []
    others = [TailLimit(id="B", portfolio="ALL", measure="var", confidence="0.95", limit=1.0)]
    desk = Limits(limits=tuple(limits + others))
    found = increments(exposed, deals, VAR.empty(), desk, MARKET, NIGHT, FITS)
    return {row["deal_id"]: row for row in require_valid(found, INCREMENTS).iter_rows(named=True)}


def test_the_only_deal_of_an_empty_book_adds_all_of_it():
    row = added(position(quantity=0.0), legs(("ONE", "CU", "2024-09", 500.0)))["ONE"]
    assert row["var_without_usd"] == 0.0
    assert row["incremental_var_usd"] == row["var_usd"] > 0


def test_a_deal_that_offsets_the_book_takes_risk_away_and_one_that_adds_to_it_adds():
    found = added(position(quantity=1000.0), legs(("HEDGE", "CU", "2024-09", -400.0), ("MORE", "CU", "2024-10", 300.0)))
    assert found["HEDGE"]["incremental_var_usd"] < 0 < found["MORE"]["incremental_var_usd"]
    assert {row["method"] for row in found.values()} == {"average4_margin"}


def test_the_book_with_and_without_the_deal_are_what_the_method_says_of_both():
    book = lines(position(quantity=1000.0), legs().select("instrument", "delivery", "quantity"), NIGHT).filter(portfolio="base")
    before, after = incremental_var(book, book, "average4_margin", MARKET, NIGHT, FITS)
    assert before == var_by("average4_margin", book, MARKET, NIGHT, FITS)
    assert after == pytest.approx(2 * before)


def test_a_limit_is_kept_where_the_book_is_inside_or_the_deal_brings_it_nearer():
    deals = legs(("MORE", "CU", "2024-10", 300.0), ("HEDGE", "CU", "2024-09", -400.0))
    whole = added(position(quantity=1000.0), deals)["MORE"]["var_usd"]
    wide, tight = (added(position(quantity=1000.0), deals, whole * share) for share in (1.01, 0.5))
    assert {row["within_limit"] for row in wide.values()} == {True}
    assert (tight["MORE"]["within_limit"], tight["HEDGE"]["within_limit"]) == (False, True)
    assert tight["MORE"]["limit_usd"] == whole * 0.5


def test_a_deal_without_an_open_price_or_without_a_history_has_no_row():
    assert added(position(), legs()) == {}
    assert added(position(), legs(("TIN", "SN", "2024-10", 5.0))) == {}


def test_without_a_published_figure_the_candidate_measures():
    assert published_method(VAR.empty()) == "average4_margin"


def test_a_deal_that_can_be_measured_only_in_part_has_no_row():
    assert added(position(), legs(("MIXED", "CU", "2024-10", 300.0), ("MIXED", "SN", "2024-10", 5.0))) == {}
