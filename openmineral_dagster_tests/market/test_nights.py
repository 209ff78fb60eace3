"""Which night is computed, and which are due."""

from datetime import date

import pytest

from openmineral_dagster.market.nights import nights_due, resolve_night
from openmineral_dagster.reference.errors import UsageFault

FIRST, LAST = date(2020, 1, 2), date(2024, 12, 31)


@pytest.mark.parametrize(
    ("asked", "night"),
    [
        (None, LAST),
        (date(2024, 6, 28), date(2024, 6, 28)),
        (date(2024, 6, 30), date(2024, 6, 28)),
        (date(2024, 12, 25), date(2024, 12, 24)),
        (date(2025, 1, 1), LAST),
    ],
)
def test_a_weekend_or_holiday_means_the_business_day_before(asked, night):
    assert resolve_night(asked, FIRST, LAST) == night


@pytest.mark.parametrize(
    ("asked", "words"), [(date(2025, 1, 2), "after the last price"), (date(2020, 1, 1), "before the first price")]
)
def test_a_date_outside_the_data_is_refused(asked, words):
    with pytest.raises(UsageFault, match=words):
        resolve_night(asked, FIRST, LAST)


def test_missed_nights_are_due_in_order_without_holidays():
    assert nights_due([date(2024, 12, 24)], LAST) == [date(2024, 12, 27), date(2024, 12, 30), LAST]


def test_the_first_night_is_the_last_one_with_prices_and_none_is_due_twice():
    assert nights_due([], LAST) == [LAST]
    assert nights_due([LAST], LAST) == []


def test_a_hole_before_the_last_published_night_is_due_while_it_is_young():
    assert nights_due([date(2024, 12, 27), LAST], LAST) == [date(2024, 12, 30)]
    assert nights_due([date(2024, 6, 3), LAST], LAST)[0] == date(2024, 12, 2)
