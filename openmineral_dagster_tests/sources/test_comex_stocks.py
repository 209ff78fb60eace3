"""Stock reports of COMEX: found by their labels wherever they stand, short tons and ounces turned into tonnes."""

import io
from datetime import UTC, date, datetime

import pytest
import xlwt

from openmineral_dagster_tests.sources.landings import faults, read, reasons, rows, values

HEAD = [("COMMODITY EXCHANGE, INC.",), ("", "Report Date: 10/09/2026"), ("", "Activity Date: 10/08/2026")]
COPPER = [
    ("COPPER",),
    ("Short Ton",),
    ("Total Registered", 1, 475_868),
    ("Total Eligible", 1, 310_462),
    ("Combined Total", 1, 786_330),
]


def workbook(*cells):
    book = xlwt.Workbook()
    sheet = book.add_sheet("1")
    for number, row in enumerate(cells):
        for column, cell in enumerate(row):
            sheet.write(number, column, cell)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def landed(tmp_path, *cells):
    return read(tmp_path, {"comex_stocks/Copper_Stocks.xls": workbook(*cells)})


def test_copper_is_in_short_tons_and_the_table_in_tonnes(tmp_path):
    landing = landed(tmp_path, *HEAD, *COPPER)
    ((instrument, day, registered, total),) = values(landing, "market.stocks", "instrument", "report_date", "on_warrant", "total")
    assert (instrument, day) == ("HG", date(2026, 10, 9))
    assert (registered, total) == (pytest.approx(475_868 * 0.90718474), pytest.approx(786_330 * 0.90718474))
    assert rows(landing, "market.stocks")["published_at"].to_list() == [datetime(2026, 10, 9, 22, tzinfo=UTC)]


def test_gold_is_in_ounces(tmp_path):
    gold = [
        ("GOLD",),
        ("Troy Ounce",),
        ("Total Registered", 16_075_373.3),
        ("Total Eligible", 16_075_373.3),
        ("Combined Total", 32_150_746.6),
    ]
    ((total,),) = values(landed(tmp_path, *HEAD, *gold), "market.stocks", "total")
    assert total == pytest.approx(1000, rel=1e-6)


def test_rows_that_drifted_are_found_by_their_labels(tmp_path):
    landing = landed(tmp_path, *[("",)] * 7, *HEAD, ("",), *COPPER[:2], ("DELIVERY POINT", 1, 2), ("",), *COPPER[2:])
    assert rows(landing, "market.stocks").height == 1


def test_totals_that_do_not_add_up_are_no_stock(tmp_path):
    landing = landed(tmp_path, *HEAD, *COPPER[:4], ("Combined Total", 1, 999_999))
    assert rows(landing, "market.stocks").is_empty()
    assert reasons(landing) == ["not registered plus eligible"]


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ([*HEAD[:1], *COPPER], "Report Date"),
        ([HEAD[0], ("Report Date: 13/45/2026",), *COPPER], "Report Date"),
        ([*HEAD, COPPER[0], *COPPER[2:]], "copper"),
    ],
)
def test_without_a_day_or_a_unit_nothing_is_assumed(tmp_path, cells, field):
    landing = landed(tmp_path, *cells)
    assert landing.parsed == ()
    assert field in reasons(landing)[0] or field in faults(landing, "field")[0]


def test_an_old_office_file_that_is_none_is_quarantined(tmp_path):
    landing = read(tmp_path, {"comex_stocks/x.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and nothing more"})
    assert faults(landing, "source", "file") == [("comex_stocks", "comex_stocks/x.xls")]
