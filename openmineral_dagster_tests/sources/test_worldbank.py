"""The Pink Sheet: found by content, in its own units, and never from a workbook that is something else."""

import io
from datetime import date

import openpyxl
import polars as pl
import pytest

from openmineral_dagster_tests.sources.landings import faults, read, reasons, rows, values

ABOVE = (
    ["World Bank Commodity Price Data (The Pink Sheet)"],
    ["monthly prices in nominal US dollars"],
    ["Updated on March 04, 2024"],
    [],
    [None, "Copper", "Coal, South African **", "Urea "],
    [None, "($/mt)", "($/mt)", "($/mt)"],
)


def workbook(*data, above=ABOVE, sheet="Monthly Prices"):
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in (*above, *data):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def landed(tmp_path, content, name="worldbank/CMO.xlsx"):
    return read(tmp_path, {name: content})


def monthly(landing):
    return sorted(values(landing, "market.monthly", "series", "month_date", "value", "unit"))


def test_a_cell_is_the_average_of_its_month_in_the_unit_of_its_column(tmp_path):
    landing = landed(tmp_path, workbook(["2024M01", 8345.5, 100, 335.25], ["2024M02", 8310.7, "…", ".."]))
    assert monthly(landing) == [
        ("Coal, South African", date(2024, 1, 1), 100.0, "$/mt"),
        ("Copper", date(2024, 1, 1), 8345.5, "$/mt"),
        ("Copper", date(2024, 2, 1), 8310.7, "$/mt"),
        ("Urea", date(2024, 1, 1), 335.25, "$/mt"),
    ]
    assert landing.faults.is_empty()


def test_a_month_is_published_on_the_second_business_day_of_the_next(tmp_path):
    landing = landed(tmp_path, workbook(["2023M12", 1, 1, 1]))
    assert {moment.isoformat() for moment in rows(landing, "market.monthly")["published_at"]} == {"2024-01-03T22:00:00+00:00"}


def test_the_vintage_is_the_day_the_sheet_was_updated(tmp_path):
    (part,) = landed(tmp_path, workbook(["2024M01", 1, 1, 1]), name="worldbank/CMO_2024-06-01.xlsx").parsed
    assert part.vintage == date(2024, 3, 4)


def test_a_sheet_that_does_not_say_when_takes_the_vintage_of_its_name(tmp_path):
    content = workbook(["2024M01", 1, 1, 1], above=(*ABOVE[:2], ["no date"], *ABOVE[3:]))
    (part,) = landed(tmp_path, content, name="worldbank/CMO_2024-06-01.xlsx").parsed
    assert part.vintage == date(2024, 6, 1)


@pytest.mark.parametrize("extra", [0, 2])
def test_the_rows_are_found_wherever_they_begin(tmp_path, extra):
    content = workbook(["2024M01", 1, 2, 3], above=([ABOVE[0][0]], *[["note"]] * extra, *ABOVE[2:]))
    assert len(monthly(landed(tmp_path, content))) == 3


@pytest.mark.parametrize(
    ("row", "row_number", "field", "value", "reason"),
    [
        (["2024M02", "dear", 1, 1], 8, "Copper", "dear", "not a number"),
        (["2024M02", 1e12, 1, 1], 8, "Copper", "1000000000000", "above 1e+07"),
        (["2024M13", 1, 1, 1], 8, "", "2024M13", "not a month such as 1960M01"),
        (["Note: see below"], 8, "", "Note: see below", "not a month such as 1960M01"),
        (["2024M01", 9, 9, 9], 8, "", "2024M01", "the month of an earlier row again"),
    ],
)
def test_a_cell_or_row_that_cannot_be_used_is_named(tmp_path, row, row_number, field, value, reason):
    landing = landed(tmp_path, workbook(["2024M01", 1, 1, 1], row))
    assert faults(landing, "source", "row", "field", "value") == [("worldbank", row_number, field, value)]
    assert reasons(landing)[0].startswith(reason)


def test_a_month_after_the_sheet_s_own_day_is_no_average_of_anything(tmp_path):
    landing = landed(tmp_path, workbook(["2024M04", 1, 1, 1]))
    assert monthly(landing) == []
    assert set(reasons(landing)) == {"a month after the sheet's own day, 2024-03-04"}


def test_two_columns_of_one_name_are_neither(tmp_path):
    above = (*ABOVE[:4], [None, "Copper", "Copper", "Urea"], ABOVE[5])
    landing = landed(tmp_path, workbook(["2024M01", 1, 2, 3], above=above))
    assert [row[0] for row in monthly(landing)] == ["Urea"]
    assert reasons(landing) == ["the name of two columns"]


@pytest.mark.parametrize(
    "content",
    [
        workbook(["2024M01", 1, 1, 1], sheet="Prices"),
        workbook(["2024M01", 1, 1, 1], above=(["Other prices"], *ABOVE[1:])),
        workbook([1, 2], above=()),
        workbook(["2024M01", 1, 1, 1])[:2000],
        b"PK\x03\x04" + bytes(500),
    ],
    ids=["another sheet", "another title", "another table", "torn", "no workbook"],
)
def test_a_workbook_that_is_no_pink_sheet_is_quarantined_as_a_file(tmp_path, content):
    landing = landed(tmp_path, content)
    assert faults(landing, "source", "file", "row") == [("worldbank", "worldbank/CMO.xlsx", 0)]
    assert landing.parsed == ()


def test_a_formula_without_a_stored_value_is_a_missing_cell(tmp_path):
    assert [row[0] for row in monthly(landed(tmp_path, workbook(["2024M01", "=1+1", 5, "=A1"])))] == ["Coal, South African"]


def test_the_real_sheet_is_whole(real):
    held = rows(real, "market.monthly")
    assert (held["series"].n_unique(), held["month_date"].min(), held["month_date"].max()) == (
        71,
        date(1960, 1, 1),
        date(2024, 12, 1),
    )
    assert set(held.filter(pl.col("series") == "Gold")["unit"]) == {"$/troy oz"}
    assert real.faults.filter(pl.col("source") == "worldbank").is_empty()


def test_the_real_averages_are_those_of_the_daily_prices(real):
    prices = rows(real, "market.prices").filter(pl.col("instrument") == "CU", pl.col("tenor") == "cash")
    daily = prices.group_by(month_date=pl.col("price_date").dt.truncate("1mo")).agg(pl.col("price").mean())
    copper = rows(real, "market.monthly").filter(pl.col("series") == "Copper")
    apart = daily.join(copper, on="month_date").select((pl.col("price") / pl.col("value") - 1).abs())["price"]
    assert apart.len() == 204
    assert apart.max() < 0.0075
    assert apart.median() == pytest.approx(0.0011, abs=0.0001)
