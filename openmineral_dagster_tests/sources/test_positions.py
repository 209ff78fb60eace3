"""Positions as people write them."""

from datetime import UTC, date, datetime

import pytest

from openmineral_dagster_tests.sources.landings import faults, lines, read, reasons, rows, values

HEADER = "portfolio,instrument,tenor,quantity,unit,entered_on,closed_on,price,prompt_date"
GOOD = "base,CU,3m,1000,t,2024-01-02,,,"


def book(tmp_path, *data, header=HEADER):
    return read(tmp_path, {"positions/book.csv": lines(header, *data)})


def test_a_row_is_a_position_named_by_file_and_row(tmp_path):
    landing = book(tmp_path, GOOD, "base,copper,CASH,-40,Lots,2024-01-03,2024-02-01,8450.5,2024-03-20")
    assert rows(landing, "market.positions").rows() == [
        ("positions/book.csv:1", "base", "CU", "3m", 1000.0, "t", date(2024, 1, 2), None, None, None),
        (
            "positions/book.csv:2", "base", "CU", "cash", -40.0, "lots", date(2024, 1, 3), date(2024, 2, 1), 8450.5,
            date(2024, 3, 20),
        ),
    ]  # fmt: skip
    assert landing.faults.is_empty()


def test_the_optional_columns_may_be_absent_and_the_order_another(tmp_path):
    landing = book(tmp_path, "t,5,3m,zinc,2024-01-02,base", header="unit,quantity,tenor,instrument,entered_on,portfolio")
    assert values(landing, "market.positions", "instrument", "quantity", "closed_on") == [("ZN", 5.0, None)]


def test_any_word_for_the_nearby_delivery_will_do_where_there_is_one_tenor(tmp_path):
    landing = book(tmp_path, "base,gold,spot,100,oz,2024-01-02,,,", "base,HH,cash,10,mmbtu,2024-01-02,,,")
    assert values(landing, "market.positions", "instrument", "tenor", "unit") == [
        ("GC", "front", "oz"),
        ("HH", "spot", "MMBtu"),
    ]


@pytest.mark.parametrize(
    ("row", "field", "value", "reason"),
    [
        ("base,cobalt,3m,1,t,2024-01-02,,,", "instrument", "cobalt", "unknown instrument"),
        ("base,CU,6m,1,t,2024-01-02,,,", "tenor", "6m", "CU is quoted for 3m, cash"),
        ("base,CU,3m,1,bbl,2024-01-02,,,", "unit", "bbl", "CU is measured in t, lb, oz, kg, lots"),
        ("base,CL,front,1,t,2024-01-02,,,", "unit", "t", "CL is measured in bbl, lots"),
        ("base,VIX,spot,1,t,2024-01-02,,,", "unit", "t", "VIX is measured in lots"),
        ("base,CU,3m,ten,t,2024-01-02,,,", "quantity", "ten", "not a number"),
        ('base,CU,3m,"1,000",t,2024-01-02,,,', "quantity", "1,000", "not a number"),
        ("base,CU,3m,,t,2024-01-02,,,", "quantity", "", "missing"),
        ("base,CU,3m,1,t,2 January,,,", "entered_on", "2 January", "not a date"),
        ("base,CU,3m,1,t,,,,", "entered_on", "", "not a date"),
        ("base,CU,3m,1,t,2024-01-02,soon,,", "closed_on", "soon", "not a date"),
        ("base,CU,3m,1,t,2024-01-02,2023-12-01,,", "closed_on", "2023-12-01", "before entered_on"),
        ("base,CU,3m,1,t,2024-01-02,,dear,", "price", "dear", "not a number"),
        ("base,CU,3m,1,t,2024-01-02,,,2023-01-01", "prompt_date", "2023-01-01", "not after entered_on"),
        ("base,CU,3m,1,t,2024-01-02,,,2024-01-02", "prompt_date", "2024-01-02", "not after entered_on"),
        ("base,CU,3m,1e300,t,2024-01-02,,,", "quantity", "1e300", "above 1e+09"),
        ("base,CU,3m,-1e10,t,2024-01-02,,,", "quantity", "-1e10", "below -1e+09"),
        ("base,CU,3m,1,t,2024-01-02,,1e14,", "price", "1e14", "above 1e+07"),
        (",CU,3m,1,t,2024-01-02,,,", "portfolio", "", "missing"),
        ("ALL,CU,3m,1,t,2024-01-02,,,", "portfolio", "ALL", "the name of the whole book"),
        ("Deals,CU,3m,1,t,2024-01-02,,,", "portfolio", "Deals", "the name of what deals leave open"),
    ],
)
def test_a_row_with_a_field_that_cannot_be_used_is_not_a_position(tmp_path, row, field, value, reason):
    landing = book(tmp_path, row, GOOD)
    assert values(landing, "market.positions", "position_id") == [("positions/book.csv:2",)]
    assert faults(landing, "source", "row", "field", "value") == [("positions", 1, field, value)]
    assert reasons(landing)[0].startswith(reason)


def test_a_position_that_stands_twice_is_counted_twice_and_said_so(tmp_path):
    landing = book(tmp_path, GOOD, GOOD)
    assert values(landing, "market.positions", "position_id") == [("positions/book.csv:1",), ("positions/book.csv:2",)]
    assert landing.notices == ("positions/book.csv:1, positions/book.csv:2: the same position more than once; all are counted",)


def test_every_unusable_field_of_a_row_is_named(tmp_path):
    landing = book(tmp_path, ",cobalt,3m,ten,t,2024-01-02,,,")
    assert sorted(field for (field,) in faults(landing, "field")) == ["instrument", "portfolio", "quantity"]


def test_a_fault_is_known_from_the_day_the_position_was_entered(tmp_path):
    landing = book(tmp_path, "base,CU,6m,1,t,2024-07-02,,,", "base,CU,3m,1")
    assert faults(landing, "row", "known_at") == [(1, datetime(2024, 7, 1, 23, 0, tzinfo=UTC)), (2, None)]


def test_a_position_may_be_closed_in_the_future(tmp_path):
    assert rows(book(tmp_path, "base,CU,3m,1,t,2024-01-02,2099-01-01,,2099-02-01"), "market.positions").height == 1


def test_a_portfolio_name_is_kept_as_plain_text(tmp_path):
    landing = book(tmp_path, "=cmd|' /C calc'!A0\x1b[31m,CU,3m,1,t,2024-01-02,,,")
    assert values(landing, "market.positions", "portfolio") == [("=cmd|' /C calc'!A0[31m",)]


def test_a_file_without_a_needed_column_is_quarantined_with_the_columns_it_needs(tmp_path):
    landing = book(tmp_path, "base,CU,1", header="portfolio,instrument,quantity")
    assert faults(landing, "source", "row", "value") == [("positions", 0, "portfolio,instrument,quantity")]
    assert reasons(landing) == ["expected portfolio,instrument,tenor,quantity,unit,entered_on"]


def test_a_book_without_rows_is_a_notice(tmp_path):
    assert book(tmp_path).notices == ("positions/book.csv: no rows",)
