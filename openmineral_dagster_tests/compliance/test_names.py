"""Names are brought to one form, whatever is thrown at them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmineral_dagster.compliance.names import display, spellings, tokens
from openmineral_dagster.reference.errors import BadInput


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("SALEK, Abdulhai", "person", "abdulhai salek"),
        ("ANGLO-CARIBBEAN CO., LTD.", "entity", "anglo caribbean"),
        ("Minera Ejemplo S.A.", "entity", "minera ejemplo"),
        ("Minera Ejemplo S. A.", "entity", "minera ejemplo"),
        ("Müller GmbH & Co. KG", "entity", "muller"),
        ("Smith & Sons Ltd", "entity", "smith and sons"),
        ("ООО «Норильский Никель»", "entity", "norilskii nikel"),
        ("Raytronic Corproation", "entity", "raytronic"),
        ("Gulf Stone DMCC", "entity", "gulf stone"),
        ("O'Brien", "person", "obrien"),
        ("RI U’N SO’NG", "person", "ri un song"),
    ],
)
def test_a_name_is_compared_by_its_plain_words(name, kind, words):
    assert " ".join(tokens(name, kind)) == words


def test_a_person_keeps_words_that_spell_legal_forms():
    assert tokens("Sab Hassan Co", "person") == ("sab", "hassan", "co")
    assert tokens("Co. Ltd.", "entity") == ("co", "ltd")


def test_a_name_of_unknown_type_is_compared_as_a_person_and_as_a_company():
    assert set(spellings("Smith, Anna Co", None)) == {("anna", "co", "smith"), ("smith", "anna")}


def test_a_name_is_also_compared_without_what_stands_in_brackets():
    assert ("butembo", "airlines") in spellings("BUTEMBO AIRLINES (BAL)", "entity")


def test_invisible_characters_do_not_hide_a_word():
    assert tokens("ROS\u200bN\x00EFT\u00ad Oil", "entity") == ("rosneft", "oil")


@pytest.mark.parametrize("name", ["", "   ", "😀🔥", "((((", "\x00\x07", "…—·", "x" * 10_000])
def test_a_name_without_letters_or_far_too_long_is_refused_in_one_line(name):
    with pytest.raises(BadInput) as refusal:
        spellings(name, None)
    assert "\n" not in str(refusal.value)


@given(st.text(max_size=400))
def test_any_text_gives_plain_words_or_a_refusal(text):
    try:
        forms = spellings(text, None)
    except BadInput as refusal:
        assert "\n" not in str(refusal)
        return
    assert forms
    assert all(word.isascii() and word.isalnum() for form in forms for word in form)


@given(st.text(max_size=400))
def test_any_text_displays_as_one_printable_line(text):
    shown = display(text)
    assert len(shown) <= 120
    shown.encode("utf-8")
    assert len(shown.splitlines()) <= 1
