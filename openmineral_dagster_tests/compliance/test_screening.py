"""A name leads to block, review or pass by its likeness, and to no pass at all on lists that are not fresh."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmineral_dagster.compliance.screening import Screener, ScreenResult, screen_names, valid_imo
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster_tests.compliance.lists import NIGHT, entry, lists

LISTED = (
    entry("ZEPHYRA MARITIME SHIPPING CO., LTD.", "OFAC", uid="1", country="Iran"),
    entry("ZMS Lines", "OFAC", "strong", uid="1"),
    entry("THE CHESS PLAYER", "OFAC", "weak", "person", uid="2"),
    entry("DORANTE, Melchior Ruben", "UN", entity_type="person", uid="QDi.1"),
    entry("BRELOK", "EU", uid="77", country="Syrian Arab Republic"),
    entry("OCEAN HERON", "UK", entity_type="vessel", uid="U1", imo="9074729"),
)
SCREENER = Screener(lists(*LISTED))


def screen(name: str, *args: str | None, screener: Screener = SCREENER, **more: str) -> ScreenResult:
    return screener.screen(name, *args, as_of=NIGHT, **more)


@pytest.mark.parametrize(
    "name", ["Zephyra Maritime Shipping", "zéphyra maritime shipping LLC", "ZMS Lines", "Melchior Ruben Dorante"]
)
def test_an_equal_primary_or_strong_name_blocks(name):
    found = screen(name)
    assert (found.outcome, found.hit, found.score) == ("block", True, 1.0)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("Zephyra Maritime Shiping", 0.92, 0.9999), ("Zephira Maritim Shippng", 0.85, 0.97), ("Dorante Melchior Ruben", 1.0, 1.0)],
)
def test_a_like_name_is_reviewed(name, low, high):
    found = screen(name)
    assert (found.outcome, found.hit) == ("review", True)
    assert low <= found.score <= high


@pytest.mark.parametrize(
    "name", ["Zephyra", "Maritime Shipping", "Anna Lindqvist", "Orvik Shipping Partners", "Zephyra Capital Advisors"]
)
def test_an_unlike_name_passes_on_fresh_lists(name):
    found = screen(name)
    assert (found.outcome, found.hit, found.matched, found.list) == ("pass", False, None, None)


def test_the_word_for_a_likeness_changes_at_092():
    assert "very like" in screen("Zephyra Maritime Shiping").reason
    like = screen("Zephyra Marityma Shippyng")
    assert 0.85 <= like.score < 0.92
    assert "is like" in like.reason


def test_a_weak_alias_is_reviewed_at_most():
    assert screen("The Chess Player", "person").outcome == "review"


def test_a_one_word_name_counts_only_when_equal_and_its_country_does_not_contradict():
    assert screen("Brelok").outcome == "block"
    assert screen("Brelok", None, "SY").outcome == "block"
    assert screen("Brelok", None, "PE").outcome == "review"
    assert screen("Breloks").outcome == "pass"


def test_a_contradicting_type_or_ship_number_asks_a_person_and_never_passes():
    assert screen("Ocean Heron", "entity").outcome == "review"
    assert screen("Ocean Heron", "vessel", imo="9321483").outcome == "review"


def test_a_listed_ship_number_blocks_whatever_the_ship_is_called():
    found = screen("Morning Breeze", "vessel", imo="9074729")
    assert (found.outcome, found.matched, found.list) == ("block", "OCEAN HERON", "UK")


def test_the_check_digit_of_a_ship_number_is_tested():
    assert valid_imo("9074729")
    assert not valid_imo("9074728")
    assert not valid_imo("٩٠٧٤٧٢٩")


@pytest.mark.parametrize(("kind", "country", "imo"), [("company", None, None), (None, "Atlantis", None), (None, None, "1234560")])
def test_a_wrong_type_country_or_ship_number_is_refused_in_one_line(kind, country, imo):
    with pytest.raises(BadInput) as refusal:
        SCREENER.screen("Zephyra", kind, country, as_of=NIGHT, imo=imo)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"without": ("EU",)}, "EU list: missing"),
        ({"dates": {"UN": None}}, "UN list: undated"),
        ({"dates": {"UK": NIGHT - timedelta(days=3)}}, "UK list: dated 2026-11-17, 3 days before"),
        ({"dates": {"OFAC": NIGHT + timedelta(days=1)}}, "OFAC list: the copy held is dated 2026-11-21, after the night"),
    ],
)
def test_a_list_that_is_missing_undated_old_or_of_the_future_never_passes(made, words):
    found = screen("Anna Lindqvist", screener=Screener(lists(*LISTED, **made)))
    assert (found.outcome, found.hit) == ("review", False)
    assert words in found.reason


def test_an_empty_list_and_one_without_its_aliases_never_pass():
    fresh = lists(*LISTED)
    for change, words in (({"entries": 0}, "empty"), ({"gap": "its alias file is missing"}, "alias file")):
        worse = replace(fresh, versions=(replace(fresh.versions[0], **change), *fresh.versions[1:]))
        found = screen("Anna Lindqvist", screener=Screener(worse))
        assert found.outcome == "review"
        assert words in found.reason


def test_no_lists_at_all_never_pass():
    found = screen("Anna Lindqvist", screener=Screener(lists(without=("OFAC", "UN", "EU", "UK"))))
    assert (found.outcome, found.score) == ("review", 0.0)


def test_a_list_two_days_old_is_still_fresh():
    aged = Screener(lists(*LISTED, dates=dict.fromkeys(("OFAC", "UN", "EU", "UK"), NIGHT - timedelta(days=2))))
    assert screen("Anna Lindqvist", screener=aged).outcome == "pass"


def test_staleness_never_lifts_a_block_and_never_makes_a_hit():
    stale = Screener(lists(*LISTED, dates={"OFAC": date(2026, 1, 1)}))
    assert screen("Zephyra Maritime Shipping", screener=stale).outcome == "block"
    assert not screen("Anna Lindqvist", screener=stale).hit


def test_a_copy_dated_after_the_night_is_not_read_for_it():
    later = Screener(lists(*LISTED, dates={"OFAC": NIGHT + timedelta(days=1)}))
    assert not screen("Zephyra Maritime Shipping", screener=later).hit
    assert later.screen("Zephyra Maritime Shipping", as_of=NIGHT + timedelta(days=1)).outcome == "block"


def test_the_answer_prints_as_one_json_object_with_the_contract_s_keys():
    printed = screen("Zephyra Maritime Shipping").as_json()
    assert "\n" not in printed
    answer = json.loads(printed)
    assert list(answer) == ["hit", "score", "matched", "list", "list_version", "outcome", "reason"]
    assert answer["list_version"].startswith("OFAC 2026-11-20")
    assert "zephyra" in answer["reason"]


def test_a_batch_answers_every_row_in_order_and_never_passes_a_bad_one():
    rows = [
        {"name": "Anna Lindqvist", "type": "person", "country": "SE"},
        {"name": "", "type": "", "country": ""},
        {"name": "Zephyra Maritime Shipping", "type": "Entity", "country": None},
        {"name": "Anna Lindqvist", "type": "robot", "country": ""},
        {"name": "x" * 10_000},
    ]
    assert [found.outcome for found in screen_names(SCREENER, rows, NIGHT)] == ["pass", "review", "block", "review", "review"]


@given(st.text(max_size=120))
def test_hostile_text_gets_an_answer_or_a_refusal(text):
    try:
        found = screen(text)
    except BadInput as refusal:
        assert "\n" not in str(refusal)
        return
    assert 0 <= found.score <= 1
    assert len(json.loads(found.as_json())["reason"].splitlines()) == 1
