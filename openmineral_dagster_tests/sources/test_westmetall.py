"""Pages of LME prices: the table is found by its heading, and read as an LME file is."""

from datetime import date

import pytest

from openmineral_dagster_tests.sources.landings import faults, read, reasons, values

HEAD = "<tr><th>date</th><th>LME Copper Cash-Settlement</th><th>LME Copper 3-month</th><th>LME Copper stock</th></tr>"
ROW = "<tr><td>20. November 2026</td><td>9,741.50</td><td>9,810.00</td><td>271,400</td></tr>"


def landed(tmp_path, *rows, head=HEAD, name="lme/copper.html"):
    menu = "<table><tr><td>menu</td></tr></table>"
    return read(tmp_path, {name: f"<!DOCTYPE html><html><body>{menu}<table>{head}{''.join(rows)}</table></body></html>"})


def test_a_row_is_cash_three_months_and_the_stock_of_the_report_before(tmp_path):
    landing = landed(tmp_path, ROW, HEAD)
    assert values(landing, "market.prices", "instrument", "tenor", "price_date", "price") == [
        ("CU", "3m", date(2026, 11, 20), 9810.0),
        ("CU", "cash", date(2026, 11, 20), 9741.5),
    ]
    assert values(landing, "market.stocks", "report_date", "total") == [(date(2026, 11, 19), 271_400.0)]
    assert landing.faults.is_empty(), "a heading that is repeated is no row"


def test_a_row_that_cannot_be_read_is_set_apart(tmp_path):
    landing = landed(
        tmp_path, ROW, "<tr><td>yesterday</td><td>1</td><td>2</td><td>3</td></tr>", "<tr><td>19. November 2026</td></tr>"
    )
    assert len(reasons(landing)) == 2


@pytest.mark.parametrize("head", ["", "<tr><th>date</th><th>LME Cash</th></tr>"])
def test_a_page_without_the_table_is_quarantined(tmp_path, head):
    landing = landed(tmp_path, "<tr><td>LME Cash</td></tr>", head=head)
    assert faults(landing, "source", "file", "row") == [("lme", "lme/copper.html", 0)]
