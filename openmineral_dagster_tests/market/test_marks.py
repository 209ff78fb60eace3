"""Marks: the last price of a series, and whether it moved as no price of it usually does."""

from datetime import date, timedelta

import polars as pl
import pytest

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import MARKS
from openmineral_dagster.market.marks import last_prices

START = date(2024, 1, 1)


def prices(*last, instrument="CU", before=100):
    values = [9000.0 + 10 * (row % 3) for row in range(before)] + list(last)
    return pl.DataFrame(
        {
            "instrument": instrument,
            "tenor": "3m",
            "price_date": [START + timedelta(days=row) for row in range(len(values))],
            "price": values,
            "unit": "USD/t",
            "source": "lme",
        }
    )


@pytest.mark.parametrize(("last", "unusual"), [(9010.0, False), (9050.0, False), (9900.0, True), (8000.0, True)])
def test_a_last_move_far_beyond_the_usual_ones_is_marked(last, unusual):
    assert last_prices(prices(last), START)["unusual_move"].to_list() == [unusual]


def test_a_move_is_unusual_on_its_own_night_only():
    assert last_prices(prices(9900.0, 9905.0), START)["unusual_move"].to_list() == [False]


def test_a_short_series_has_no_usual_move():
    assert last_prices(prices(9900.0, before=20), START)["unusual_move"].to_list() == [False]


def test_a_series_is_compared_with_itself_only_and_marks_keep_their_schema():
    marks = last_prices(pl.concat([prices(9010.0), prices(9900.0, instrument="AL")]), START)
    assert require_valid(marks, MARKS)["unusual_move"].to_list() == [True, False]
