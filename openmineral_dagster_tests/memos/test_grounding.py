"""Templates name facts, rendered memos carry spans, and whatever breaks the tie between figure and row is found."""

import itertools
import unicodedata
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmineral_dagster.memos.facts import Fact, GroundingError, Ledger
from openmineral_dagster.memos.grounding import check_figures, render, reselect
from openmineral_dagster.memos.writer import write_memo
from openmineral_dagster_tests.memos import night

GIVEN = night.inputs()
MEMO = write_memo(GIVEN)


def _ledger(text: str = "SAN-01") -> Ledger:
    ledger = Ledger()
    row = {"deal_id": "X"}
    ledger.add(Fact("margin", Decimal("-1234.5"), "USD", "deals.valuation", "amount_usd", row))
    ledger.add(Fact("price", 9850.0, "USD/t", "market.marks", "price", row))
    ledger.add(Fact("day", date(2026, 10, 15), None, "market.marks", "price_date", row))
    ledger.add(Fact("name", text, None, "compliance.findings", "subject", row))
    return ledger


def test_a_template_becomes_text_with_one_span_a_figure_and_the_unit_behind_it():
    markdown, spans = render("Margin {{margin|usd0}}, copper **{{price|usd_per_t}}** on {{day|date}}.", _ledger())
    assert markdown == "Margin -1,235 USD, copper **9,850.00 USD/t** on 2026-10-15."
    assert [(span.value, span.fact.fact_id) for span in spans] == [
        ("-1,235", "margin"),
        ("9,850.00", "price"),
        ("2026-10-15", "day"),
    ]
    assert all(markdown[span.start : span.end] == span.value for span in spans)


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("Margin {{profit|usd0}}", "unknown fact 'profit'"),
        ("Margin {{margin|eur0}}", "unknown format 'eur0'"),
        ("Margin {{margin|usd_per_t}}", "not for the unit USD"),
        ("Margin {{margin}}", "malformed citation"),
        ("Margin {{ margin|usd0 }}", "malformed citation"),
        ("Margin {{margin|usd0", "malformed braces"),
        ("Margin margin|usd0}}", "malformed braces"),
        ("Margin {{{margin|usd0}}}", "malformed"),
        ("Margin {margin}", "malformed braces"),
        ("Margin 5", "digit '5'"),
        ("Margin ٣", "digit"),
        ("Margin ５", "digit"),
        ("Margin m²", "digit '²'"),
        ("Margin ½", "digit '½'"),
        ("Margin ①", "digit"),
        ("Annex Ⅳ", "digit"),
        ("The margin doubled", "number word 'doubled'"),
        ("About half of it", "number word 'half'"),
        ("Twenty-three lots", "number word 'twenty'"),
        ("T**w**elve lots", "number word 'twelve'"),
        ("ｔｗｏ lots", "number word 'two'"),
        ("One percent", "number word 'one'"),
        ("two-thirds", "number word 'two'"),
        ("the third day", "number word 'third'"),
        ("a fivefold rise", "number word 'fivefold'"),
        ("{{margin|usd0}} million", "number word 'million'"),
        ("-{{margin|usd0}}", "would change its figure"),
        ("a loss - {{margin|usd0}}", "would change its figure"),
        ("a loss \u2212 {{margin|usd0}}", "would change its figure"),
        ("x{{margin|usd0}}", "would change its figure"),
        ("{{margin|usd0}}k", "would change its figure"),
        ("{{margin|usd0}}{{price|usd_per_t}}", "would change its figure"),
        ("<b>bold</b>", "markup '<'"),
        ("[text](x)", "markup"),
        ("&half;", "number word"),
        ("&frac;", "markup '&frac;'"),
        ("tw\u200bo lots", "character"),
        ("tw\u043e lots", "character"),
    ],
)
def test_a_template_that_could_print_an_ungrounded_figure_is_refused_with_the_reason(template, reason):
    with pytest.raises(GroundingError, match=reason):
        render(template, _ledger())


@pytest.mark.parametrize(
    "words", ["One of the risks", "no one signs", "It often weighs on tension", "- {{margin|usd0}}", "({{name|text}})"]
)
def test_ordinary_words_pass(words):
    assert render(words, _ledger())[0]


def test_a_long_name_is_printed_in_touching_spans_of_the_length_allowed():
    name = "Example Trading and Shipping 4711 of the Long Coast and 99 Partners Ltd."
    markdown, spans = render("Sold to {{name|text}}.", _ledger(name))
    assert "".join(span.value for span in spans) == name
    assert [len(span.value) for span in spans] == [32, 32, 8]
    assert all(one.end == other.start for one, other in itertools.pairwise(spans))
    assert markdown == f"Sold to {name}."


@given(st.text(max_size=300))
def test_no_name_can_add_a_digit_outside_spans_or_markup_of_its_own(name):
    markdown, spans = render("Sold to {{name|text}} on {{day|date}}.", _ledger(name))
    covered = [position for span in spans for position in range(span.start, span.end)]
    assert len(covered) == len(set(covered))
    assert all(span.end - span.start <= 32 and markdown[span.start : span.end] == span.value for span in spans)
    numeric = {at for at, c in enumerate(markdown) if c.isdigit() or unicodedata.numeric(c, None) is not None}
    assert numeric <= set(covered)
    assert "<" not in markdown and "{{" not in markdown and "\n" not in markdown


