"""The risk report in a real browser: no error, no sideways scroll on a phone, and the headline is the table's."""

import dataclasses

import polars as pl
import pytest

from openmineral_dagster.reporting.pages import usd
from openmineral_dagster.reporting.risk import CHART_NAMES, page
from openmineral_dagster_tests.acceptance.browsers import chromium
from openmineral_dagster_tests.reporting.risk_night import BOOK, NIGHT, empty_night, many_portfolios, night, renamed

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

PHONE, DESK = 390, 1200
BOOKS = {
    "full": night,
    "empty": empty_night,
    "one portfolio": lambda: night(BOOK[:1], nights=3),
    "40 portfolios": lambda: night(many_portfolios(40)),
    "hostile names": lambda: night(renamed(BOOK, "<script>alert(1)</script><img src=x onerror=alert(2)> $\\frac$")),
    "endless names": lambda: night(renamed(BOOK, "x" * 300)),
    "billions": lambda: night(tuple(dataclasses.replace(line, quantity=line.quantity * 1e4) for line in BOOK)),
}


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Tables and the file of their page, by the name of the book."""
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for name, made in BOOKS.items():
        tables, path = made(), folder / f"{name}.html"
        path.write_text(page(NIGHT, tables, sample_data=True))
        found[name] = tables, path
    return found


@pytest.fixture
def shown(browser, pages):
    """Opens a book's page at a width and in a colour scheme; what the browser complained of is checked at the end."""
    complaints, contexts = [], []

    def opened(name, width, scheme="light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        tab.on("request", lambda asked: None if asked.url.startswith("file:") else complaints.append(asked.url))
        tab.goto(pages[name][1].as_uri())
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", BOOKS)
def test_it_renders_without_a_complaint_and_without_sideways_scroll(shown, name, width, scheme):
    tab = shown(name, width, scheme)
    tab.get_by_role("heading", name="Risk of the book").wait_for()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_headline_is_the_published_row_of_the_table(shown, pages, width):
    tables = pages["full"][0]
    read = pl.col("published") & (pl.col("portfolio") == "ALL") & (pl.col("confidence") == 0.99) & (pl.col("horizon_days") == 1)
    row = tables.var.filter(read).row(0, named=True)
    tab = shown("full", width)
    assert tab.locator("#headline-var").inner_text() == f"USD {usd(row['var_usd'])}"
    assert tab.locator("#headline-es").inner_text() == f"USD {usd(row['es_usd'])}"


def test_charts_have_names_and_can_be_read_in_the_dark(shown):
    tab = shown("full", DESK, "dark")
    for name in CHART_NAMES.values():
        tab.get_by_role("img", name=name).wait_for()
    paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    words = tab.evaluate("[...document.querySelectorAll('figure svg text')].map(word => getComputedStyle(word).fill)")
    assert words
    assert all(_contrast(paper, word) > 4.5 for word in words)


def test_the_other_methods_unfold(shown):
    tab = shown("full", DESK)
    row = tab.get_by_role("rowheader", name="Monte Carlo, Student t").first
    assert not row.is_visible()
    tab.get_by_text("The other methods").click()
    assert row.is_visible()


def _contrast(one, other):
    """Contrast of two `rgb(r, g, b)` colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lights = sorted(_luminance(colour) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(colour):
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
