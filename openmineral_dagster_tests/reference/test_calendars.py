"""The desk's clock: London business days, night ends, and publication times."""

from datetime import UTC, date, datetime

import pytest

from openmineral_dagster.reference.calendars import add_business_days, business_day_on_or_before, is_business_day, night_end
from openmineral_dagster.reference.publication import published_at


@pytest.mark.parametrize("day", [date(2023, 5, 8), date(2024, 3, 29), date(2024, 12, 25), date(2008, 11, 8)])
def test_london_is_closed_on_bank_holidays_one_off_ones_and_weekends(day):
    assert not is_business_day(day)


def test_the_lme_traded_on_the_day_of_the_queens_funeral():
    assert is_business_day(date(2022, 9, 19))


def test_a_weekend_means_the_business_day_before():
    assert business_day_on_or_before(date(2024, 4, 1)) == date(2024, 3, 28)


def test_business_days_are_counted_past_christmas():
    assert add_business_days(date(2024, 12, 24), 1) == date(2024, 12, 27)


@pytest.mark.parametrize(
    ("as_of", "end"),
    [(date(2024, 1, 15), datetime(2024, 1, 15, 23, tzinfo=UTC)), (date(2024, 7, 15), datetime(2024, 7, 15, 22, tzinfo=UTC))],
)
def test_a_night_ends_at_23_london_in_winter_and_summer(as_of, end):
    assert night_end(as_of) == end


@pytest.mark.parametrize(
    ("source", "day", "moment"),
    [
        ("lme", date(2024, 7, 15), datetime(2024, 7, 15, 12, 30, tzinfo=UTC)),
        ("lme_stocks", date(2024, 7, 12), datetime(2024, 7, 15, 8, 0, tzinfo=UTC)),
        ("comex", date(2024, 1, 15), datetime(2024, 1, 15, 19, 0, tzinfo=UTC)),
        ("cftc", date(2024, 7, 9), datetime(2024, 7, 12, 19, 30, tzinfo=UTC)),
        ("sofr", date(2024, 7, 3), datetime(2024, 7, 5, 12, 0, tzinfo=UTC)),
        ("cboe", date(2024, 1, 15), datetime(2024, 1, 15, 21, 30, tzinfo=UTC)),
    ],
)
def test_every_source_is_dated_by_its_documented_hour(source, day, moment):
    assert published_at(source, day) == moment
