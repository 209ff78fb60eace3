"""LME files: prices, the stock of the day before, and the rows and fields that are not used."""

from datetime import UTC, date, datetime

import pytest

from openmineral_dagster_tests.sources.landings import LME_HEADER, faults, lines, read, reasons, rows, values

GOOD = "2024-01-02,8430.5,8534,167825"


def copper(*data: str) -> dict[str, str]:
    return {"lme/copper.csv": lines(LME_HEADER, *data)}


def test_a_row_is_two_prices_and_the_stock_of_the_business_day_before(tmp_path):
    landing = read(tmp_path, copper(GOOD))
    assert values(landing, "market.prices", "instrument", "tenor", "price_date", "price", "unit", "currency", "source") == [
        ("CU", "3m", date(2024, 1, 2), 8534.0, "USD/t", "USD", "lme"),
        ("CU", "cash", date(2024, 1, 2), 8430.5, "USD/t", "USD", "lme"),
    ]
    assert values(landing, "market.stocks", "instrument", "report_date", "on_warrant", "cancelled", "total", "source") == [
        ("CU", date(2023, 12, 29), None, None, 167825.0, "lme_stocks")
    ]
    assert landing.faults.is_empty()


def test_prices_are_published_at_1330_london_and_the_stock_at_0900(tmp_path):
    landing = read(tmp_path, copper("2024-07-02,9500,9600,180000"))
    assert set(rows(landing, "market.prices")["published_at"]) == {datetime(2024, 7, 2, 12, 30, tzinfo=UTC)}
    assert rows(landing, "market.stocks")["published_at"].to_list() == [datetime(2024, 7, 2, 8, 0, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("name", "symbol"),
    [("copper", "CU"), ("aluminum", "AL"), ("tin", "SN"), ("LME_Zinc", "ZN"), ("nickel.2008-2024", "NI"), ("lead-daily", "PB")],
)
def test_the_metal_is_the_one_the_file_is_named_after(tmp_path, name, symbol):
    landing = read(tmp_path, {f"lme/{name}.csv": lines(LME_HEADER, GOOD)})
    assert set(rows(landing, "market.prices")["instrument"]) == {symbol}


def test_a_metal_the_desk_does_not_know_is_quarantined_as_a_file_with_the_names_it_knows(tmp_path):
    landing = read(tmp_path, {"lme/cobalt.csv": lines(LME_HEADER, GOOD)})
    assert faults(landing, "source", "file", "row", "field", "value", "known_at") == [
        ("lme", "lme/cobalt.csv", 0, "", "cobalt", None)
    ]
    assert reasons(landing)[0].endswith("copper, aluminium, zinc, nickel, lead, tin")


def test_gold_is_no_lme_metal(tmp_path):
    assert faults(read(tmp_path, {"lme/gold.csv": lines(LME_HEADER, GOOD)})) == [(0, "", "gold")]


@pytest.mark.parametrize(("day", "kind"), [("2008-11-08", "a Saturday"), ("2024-12-25", "a bank holiday")])
def test_a_row_without_a_london_business_day_is_not_used(tmp_path, day, kind):
    landing = read(tmp_path, copper(f"{day},3761,3815,254800", GOOD))
    assert rows(landing, "market.prices")["price_date"].unique().to_list() == [date(2024, 1, 2)], kind
    assert faults(landing) == [(1, "", f"{day},3761,3815,254800")]
    assert reasons(landing) == ["no London business day"]
    assert landing.faults["known_at"].to_list() == [datetime.fromisoformat(f"{day}T13:30:00+00:00")]


def test_the_bank_holiday_of_the_state_funeral_was_a_day_of_trading(tmp_path):
    landing = read(tmp_path, copper("2022-09-19,7772,7703,105075", "2022-09-20,7796,7755,107150"))
    assert landing.faults.is_empty()
    assert rows(landing, "market.stocks")["report_date"].to_list() == [date(2022, 9, 16), date(2022, 9, 19)]


SUSPENDED = ["2022-03-07,42995,42200,76830", *(f"2022-03-{day},30800,,75000" for day in ("08", "09", "10", "11"))]


def test_cash_of_a_suspended_market_is_stale(tmp_path):
    landing = read(tmp_path, {"lme/nickel.csv": lines(LME_HEADER, *SUSPENDED)})
    stale = landing.faults.filter(landing.faults["field"] == "cash_settlement")
    assert stale["row"].to_list() == [2, 3, 4, 5]
    assert all("stale" in reason for reason in stale["reason"])
    assert rows(landing, "market.prices").height == 2
    assert rows(landing, "market.stocks").height == 5


def test_a_row_is_judged_as_it_was_when_it_was_the_last_one(tmp_path):
    for last in range(2, len(SUSPENDED) + 1):
        landing = read(tmp_path, {"lme/nickel.csv": lines(LME_HEADER, *SUSPENDED[:last])})
        assert landing.faults.filter(landing.faults["field"] == "cash_settlement")["row"].to_list() == list(range(2, last + 1))


def test_cash_that_moves_as_markets_do_or_stands_beside_a_three_month_price_is_not_stale(tmp_path):
    moving = ["2008-02-20,2300,,75000", "2008-02-21,2350,,75000"]
    quoted = [f"2022-03-1{day},31000,31100,75000" for day in (4, 5, 6)]
    landing = read(tmp_path, {"lme/nickel.csv": lines(LME_HEADER, *moving, *quoted)})
    assert rows(landing, "market.prices")["tenor"].to_list().count("cash") == 5


def test_missing_values_are_no_prices_and_are_named(tmp_path):
    landing = read(tmp_path, copper("2008-02-20,8000,,150000", "2008-02-21,8010,8000,"))
    assert faults(landing, "row", "field", "reason") == [(1, "three_month", "missing"), (2, "lme_stock", "missing")]
    assert rows(landing, "market.prices").height == 3
    assert rows(landing, "market.stocks").height == 1


def test_a_stock_in_a_wrong_unit_goes_and_its_prices_stay(tmp_path):
    days = ["2012-03-28", "2012-03-29", "2012-03-30", "2012-04-02", "2012-04-03", "2012-04-04", "2012-04-05"]
    stocks = [99900, 99800, 99700, 542, 99400, 99300, 99200]
    data = [f"{day},17780,17910,{stock}" for day, stock in zip(days, stocks, strict=True)]
    landing = read(tmp_path, {"lme/nickel.csv": lines(LME_HEADER, *data)})
    assert faults(landing) == [(4, "lme_stock", "542.0")]
    assert "unit error" in reasons(landing)[0]
    assert rows(landing, "market.stocks")["total"].min() == 99200
    assert rows(landing, "market.prices").height == 14


def test_a_large_true_move_of_price_and_stock_survives(tmp_path):
    data = ["2022-03-04,29000,29100,76000", "2022-03-07,42995,48078,76000", "2022-03-09,20000,20500,4000"]
    landing = read(tmp_path, {"lme/nickel.csv": lines(LME_HEADER, *data)})
    assert landing.faults.is_empty()
    assert rows(landing, "market.prices")["price"].max() == 48078.0


@pytest.mark.parametrize(
    ("row", "field", "value", "reason"),
    [
        ("2024-01-03,-8430,8500,1000", "cash_settlement", "-8430", "not above zero"),
        ("2024-01-03,8430,0,1000", "three_month", "0", "not above zero"),
        ("2024-01-03,1e300,8500,1000", "cash_settlement", "1e300", "above 1e+07"),
        ("2024-01-03,8430,8500,1e15", "lme_stock", "1e15", "above 1e+08"),
        ("2024-01-03,8430,8500,-5", "lme_stock", "-5", "below 0"),
        ("2024-01-03,eight,8500,1000", "cash_settlement", "eight", "not a number"),
        ("2024-01-03,8430,inf,1000", "three_month", "inf", "not a number"),
        ('2024-01-03,"8430,5",8500,1000', "cash_settlement", "8430,5", "not a number"),
        ("2024-13-03,8430,8500,1000", "date", "2024-13-03", "not a date of this format"),
        ("03/01/2024,8430,8500,1000", "date", "03/01/2024", "not a date of this format"),
        ("0224-01-03,8430,8500,1000", "date", "0224-01-03", "dated before 1900-01-01"),
        ("2204-01-03,8430,8500,1000", "date", "2204-01-03", "dated after 2099-12-31"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_with_its_value_and_the_rest_is_used(tmp_path, row, field, value, reason):
    landing = read(tmp_path, copper(GOOD, row))
    assert faults(landing, "file", "row", "field", "value", "reason") == [("lme/copper.csv", 2, field, value, reason)]
    assert rows(landing, "market.prices").filter(rows(landing, "market.prices")["price_date"] == date(2024, 1, 2)).height == 2


def test_a_fault_with_an_unusable_date_shows_on_every_night(tmp_path):
    assert faults(read(tmp_path, copper(GOOD, "2204-01-03,1,1,1")), "known_at") == [(None,)]


def test_thousands_separators_are_read(tmp_path):
    landing = read(tmp_path, copper('2024-01-02,"8,430.50","8,534","167,825"'))
    assert values(landing, "market.prices", "price") == [(8430.5,), (8534.0,)]
    assert values(landing, "market.stocks", "total") == [(167825.0,)]
    assert landing.faults.is_empty()


def test_of_two_rows_with_one_date_the_first_is_used(tmp_path):
    landing = read(tmp_path, copper(GOOD, "2024-01-02,9999,9999,1000"))
    assert values(landing, "market.prices", "price") == [(8430.5,), (8534.0,)]
    assert faults(landing) == [(2, "", "2024-01-02,9999,9999,1000")]
    assert reasons(landing) == ["the date of row 1 again"]


def test_columns_may_come_in_another_order_and_without_the_stock(tmp_path):
    landing = read(tmp_path, {"lme/copper.csv": lines("Three_Month, Date ,cash_settlement", "8534,2024-01-02,8430.5")})
    assert values(landing, "market.prices", "tenor", "price") == [("3m", 8534.0), ("cash", 8430.5)]
    assert landing.faults.is_empty()


def test_a_single_repeat_is_a_price_where_the_three_month_price_is_merely_missing(tmp_path):
    rows = ["2008-04-28,2190,,1000", "2008-04-29,2195.5,,1001", "2008-04-30,2195.5,,1002", "2008-05-01,2195.5,,1003"]
    landing = read(tmp_path, {"lme/zinc.csv": lines(LME_HEADER, *rows)})
    assert [price for (price,) in values(landing, "market.prices", "price")] == [2190.0, 2195.5, 2195.5]
    cash = [row for row, field in faults(landing, "row", "field") if field == "cash_settlement"]
    assert cash == [4], "the second repeat is none"


def test_a_file_without_a_three_month_column_is_no_suspended_market(tmp_path):
    landing = read(tmp_path, {"lme/zinc.csv": lines("date,cash_settlement", *[f"2024-07-0{day},2195.5" for day in (1, 2, 3, 4)])})
    assert len(values(landing, "market.prices", "price")) == 4
    assert landing.faults.is_empty()