@given(st.text(max_size=60))
def test_words_are_refused_or_print_no_number(words):
    try:
        markdown, _ = render(words, Ledger())
    except GroundingError:
        return
    assert not any(c.isdigit() or c.isnumeric() for c in unicodedata.normalize("NFKC", markdown))


def test_a_written_memo_has_nothing_to_complain_of():
    assert check_figures(MEMO.markdown, MEMO.figures) == []


def _changed(at: int, **values: object) -> pl.DataFrame:
    rows = MEMO.figures.rows(named=True)
    rows[at] |= values
    return pl.DataFrame(rows, schema=MEMO.figures.schema)


def _row_of(column: str) -> int:
    return MEMO.figures["source_column"].to_list().index(column)


def test_every_dropped_span_leaves_a_digit_that_is_found():
    for at, figure in enumerate(MEMO.figures.iter_rows(named=True)):
        if any(character.isdigit() for character in figure["value"]):
            kept = MEMO.figures.filter(pl.int_range(pl.len()) != at)
            assert any("lies in no span" in fault for fault in check_figures(MEMO.markdown, kept))


@pytest.mark.parametrize("digit", ["7", "٣", "²", "½", "７", "三"])
def test_a_digit_typed_into_a_memo_is_found_wherever_it_stands(digit):
    for at in range(0, len(MEMO.markdown), 97):
        assert check_figures(MEMO.markdown[:at] + digit + MEMO.markdown[at:], MEMO.figures)


def test_a_digit_changed_in_memo_and_figure_alike_no_longer_fits_its_number():
    at = _row_of("amount_usd")
    figure = MEMO.figures.row(at, named=True)
    false = figure["value"].replace("9", "8", 1)
    markdown = MEMO.markdown[: figure["span_start"]] + false + MEMO.markdown[figure["span_end"] :]
    assert any("prints" in fault for fault in check_figures(markdown, _changed(at, value=false)))


@pytest.mark.parametrize(
    ("column", "values", "fault"),
    [
        ("amount_usd", {"value": "1.00"}, "reads"),
        ("amount_usd", {"value_num": 91846.44}, "prints 91,846.43"),
        ("amount_usd", {"value_num": -91846.43}, "prints 91,846.43"),
        ("amount_usd", {"unit": "USD/t"}, "does not stand before its unit USD/t"),
        ("amount_usd", {"span_start": 0}, "too long"),
        ("amount_usd", {"span_end": 10**9}, "outside the memo"),
        ("amount_usd", {"source_table": "deals.invented"}, "no table"),
        ("amount_usd", {"source_column": "profit"}, "no column"),
        ("amount_usd", {"source_row": '{"deal_id": "CU-CONC-17"}'}, "not selected by"),
        ("amount_usd", {"source_row": "not json"}, "not selected by"),
        ("coverage_90", {"value_num": 0.8710}, "prints 88.0%"),
        ("price", {"value_num": 9901.51}, "prints 9,901.50"),
    ],
)
def test_a_tampered_figure_is_found(column, values, fault):
    assert any(fault in found for found in check_figures(MEMO.markdown, _changed(_row_of(column), **values)))


def test_overlapping_spans_are_found():
    twice = pl.concat([MEMO.figures, MEMO.figures.head(1)])
    assert "spans overlap" in check_figures(MEMO.markdown, twice)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("9,901.50 USD/t", "9,901.50 USD/lb"), ("91,846.43 USD", "91,846.43 USD/t"), ("91,846.43 USD", "91,846.43 EUR")],
)
def test_a_wrong_unit_in_the_words_is_found(right, wrong):
    at = MEMO.markdown.index(right)
    markdown = MEMO.markdown[:at] + wrong
    figures = MEMO.figures.filter(pl.col("span_start") <= at)
    [fault] = check_figures(markdown, figures)
    assert "does not stand before its unit" in fault


def test_every_figure_of_a_memo_is_selected_again_from_the_publication():
    assert reselect(MEMO.figures, night.Publication(GIVEN, MEMO).select) == []


def test_a_row_that_changed_or_went_away_is_reported_for_each_of_its_figures():
    publication = night.Publication(GIVEN, MEMO)
    publication.connection.execute("UPDATE deals.valuation SET amount_usd = amount_usd + 0.01 WHERE line = 'net_margin'")
    publication.connection.execute("DELETE FROM market.marks WHERE tenor = 'front'")
    found = reselect(MEMO.figures, publication.select)
    assert sum("the memo prints '91,846.43'" in fault for fault in found) == 2
    assert sum("marks" in fault for fault in found if "no such value" in fault) == 3


def test_a_long_hostile_name_is_selected_again_as_a_whole():
    given = night.inputs(seller="<script>alert(1)</script> {{x|text}} [a](http://x) \u202e٣ 三 ½ and Partners", outcome="block")
    memo = write_memo(given)
    assert reselect(memo.figures, night.Publication(given, memo).select) == []
