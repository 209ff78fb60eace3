"""What is new, when it could first be known, and what was known at a time."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from openmineral_dagster.lake.tables import PRICES
from openmineral_dagster.lake.vintages import latest_vintages, new_vintages
from openmineral_dagster.reference.calendars import night_end
from openmineral_dagster_tests.lake.frames import LANDED, incoming

MONDAY = date(2024, 7, 15)
WEEK = [MONDAY + timedelta(days=step) for step in range(5)]


def known(rows, moment):
    return dict(latest_vintages(rows.lazy(), PRICES, moment).select("price_date", "price").collect().iter_rows())


def test_the_first_value_of_a_new_day_is_known_from_its_publication():
    rows = new_vintages(PRICES.empty(), incoming({MONDAY: 9000.0}), PRICES)
    assert rows.select("known_at", "known_basis").row(0) == (datetime(2024, 7, 15, 12, 30, tzinfo=UTC), "rule")


def test_landing_the_same_values_again_adds_nothing():
    held = new_vintages(PRICES.empty(), incoming(dict.fromkeys(WEEK, 9000.0)), PRICES)
    assert new_vintages(held, incoming(dict.fromkeys(WEEK, 9000.0), LANDED + timedelta(days=9)), PRICES).is_empty()


def test_a_corrected_value_is_known_from_its_arrival_and_leaves_the_past_alone():
    held = new_vintages(PRICES.empty(), incoming({MONDAY: 9000.0}), PRICES)
    both = pl.concat([held, new_vintages(held, incoming({MONDAY: 9100.0}), PRICES)])
    assert both["known_basis"].to_list() == ["rule", "observed"]
    assert known(both, night_end(MONDAY)) == {MONDAY: 9000.0}
    assert known(both, LANDED) == {MONDAY: 9100.0}


def test_a_value_that_fills_a_gap_is_known_from_its_arrival():
    held = new_vintages(PRICES.empty(), incoming({WEEK[0]: 1.0, WEEK[2]: 3.0}), PRICES)
    filled = new_vintages(held, incoming({WEEK[1]: 2.0}), PRICES)
    assert filled.select("known_at", "known_basis").row(0) == (LANDED, "observed")


def test_another_series_does_not_make_a_first_value_late():
    held = new_vintages(PRICES.empty(), incoming({WEEK[4]: 1.0}), PRICES)
    first = new_vintages(held, incoming({WEEK[0]: 2.0}, instrument="ZN"), PRICES)
    assert first["known_basis"].item() == "rule"


def test_two_vintages_of_one_value_in_one_landing_are_taken_in_order_of_arrival():
    first, second = incoming({MONDAY: 9000.0}), incoming({MONDAY: 9100.0}, LANDED + timedelta(days=1))
    for batch in (pl.concat([first, second]), pl.concat([second, first])):
        rows = new_vintages(PRICES.empty(), batch, PRICES)
        assert rows.sort("known_at")["price"].to_list() == [9000.0, 9100.0]


prices = st.lists(st.floats(1, 1e5), min_size=5, max_size=5)


@given(first=prices, later=prices, cut=st.integers(0, 4))
def test_nothing_that_lands_later_changes_what_a_past_night_knew(first, later, cut):
    held = new_vintages(PRICES.empty(), incoming(dict(zip(WEEK, first, strict=True))), PRICES)
    before = known(held, night_end(WEEK[cut]))
    after = pl.concat([held, new_vintages(held, incoming(dict(zip(WEEK, later, strict=True))), PRICES)])
    assert known(after, night_end(WEEK[cut])) == before
    assert known(after, LANDED) == dict(zip(WEEK, later, strict=True))
