"""Prompt dates of the LME and the price between them."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import CURVE, MARKS
from openmineral_dagster.market.prompts import cash_prompt, curve, forward, third_wednesday, three_month_prompt
from openmineral_dagster.reference.calendars import is_business_day
from openmineral_dagster.reference.errors import UsageFault

DAY = date(2024, 7, 15)
days = st.dates(date(2008, 1, 2), date(2030, 12, 31)).filter(is_business_day)


@pytest.mark.parametrize(
    ("trade", "cash", "three_month"),
    [
        (date(2024, 7, 15), date(2024, 7, 17), date(2024, 10, 15)),
        (date(2024, 11, 29), date(2024, 12, 3), date(2025, 2, 28)),
        (date(2024, 9, 27), date(2024, 10, 1), date(2024, 12, 27)),
        (date(2024, 9, 25), date(2024, 9, 27), date(2024, 12, 27)),
        (date(2023, 11, 30), date(2023, 12, 4), date(2024, 2, 29)),
        (date(2024, 12, 30), date(2025, 1, 2), date(2025, 3, 31)),
        (date(2024, 12, 24), date(2024, 12, 30), date(2025, 3, 24)),
    ],
)
def test_cash_is_two_days_on_and_three_months_the_same_day_three_months_on(trade, cash, three_month):
    assert (cash_prompt(trade), three_month_prompt(trade)) == (cash, three_month)


def test_the_three_month_prompt_of_a_month_s_end_stays_in_its_month():
    assert three_month_prompt(date(2024, 5, 31)) == date(2024, 8, 30)


@pytest.mark.parametrize(
    ("month", "prompt"),
    [(date(2024, 10, 1), date(2024, 10, 16)), (date(2024, 5, 31), date(2024, 5, 15)), (date(2024, 12, 9), date(2024, 12, 18))],
)
def test_the_monthly_prompt_is_the_third_wednesday(month, prompt):
    assert third_wednesday(month) == prompt


def test_the_price_between_is_linear_in_calendar_days():
    assert forward(9000.0, 9090.0, DAY, date(2024, 8, 31)).price == pytest.approx(9045.0)
    assert forward(9000.0, 9090.0, DAY, cash_prompt(DAY)) == forward(9000.0, 0.0, DAY, cash_prompt(DAY))
    assert forward(9000.0, 9090.0, DAY, three_month_prompt(DAY)).price == 9090.0


def test_beyond_three_months_the_curve_is_flat_and_marked():
    beyond = forward(9000.0, 9090.0, DAY, date(2025, 1, 15))
    assert (beyond.price, beyond.extrapolated) == (9090.0, True)


def test_a_prompt_that_is_settled_has_no_forward():
    with pytest.raises(UsageFault, match="2024-07-17 or later"):
        forward(9000.0, 9090.0, DAY, date(2024, 7, 16))


@given(days, st.floats(1, 1e5), st.floats(1, 1e5), st.integers(0, 200))
def test_a_forward_lies_between_the_prices_it_is_drawn_from(trade, cash, three_month, ahead):
    prompt = cash_prompt(trade).fromordinal(cash_prompt(trade).toordinal() + ahead)
    price = forward(cash, three_month, trade, prompt).price
    assert min(cash, three_month) * (1 - 1e-12) <= price <= max(cash, three_month) * (1 + 1e-12)


def marks(cash_day=DAY):
    rows = [("CU", "cash", cash_day, 9000.0), ("CU", "3m", DAY, 9090.0), ("GC", "front", DAY, 2400.0)]
    full = [(DAY, *row, "USD/t", "lme", False) for row in rows]
    return pl.DataFrame(full, schema=MARKS.dtypes, orient="row")


def test_the_published_curve_starts_at_cash_and_says_what_is_extrapolated():
    found = require_valid(curve(marks(), DAY), CURVE)
    assert found["prompt_date"][0] == cash_prompt(DAY)
    assert found.filter(pl.col("extrapolated"))["prompt_date"].min() > three_month_prompt(DAY)
    assert set(found["instrument"]) == {"CU"}


def test_prices_of_two_days_make_no_curve():
    assert curve(marks(date(2024, 7, 12)), DAY).is_empty()
