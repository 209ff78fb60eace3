"""Figures are printed the way the desk reads them, and pictures take the colours of the page they stand in."""

import re

import pytest

from openmineral_dagster.reporting.pages import number, percent, picture, png, signed, usd
from openmineral_dagster.reporting.plots import LONGEST_NAME, shortened, signed_bars


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (usd(1234567.5), "1,234,568"),
        (usd(-1234.4), "−1,234"),
        (usd(-0.4), "0"),
        (usd(None), "–"),
        (signed(1234.0), "+1,234"),
        (signed(-1234.0), "−1,234"),
        (signed(-0.2), "0"),
        (signed(None), "–"),
        (percent(0.12345), "12.3\N{NO-BREAK SPACE}%"),
        (percent(-0.05, sign=True), "−5.0\N{NO-BREAK SPACE}%"),
        (percent(0.05, 0, sign=True), "+5\N{NO-BREAK SPACE}%"),
        (percent(-0.0001, sign=True), "0.0\N{NO-BREAK SPACE}%"),
        (percent(None), "–"),
        (number(-0.704), "−0.70"),
        (number(1234.5, 0), "1,234"),
        (number(None), "–"),
    ],
)
def test_a_figure_is_printed_with_separators_a_true_minus_and_no_negative_nought(printed, expected):
    assert printed == expected


def drawn(*names):
    values = [float(place) for place in range(len(names))]
    return signed_bars(names, values, [usd(value) for value in values], ["#b4531f"] * len(names), "USD")


def test_a_picture_takes_the_colours_of_its_page_and_keeps_its_text():
    shown = picture(drawn("copper", "tin"), "one")
    assert "var(--ink)" in shown
    assert "var(--mark)" in shown
    assert not re.search(r": #(1d2b36|b4531f|c9d3da)", shown)
    assert ">copper</text>" in shown


def test_names_inside_two_pictures_do_not_meet():
    first, second = (set(re.findall(r' id="([^"]+)"', picture(drawn("a", "b"), name))) for name in ("one", "two"))
    assert not first & second


def test_the_same_figure_is_the_same_text():
    assert picture(drawn("a", "b"), "one") == picture(drawn("a", "b"), "one")


def test_a_name_in_a_chart_is_neither_a_formula_nor_markup():
    shown = picture(drawn(r"$\frac$ <b>&", "b"), "one")
    assert r"$\frac$ &lt;b&gt;&amp;" in shown
    assert png(drawn(r"$\frac$", "b")).startswith(b"\x89PNG")


def test_an_endless_name_is_cut_and_a_broken_one_is_one_line():
    assert shortened("two\nlines") == "two lines"
    assert len(shortened("x" * 300)) == LONGEST_NAME
