"""How values print: half-up decimals, thousands, units, and text from outside made harmless."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openmineral_dagster.memos.facts import GroundingError
from openmineral_dagster.memos.formats import print_fact, printings
from openmineral_dagster.memos.text import LONGEST_TEXT, UNPRINTABLE, cleaned, escaped, prints_a_number


@pytest.mark.parametrize(
    ("value", "unit", "name", "printed"),
    [
        (Decimal("39477.005"), "USD", "usd2", "39,477.01"),
        (Decimal("-39477.005"), "USD", "usd2", "-39,477.01"),
        (Decimal("0.5"), "USD", "usd0", "1"),
        (Decimal("1.5"), "USD", "usd0", "2"),
        (-0.001, "USD", "usd2", "0.00"),
        (1.005, "USD/t", "usd_per_t", "1.01"),
        (5.12345, "USD/lb", "usd_per_lb", "5.1235"),
        (0.8796, "fraction", "pct1", "88.0%"),
        (-0.0345, "fraction", "pct1", "-3.5%"),
        (0.95, "fraction", "level", "95%"),
        (0.975, "fraction", "level", "97.5%"),
        (1.0, "fraction", "level", "100%"),
        (Decimal("8.5"), "percent", "pct_points", "8.50%"),
        (Decimal("1.087"), "percent/year", "pct_points", "1.09%"),
        (21, "rows", "number0", "21"),
        (9150.0, "dmt", "number3", "9,150.000"),
        (0.784, "fraction", "number2", "0.78"),
        (date(2026, 10, 5), None, "date", "2026-10-05"),
        ("SAN-01", None, "text", "SAN-01"),
    ],
)
def test_values_print_half_up_with_thousands_and_an_ascii_minus(value, unit, name, printed):
    assert print_fact(value, unit, name) == printed
    assert printed in printings(value, unit)


@pytest.mark.parametrize(
    ("value", "unit", "name", "reason"),
    [
        (1.0, "USD/t", "usd2", "not for the unit USD/t"),
        (1.0, "USD", "pct1", "not for the unit USD"),
        (1.0, "fraction", "number0", "not for the unit fraction"),
        (1.0, None, "usd0", "not for the unit none"),
        (1.0, "USD", "eur2", "unknown format 'eur2'"),
        ("5", None, "number0", "does not print str"),
        (5, None, "text", "does not print int"),
        (datetime(2026, 1, 1, tzinfo=UTC), None, "date", "does not print datetime"),
        (float("nan"), "USD", "usd2", "not a number"),
        (float("inf"), "USD", "usd2", "not a number"),
        (1e300, "USD", "usd2", "not a number"),
    ],
)
def test_a_format_that_does_not_fit_is_refused_with_its_reason(value, unit, name, reason):
    with pytest.raises(GroundingError, match=reason):
        print_fact(value, unit, name)


@pytest.mark.parametrize("character", "7٣३７²½①Ⅳ三㏠🯱➆")
def test_numbers_of_every_script_and_shape_count_as_digits(character):
    assert prints_a_number(character)


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("＜b＞", "&lt;b&gt;"),
        ("{{x|usd2}}", "\\{\\{x\\|usd2\\}\\}"),
        ("![a](http://x.y)", "!\\[a\\]\\(http\\://x.y)"),
        ("www.evil.com", "www\\.evil.com"),
        ("a@b.com", "a\\@b.com"),
        ("# Buy\n\n## Now", "\\# Buy ## Now"),
        ("- item", "\\- item"),
        ("1. item", "1\\. item"),
        ("**bold** _so_ `x`", "\\*\\*bold\\*\\* \\_so\\_ \\`x\\`"),
        ("ewma97_normal", "ewma97_normal"),
        ("a\u202eb\u200bc\u00add", "abcd"),
        ("\u202e\u200f", UNPRINTABLE),
        ("", UNPRINTABLE),
        ("&lt;", "&amp;lt;"),
        ("S.A. (Peru)", "S.A. (Peru)"),
    ],
)
def test_hostile_text_reads_as_just_its_characters(hostile, harmless):
    assert escaped(hostile) == harmless


@given(st.text())
@example("|a|b|")
@example("](")
@example("__x__")
def test_no_text_can_open_markup_or_leave_its_line(text):
    printed = escaped(text)
    assert printed
    assert not re.search(r"[<>\n\r\u2028\u2029\u202a-\u202e\u2066-\u2069]|\{\{|\]\(|://(?<!\\://)", printed)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*\[\]{}|~]", printed)
    assert len(cleaned(text)) <= LONGEST_TEXT
    assert printed == escaped(text)
