"""The book: what is held on a night, in the unit its price is quoted for."""

from datetime import date

import polars as pl
import pytest

from openmineral_dagster.lake.tables import POSITIONS
from openmineral_dagster.risk.book import exposures, unpriced

NIGHT = date(2024, 6, 28)
PRICES = pl.DataFrame(
    {
        "instrument": ["CU", "CU"],
        "tenor": ["3m", "3m"],
        "price_date": [date(2024, 6, 27), NIGHT],
        "price": [9500.0, 9600.0],
    }
)


def position(**changed):
    row = {
        "as_of_date": NIGHT,
        "position_id": "book.csv:1",
        "portfolio": "base",
        "instrument": "CU",
        "tenor": "3m",
        "quantity": 100.0,
        "unit": "t",
        "entered_on": date(2024, 1, 2),
        "closed_on": None,
        "price": None,
        "prompt_date": None,
    }
    return pl.DataFrame([row | changed], schema=POSITIONS.dtypes)


def test_a_position_is_worth_its_last_price_in_its_portfolio_and_in_the_whole_book():
    held = exposures(position(), PRICES, NIGHT)
    assert held.select("portfolio", "quantity", "value_usd").rows() == [("ALL", 100.0, 960_000.0), ("base", 100.0, 960_000.0)]


@pytest.mark.parametrize(("prompt", "held"), [(date(2024, 6, 27), 0), (NIGHT, 0), (date(2024, 7, 1), 2)])
def test_a_contract_is_held_until_the_day_before_its_prompt(prompt, held):
    assert exposures(position(prompt_date=prompt), PRICES, NIGHT).height == held


@pytest.mark.parametrize(("closed", "held"), [(NIGHT, 0), (date(2024, 7, 1), 2)])
def test_a_position_is_held_until_the_day_before_it_is_closed(closed, held):
    assert exposures(position(closed_on=closed, prompt_date=date(2024, 9, 18)), PRICES, NIGHT).height == held


def test_a_series_without_a_price_is_named_and_left_out():
    book = position(instrument="ZN")
    assert exposures(book, PRICES, NIGHT).is_empty()
    assert unpriced(book, PRICES, NIGHT)["position_id"].to_list() == ["book.csv:1"]


def test_a_contract_past_its_prompt_wants_no_price():
    assert unpriced(position(instrument="ZN", prompt_date=NIGHT), PRICES, NIGHT).is_empty()
