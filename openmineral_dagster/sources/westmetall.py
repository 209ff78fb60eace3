"""Westmetall's pages of LME prices and stocks: an HTML table, found by the words of its header."""

import re
from datetime import date, datetime

from lxml import etree, html

from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.sources import lme
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.parsed import Reading
from openmineral_dagster.sources.text_table import Refused, table_of

HEADS = {"date": "date", "cash": "cash_settlement", "3-month": "three_month", "stock": "lme_stock"}
"""Columns by a word in their heading."""
TAG = re.compile(rb"\s*(<\?xml[^>]*>\s*)?<(!doctype\s+html|html|table)\b", re.IGNORECASE)
LAYOUTS = ("%d. %B %Y", "%Y-%m-%d")


def matches(landed: Landed) -> bool:
    """Whether the file is a web page with prices of the LME."""
    return TAG.match(landed.data) is not None and b"LME" in landed.data and b"Cash" in landed.data


def read(landed: Landed) -> Reading:
    """What an LME file of the metal holds: the page is turned into one.

    Raises:
        BadInput: no table of the page has a date and the two prices, or the file's name is no LME metal.
    """
    columns, cells = _table(landed)
    names = tuple(name for name in HEADS.values() if name in columns)
    rows, refused = [], list[Refused]()
    for number, row in enumerate(cells, 1):
        day = _day(row[columns["date"]]) if len(row) == max(columns.values()) + 1 else None
        if day:
            rows.append((number, day.isoformat(), *(row[columns[name]] for name in names[1:])))
        elif row[:1] and not re.fullmatch(r"date", row[0], re.IGNORECASE):
            refused.append((number, ",".join(row)[:200], "not a day such as 20. November 2026 with its values"))
    return lme.read_prices(table_of(landed.file, names, rows, refused))


def _table(landed: Landed) -> tuple[dict[str, int], list[list[str]]]:
    """Column numbers by the platform's names, and the texts of the rows below the header."""
    try:
        page = html.fromstring(landed.data, parser=html.HTMLParser(no_network=True, huge_tree=False))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise BadInput(landed.file, "", str(error), "a web page") from error
    for table in page.iter("table"):
        rows = [[" ".join(cell.text_content().split()) for cell in row.iter("td", "th")] for row in table.iter("tr")]
        columns = _columns(rows[0]) if rows else {}
        if {"date", *lme.TENORS} <= set(columns):
            return columns, rows[1:]
    raise BadInput(landed.file, "", "a page without them", "a table with date, cash settlement and 3-month price")


def _columns(header: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for number, heading in enumerate(header):
        for word, name in HEADS.items():
            if word in heading.casefold():
                found.setdefault(name, number)
    return found


def _day(text: str) -> date | None:
    for layout in LAYOUTS:
        try:
            return datetime.strptime(text, layout).date()
        except ValueError:
            continue
    return None
