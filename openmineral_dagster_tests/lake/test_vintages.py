"""What is new, when it could first be known, and what was known at a time."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given, settings
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


batches = st.lists(st.tuples(st.integers(0, 3), prices), min_size=1, max_size=4)


@settings(deadline=None)
@given(landed=batches, again=st.integers(1, 3))
def test_files_read_again_in_any_company_say_nothing_new_and_no_key_comes_twice(landed, again):
    held = PRICES.empty()
    files: dict[int, pl.DataFrame] = {}
    for step, (vintage, values) in enumerate(landed):
        files[vintage] = incoming(dict(zip(WEEK, values, strict=True)), LANDED + timedelta(days=vintage))
        for _ in range(again):
            seen = pl.lit(LANDED + timedelta(days=10 + step), dtype=pl.Datetime("us", "UTC"))
            held = pl.concat([held, new_vintages(held, pl.concat(list(files.values())).with_columns(seen_at=seen), PRICES)])
        assert held.select(PRICES.key).is_duplicated().sum() == 0
        size = held.height
        held = pl.concat([held, new_vintages(held, pl.concat(list(files.values())).with_columns(seen_at=seen), PRICES)])
        assert held.height == size


def test_an_older_file_that_lands_late_is_known_from_its_own_date_once():
    held = new_vintages(PRICES.empty(), incoming({MONDAY: 9000.0}, LANDED + timedelta(days=9)), PRICES)
    older = new_vintages(held, incoming({MONDAY: 8900.0}), PRICES)
    assert older.select("price", "known_at", "known_basis").rows() == [(8900.0, LANDED, "observed")]
    assert new_vintages(pl.concat([held, older]), incoming({MONDAY: 8900.0}), PRICES).is_empty()


def test_a_dated_file_corrected_under_its_old_name_is_known_when_it_was_seen():
    held = new_vintages(PRICES.empty(), incoming({MONDAY: 9000.0}), PRICES)
    first = pl.concat([held, new_vintages(held, incoming({MONDAY: 9100.0}), PRICES)])
    seen = LANDED + timedelta(days=30)
    corrected = incoming({MONDAY: 9200.0}).with_columns(seen_at=pl.lit(seen, dtype=pl.Datetime("us", "UTC")))
    rows = new_vintages(first, corrected, PRICES)
    assert rows.select("price", "known_at").rows() == [(9200.0, seen)]
    assert new_vintages(pl.concat([first, rows]), corrected, PRICES).is_empty()
