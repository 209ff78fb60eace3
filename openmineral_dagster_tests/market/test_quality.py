"""Quality of the price series: holes, repeats, jumps of unit, unusual moves, and what a second source says."""

import math
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import CROSS_SOURCE, QUALITY
from openmineral_dagster.market.quality import cross_source, quality
from openmineral_dagster.market.rolls import roll_dates, settles
from openmineral_dagster.reference.calendars import is_business_day

START = date(2023, 1, 3)
LATER = date(2030, 1, 1)
POUNDS = 2204.62262


def series(values, instrument="CU", tenor="3m", start=START):
    """Prices on the London business days from `start` on."""
    days = [day for step in range(2 * len(values) + 10) if is_business_day(day := start + timedelta(days=step))]
    return pl.DataFrame(
        {"instrument": instrument, "tenor": tenor, "price_date": days[: len(values)], "price": values, "source": "test"},
        schema={
            "instrument": pl.String,
            "tenor": pl.String,
            "price_date": pl.Date,
            "price": pl.Float64,
            "source": pl.String,
        },
    )


def usual(rows=100):
    return [9000.0 + 10 * (row % 3) for row in range(rows)]


def only(rows, as_of=LATER):
    return quality(rows, as_of).row(0, named=True)


def test_a_clean_series_has_nothing_to_say():
    rows = series(usual())
    assert only(rows) == {
        "as_of_date": LATER,
        "instrument": "CU",
        "tenor": "3m",
        "rows": 100,
        "first_date": START,
        "last_date": rows["price_date"].max(),
        "gaps": 0,
        "longest_gap_days": 0,
        "repeated": 1,
        "unit_jumps": 0,
        "outliers": 0,
        "last_outlier": None,
        "rolls_250": 0,
        "last_roll": None,
        "roll_move_250": None,
    }


def test_the_steps_between_contracts_are_counted_apart():
    days = [day for step in range(400) if settles(day := date(2023, 1, 2) + timedelta(days=step))]
    rolls = set(roll_dates("GC", days[0], days[-1]).to_list())
    level, prices = 2000.0, []
    for day in days:
        level += 10.0 if day in rolls else 0.0
        prices.append(level)
    rows = pl.DataFrame({"instrument": "GC", "tenor": "front", "price_date": days, "price": prices, "source": "comex"})
    found = require_valid(quality(rows, days[-1]), QUALITY).row(0, named=True)
    assert found["rolls_250"] == len([day for day in rolls if day in days[-250:]])
    assert found["last_roll"] == max(rolls & set(days))
    assert found["roll_move_250"] == pytest.approx(math.log(prices[-1] / prices[-251]))


def test_a_missing_business_day_is_a_gap_and_days_in_a_row_are_one_long_gap():
    rows = series(usual())
    days = rows["price_date"]
    holes = [days[10], days[11], days[12], days[40]]
    found = only(rows.filter(~pl.col("price_date").is_in(holes)))
    assert (found["rows"], found["gaps"], found["longest_gap_days"]) == (96, 4, 3)


def test_a_row_without_a_finite_price_is_a_gap():
    values = usual()
    values[50], values[60] = None, float("nan")
    found = only(series(values))
    assert (found["rows"], found["gaps"], found["longest_gap_days"]) == (98, 2, 1)


def test_a_weekend_row_neither_fills_nor_makes_a_gap():
    rows = pl.concat([series(usual()), series([9000.0]).with_columns(price_date=date(2023, 1, 7))])
    assert only(rows)["gaps"] == 0


def test_gaps_are_counted_within_the_last_250_business_days_before_the_last_price():
    rows = series(usual(400))
    days = rows["price_date"]
    found = only(rows.filter(~pl.col("price_date").is_in([days[149], days[150]])))
    assert found["gaps"] == 1


@pytest.mark.parametrize(
    ("instrument", "tenor", "day", "gaps"),
    [
        ("CU", "3m", date(2024, 8, 26), 0),
        ("GC", "front", date(2024, 8, 26), 1),
        ("CU", "3m", date(2024, 7, 4), 1),
        ("GC", "front", date(2024, 7, 4), 0),
        ("GC", "front", date(2024, 3, 29), 0),
        ("GC", "front", date(2024, 11, 11), 1),
        ("WTI", "spot", date(2024, 11, 11), 0),
        ("BRENT", "spot", date(2024, 7, 4), 1),
    ],
)
def test_a_series_rests_on_the_holidays_of_its_own_market(instrument, tenor, day, gaps):
    week = [day + timedelta(days=step) for step in range(-3, 6)]
    rows = pl.DataFrame({"price_date": [at for at in week if at != day]}).with_columns(
        instrument=pl.lit(instrument), tenor=pl.lit(tenor), price=pl.lit(1.0), source=pl.lit("test")
    )
    assert only(rows)["gaps"] == gaps


@pytest.mark.parametrize(("last", "repeated"), [([1.0, 2.0], 1), ([2.0, 2.0], 2), ([2.0, 1.0, 2.0, 2.0, 2.0], 3), ([2.0], 1)])
def test_repeated_is_the_run_of_one_price_at_the_end(last, repeated):
    assert only(series(last))["repeated"] == repeated


def test_a_level_in_another_unit_is_a_jump_on_each_of_its_rows():
    assert only(series([*usual(), 9000 / POUNDS, 9010 / POUNDS, 9000.0]))["unit_jumps"] == 2


