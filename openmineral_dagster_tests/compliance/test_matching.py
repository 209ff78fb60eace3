"""Likeness is high for slips of spelling, order and spacing and low for names that only share common words."""

import pytest

from openmineral_dagster.compliance.matching import NameIndex

COMMON = [(first, second) for first in ("orvik", "tandel", "kresh", "munto", "alba") for second in ("trading", "metals", "group")]


def likeness(query: str, listed: str) -> float:
    index = NameIndex([tuple(listed.split()), *COMMON])
    return max((found.score for found in index.alike(tuple(query.split())) if found.name == 0), default=0.0)


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        ("norilsk nickel", "norilskiy nikel"),
        ("sun metals trading", "sun metal trading"),
        ("gold star metals", "goldstar metals"),
        ("abdulhai salek", "salek abdulhai"),
        ("ibrahim al banna", "ibrahim albanna"),
    ],
)
def test_slips_of_spelling_order_and_spacing_stay_alike(query, listed):
    assert likeness(query, listed) >= 0.85
    assert likeness(listed, query) >= 0.85


@pytest.mark.parametrize(
    ("query", "listed"), [("rusal america", "rusal"), ("gold star trading", "gold trading"), ("vostok metals", "baltik metals")]
)
def test_a_shared_part_alone_never_makes_names_alike(query, listed):
    assert likeness(query, listed) < 0.85
    assert likeness(listed, query) < 0.85


@pytest.mark.parametrize(("query", "listed"), [("alcoa", "alco"), ("kim ok", "kim uk"), ("rosneft", "rosnefts")])
def test_short_and_one_word_names_count_only_when_equal(query, listed):
    assert likeness(query, listed) == 0.0
    assert likeness(listed, listed) == 1.0


def test_an_index_without_names_finds_nothing():
    assert list(NameIndex([]).alike(("anything", "at", "all"))) == []


def test_words_a_name_shares_come_rarest_first():
    index = NameIndex([("zephyra", "metals"), *COMMON])
    found = next(item for item in index.alike(("metals", "zephyra", "north")) if item.name == 0)
    assert found.shared == ("zephyra", "metals")
