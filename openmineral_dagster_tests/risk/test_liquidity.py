"""Margin liquidity: initial margins by rate or by history, and the three worst days of what is held today."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables.risk import EXCLUDED, MARGIN_CALLS
from openmineral_dagster.risk.desk import parse
from openmineral_dagster.risk.liquidity import Margins, Rate, called, estimated_rate, margin_calls
from openmineral_dagster_tests.risk.lines import NIGHT, SENSITIVITIES, held, known, quoted, walked

NO_RATES = Margins()
RATES = Margins(rates=(Rate(instrument="CU", usd_per_unit=450.0), Rate(instrument="GC", usd_per_lot=11_000.0)))
FALLS = {date(2024, 1, day): price for day, price in zip((2, 3, 4, 5, 8, 9), (100, 90, 99, 94.05, 94.05, 75.24), strict=True)}


def calls(book, prices, margins=NO_RATES):
    books, excluded = called(book, known(prices), margins, NIGHT)
    require_valid(excluded, EXCLUDED)
    return require_valid(margin_calls(books, NIGHT), MARGIN_CALLS)


def test_the_worst_days_by_hand():
    found = calls(held(("CU", "3m", 100, 9000)), quoted("CU", "3m", FALLS), RATES)
    worst = [(1, date(2024, 1, 9), 0.20), (2, date(2024, 1, 3), 0.10), (3, date(2024, 1, 5), 0.05)]
    assert found.select("rank", "moved_on").rows() == [day[:2] for day in worst]
    assert found["variation_usd"].to_list() == pytest.approx([900_000 * day[2] for day in worst])
    assert found["initial_usd"].to_list() == [45_000.0] * 3
    assert found["basis"][0] == "CU: margins file; days since 2024-01-03"


def test_a_short_pays_on_the_days_a_long_is_paid():
    found = calls(held(("CU", "3m", -100, 9000)), quoted("CU", "3m", FALLS), RATES)
    assert found["variation_usd"].to_list() == pytest.approx([90_000, 0, -45_000])
    assert found["moved_on"][0] == date(2024, 1, 4)
    assert found["initial_usd"][0] == 45_000


def test_a_rate_is_per_lot_or_per_unit_and_lines_do_not_offset():
    rows = [
        ("base", "GC", "front", delivery, "front", size, 2000.0)
        for delivery, size in (("rolling", 300.0), ("2024-08-28", -300.0))
    ]
    book = pl.DataFrame(rows, schema=SENSITIVITIES, orient="row")
    found = calls(book, walked("GC", "front", 2000), RATES)
    assert found["initial_usd"][0] == pytest.approx(6 * 11_000)
    assert found["variation_usd"].to_list() == pytest.approx([0.0] * 3, abs=1e-6)


def test_an_estimate_is_the_pinned_quantile_of_two_day_moves():
    prices = walked("ZN", "3m", 3000, rows=502)
    levels = prices["price"].to_numpy()
    moves = np.sort(np.abs(levels[2:] / levels[:-2] - 1))[::-1]
    assert len(moves) == 500
    assert estimated_rate(("ZN", "3m"), 3000, known(prices), NIGHT) == pytest.approx(moves[5] * 3000)
    found = calls(held(("ZN", "3m", -10, 3000)), prices)
    assert found["initial_usd"][0] == pytest.approx(10 * moves[5] * 3000, abs=0.01)
    assert found["basis"][0].startswith("ZN: own history: 99 percent quantile of two-day moves, last 500 rows")


def test_an_estimate_of_crude_is_in_dollars():
    days = {NIGHT - timedelta(days=row): 5.0 + 10 * (row % 4 < 2) - 8 for row in range(300)}
    assert estimated_rate(("CL", "front"), -3.0, known(quoted("CL", "front", days)), NIGHT) == pytest.approx(10)


def test_what_is_on_no_exchange_calls_for_nothing():
    rows = [
        ("base", "AU-LBMA", "pm", "rolling", "pm", 100.0, 2000.0),
        ("base", "EUR", "spot", "rolling", "spot", 100.0, 1.1),
        ("base", "CU", "cash", "2024-09", "cash", 100.0, 9000.0),
    ]
    book = pl.DataFrame(rows, schema=SENSITIVITIES, orient="row")
    prices = pl.concat([walked("AU-LBMA", "pm"), walked("EUR", "spot"), walked("CU", "cash")])
    assert calls(book, prices).is_empty()


def test_a_line_without_a_rate_or_a_history_is_named():
    book = pl.concat([held(("CU", "3m", 100, 9000)), held(("NI", "3m", 6, 17_000))])
    prices = pl.concat([walked("CU", "3m"), walked("NI", "3m", rows=50)])
    books, excluded = called(book, known(prices), NO_RATES, NIGHT)
    assert excluded.select("item", "field").rows() == [("NI 3m", "initial margin")]
    assert [key[0] for key in books["base"].keys] == ["CU"]


def test_lines_that_were_never_priced_together_are_named():
    prices = quoted("CU", "3m", {date(2024, 1, 1): 1.0})
    books, excluded = called(held(("CU", "3m", 100, 9000)), known(prices), RATES, NIGHT)
    assert not books
    assert excluded.select("portfolio", "item", "field").rows() == [("base", "margin calls", "history")]


def test_a_step_over_a_long_hole_is_no_worst_day():
    holed = {date(2023, 1, 3): 100.0, date(2023, 1, 4): 99.0, date(2023, 5, 2): 10.0, date(2023, 5, 3): 9.9}
    found = calls(held(("CU", "3m", 1, 9000)), quoted("CU", "3m", holed), RATES)
    assert found["moved_on"].to_list() == [date(2023, 1, 4), date(2023, 5, 3)]


def test_cash_is_the_initial_margin_and_the_worst_days_together():
    books, _ = called(held(("CU", "3m", 100, 9000)), known(quoted("CU", "3m", FALLS)), RATES, NIGHT)
    assert books["base"].cash({}) == pytest.approx(45_000 + 900_000 * 0.35)
    assert books["base"].cash({("CU", "3m", "rolling"): 0.5}) == pytest.approx((45_000 + 900_000 * 0.35) / 2)
    short, _ = called(held(("CU", "3m", -100, 9000)), known(quoted("CU", "3m", FALLS)), RATES, NIGHT)
    assert short["base"].cash({}) == pytest.approx(45_000 + 90_000)


def test_later_prices_and_the_order_of_rows_change_nothing():
    book = held(("CU", "3m", 0.1, 9000), ("HG", "front", -2000, 4), ("CL", "front", 70, 80))
    prices = pl.concat([walked("CU", "3m"), walked("HG", "front", 4, seed=2), walked("CL", "front", 80, seed=3)])
    later = quoted("CU", "3m", {NIGHT + timedelta(days=1): 1.0})
    mixed = pl.concat([prices, later]).sample(fraction=1.0, shuffle=True, seed=4)
    assert_frame_equal(calls(book, prices), calls(book.reverse(), mixed))


def test_twice_the_book_calls_for_twice_the_cash():
    prices = walked("CU", "3m")
    one, two = (calls(held(("CU", "3m", size, 9000)), prices) for size in (100, 200))
    for column in ("initial_usd", "variation_usd"):
        assert two[column].to_list() == pytest.approx((2 * one[column]).to_list())


@pytest.mark.parametrize(
    ("rate", "field"),
    [
        ("{instrument: AU-LBMA, usd_per_unit: 5}", "rates.0.instrument"),
        ("{instrument: CU, usd_per_unit: 5, usd_per_lot: 5}", "rates.0"),
        ("{instrument: CU}", "rates.0"),
        ("{instrument: CU, usd_per_lot: -5}", "rates.0.usd_per_lot"),
        ("{instrument: CU, usd_per_lot: .inf}", "rates.0.usd_per_lot"),
    ],
)
def test_a_rate_that_makes_no_sense_is_left_out(rate, field):
    found, (fault,) = parse(f"rates: [{rate}]", "desk/margins.yaml", Margins)
    assert (found.rates, fault.field) == ((), field)