@pytest.mark.parametrize(("last", "jumps"), [(45060.0, 1), (45040.0, 0), (1801.0, 1), (1803.0, 0), (-37.63, 0), (0.0, 0)])
def test_a_jump_of_unit_is_beyond_a_factor_of_five_either_way_and_keeps_the_sign(last, jumps):
    assert only(series([*usual(99), last]))["unit_jumps"] == jumps


@pytest.mark.parametrize(("move", "outliers"), [(99.0, 0), (101.0, 1), (-101.0, 1)])
def test_a_move_beyond_ten_usual_ones_is_an_outlier(move, outliers):
    values = [9000.0 + 10 * (row % 2) for row in range(100)]
    assert only(series([*values, values[-1] + move]))["outliers"] == outliers


def test_a_spike_is_an_outlier_on_its_way_up_and_down_and_the_last_is_dated():
    rows = series([*usual(), 12000.0, 9010.0, 9020.0])
    found = only(rows)
    assert (found["outliers"], found["last_outlier"]) == (2, rows["price_date"][101])


def test_a_short_history_has_no_usual_move_or_level():
    found = only(series([9000.0, 9010.0] * 9 + [90000.0]))
    assert (found["outliers"], found["unit_jumps"]) == (0, 0)


def test_a_series_is_compared_with_itself_only():
    rows = quality(pl.concat([series(usual()), series([1.0] * 80, "GC", "front"), series(usual(), "CU", "cash")]), LATER)
    assert rows.select("instrument", "tenor").rows() == [("CU", "3m"), ("CU", "cash"), ("GC", "front")]
    assert rows["outliers"].sum() == rows["unit_jumps"].sum() == 0
    assert rows["repeated"].to_list() == [1, 1, 80]


def test_no_prices_have_no_quality():
    assert quality(series([]), LATER).schema == QUALITY.dtypes
    assert quality(series(usual()), date(2000, 1, 1)).is_empty()


def copper(lme, comex):
    return pl.concat([series(lme, "CU", "cash"), series([price / POUNDS for price in comex], "HG", "front")])


@pytest.mark.parametrize(
    ("comex", "agreement"), [(9000.0, 1.0), (9044.0, 1.0), (8956.0, 1.0), (9046.0, 0.7), (9179.0, 0.7), (9181.0, 0.4)]
)
def test_agreement_falls_with_the_last_difference_of_two_sources(comex, agreement):
    row = cross_source(copper([9000.0] * 3, [9500.0, 9500.0, comex]), LATER).row(0, named=True)
    assert row["agreement"] == agreement
    assert row["difference_percent"] == pytest.approx((comex / 9000 - 1) * 100)


def test_the_median_is_of_the_last_250_common_dates_whatever_their_sign():
    row = cross_source(copper([100.0] * 300, [150.0] * 50 + [99.0] * 124 + [103.0] * 126), LATER).row(0, named=True)
    assert row["common_dates"] == 300
    assert row["median_difference_percent"] == pytest.approx(3.0)


def test_two_sources_are_compared_on_the_last_day_both_have():
    rows = pl.concat([series([70.0, 71.0, 72.0], "WTI", "spot"), series([70.0, 71.71], "CL", "front")])
    row = cross_source(rows, LATER).row(0, named=True)
    assert (row["instrument"], row["other_instrument"], row["last_common_date"]) == ("WTI", "CL", date(2023, 1, 4))
    assert row["difference_percent"] == pytest.approx(1.0)


def test_below_zero_a_higher_price_is_still_a_positive_difference():
    rows = pl.concat([series([-40.0], "WTI", "spot"), series([-38.0], "CL", "front")])
    assert cross_source(rows, LATER)["difference_percent"].to_list() == [pytest.approx(5.0)]


def test_a_pair_without_a_common_date_has_no_row():
    rows = cross_source(series(usual(), "CU", "cash"), LATER)
    assert rows.is_empty()
    assert require_valid(rows, CROSS_SOURCE).is_empty()


def test_copper_for_three_months_is_not_compared():
    rows = pl.concat([series([9000.0], "CU", "3m"), series([4.08], "HG", "front")])
    assert cross_source(rows, LATER).is_empty()


PRICES = st.lists(st.floats(-50, 500), min_size=1, max_size=120)


def pairs(values):
    both = [series(values, "CU", "cash"), series([abs(value) + 1 for value in values], "HG", "front")]
    return pl.concat([*both, series(values, "WTI", "spot"), series(values[::-1], "CL", "front")])


@settings(deadline=None, max_examples=40)
@given(PRICES, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter_to_quality(values, random):
    rows = pairs(values)
    mixed = rows[random.sample(range(rows.height), rows.height)]
    assert quality(mixed, LATER).equals(quality(rows, LATER))
    assert cross_source(mixed, LATER).equals(cross_source(rows, LATER))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(-500, 5000), min_size=1, max_size=120), st.sampled_from([2.0**-12, 0.25, 2.0, 1024.0]))
def test_the_unit_of_a_whole_series_does_not_matter(values, factor):
    rows = series([float(value) for value in values])
    assert quality(rows.with_columns(pl.col("price") * factor), LATER).equals(quality(rows, LATER))


@settings(deadline=None, max_examples=40)
@given(PRICES, st.integers(0, 180))
def test_rows_after_the_night_change_nothing(values, days):
    rows, as_of = pairs(values), START + timedelta(days=days)
    known = rows.filter(pl.col("price_date") <= as_of)
    assert quality(rows, as_of).equals(quality(known, as_of))
    assert cross_source(rows, as_of).equals(cross_source(known, as_of))
