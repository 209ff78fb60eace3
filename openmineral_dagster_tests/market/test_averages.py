"""Averages of quotational periods: what is known is averaged, what is missing is skipped, what is to come is forward."""

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import QUOTATIONAL_PERIODS
from openmineral_dagster.market.averages import average, quotational_month, quotational_periods
from openmineral_dagster.reference.calendars import is_business_day
from openmineral_dagster.reference.errors import UsageFault

START, END = date(2024, 7, 1), date(2024, 7, 31)
DAYS = [day for step in range(31) if is_business_day(day := START + timedelta(days=step))]


def flat(day):
    return 9500.0


@pytest.mark.parametrize(
    ("reference", "months", "period"),
    [
        (date(2024, 7, 15), 0, (START, END)),
        (date(2024, 5, 31), 2, (START, END)),
        (date(2024, 11, 30), 3, (date(2025, 2, 1), date(2025, 2, 28))),
        (date(2024, 12, 1), 1, (date(2025, 1, 1), date(2025, 1, 31))),
        (date(2024, 11, 30), 1, (date(2024, 12, 1), date(2024, 12, 31))),
        (date(2024, 1, 1), -1, (date(2023, 12, 1), date(2023, 12, 31))),
    ],
)
def test_the_period_of_m_plus_n_is_a_whole_month(reference, months, period):
    assert quotational_month(reference, months) == period


def test_a_past_period_is_the_mean_of_its_prices_half_up_to_the_cent():
    found = average({DAYS[0]: 9000.0, DAYS[1]: 9000.01}, DAYS[0], DAYS[1], END, None)
    assert (found.price, found.fixed_days, found.forward_days, found.unpriced) == (Decimal("9000.01"), 2, 0, 0.0)


def test_inside_the_period_the_days_to_come_are_priced_forward():
    known = dict.fromkeys(DAYS[:10], 9000.0)
    found = average(known, START, END, DAYS[9], flat)
    assert (found.fixed_days, found.forward_days) == (10, len(DAYS) - 10)
    assert found.price == ((Decimal(9000) * 10 + Decimal(9500) * (len(DAYS) - 10)) / len(DAYS)).quantize(Decimal("0.01"))
    assert found.unpriced == pytest.approx((len(DAYS) - 10) / len(DAYS))


def test_before_the_period_everything_is_forward():
    found = average({}, START, END, date(2024, 6, 28), flat)
    assert (found.price, found.unpriced) == (Decimal("9500.00"), 1.0)


def test_days_of_a_suspended_market_are_skipped_and_named_never_filled():
    found = average({DAYS[0]: 9000.0, DAYS[3]: 9300.0}, DAYS[0], DAYS[3], END, None)
    assert found.price == Decimal("9150.00")
    assert found.missing_days == tuple(DAYS[1:3])


def test_a_period_nobody_can_price_has_no_average():
    assert average({}, START, END, date(2024, 6, 28), None).price is None


def test_a_price_on_a_day_without_trading_does_not_count():
    assert average({date(2024, 7, 6): 1.0, DAYS[0]: 9000.0}, START, END, END, None).price == Decimal("9000.00")


def test_a_period_that_ends_before_it_starts_is_refused():
    with pytest.raises(UsageFault, match="expected an end"):
        average({}, END, START, END, None)


@given(st.permutations(DAYS))
def test_the_order_of_the_prices_does_not_matter(order):
    fixings = {day: 9000.0 + day.day for day in order}
    assert average(fixings, START, END, END, None) == average(dict(sorted(fixings.items())), START, END, END, None)


def prices(through):
    rows = [("CU", tenor, day, 9000.0 + day.day, "lme") for tenor in ("cash", "3m") for day in DAYS if day <= through]
    return pl.DataFrame(rows, schema=["instrument", "tenor", "price_date", "price", "source"], orient="row")


def test_the_published_months_are_the_last_the_current_and_the_next_two():
    found = require_valid(quotational_periods(prices(DAYS[9]), DAYS[9]), QUOTATIONAL_PERIODS)
    assert found["period_start"].to_list() == [date(2024, month, 1) for month in (7, 8, 9)]
    assert found["fixed_days"].to_list() == [10, 0, 0]
    assert found["unpriced"].to_list()[1:] == [1.0, 1.0]
