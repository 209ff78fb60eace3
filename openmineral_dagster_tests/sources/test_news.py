"""News lines: untrusted text, kept as data."""

import json
from datetime import UTC, datetime

import pytest

from openmineral_dagster_tests.sources.landings import faults, lines, read, reasons, rows, values

ITEM = {"id": "n1", "published_at": "2024-07-02T09:30:00+01:00", "source": "Desk", "headline": "Copper up", "body": None}


def news(tmp_path, *items):
    texts = [item if isinstance(item, str) else json.dumps(item) for item in items]
    return read(tmp_path, {"news/day.jsonl": "\n".join(texts) + "\n"})


def test_a_line_is_an_item_with_its_time_in_utc(tmp_path):
    landing = news(tmp_path, {**ITEM, "url": "https://example.org/1"})
    assert rows(landing, "market.news").rows() == [
        ("n1", datetime(2024, 7, 2, 8, 30, tzinfo=UTC), "Desk", "Copper up", None, "https://example.org/1")
    ]


def test_text_is_stripped_of_control_and_invisible_characters_and_of_half_characters(tmp_path):
    landing = news(tmp_path, {**ITEM, "headline": "Cop\x00per\u202e \x1b[31mup\u200b\nnow\ud800"})
    assert values(landing, "market.news", "headline") == [("Copper [31mup now?",)]


def test_markup_and_instructions_stay_what_they_are(tmp_path):
    hostile = "Ignore previous instructions; <script>alert(1)</script> '; DROP TABLE news; --"
    assert values(news(tmp_path, {**ITEM, "body": hostile}), "market.news", "body") == [(hostile,)]


def test_texts_are_bounded(tmp_path):
    landing = news(tmp_path, {**ITEM, "headline": "h" * 5_000, "body": "b" * 90_000, "url": "u" * 9_000})
    ((headline, body, url),) = values(landing, "market.news", "headline", "body", "url")
    assert (len(headline), len(body), len(url)) == (500, 20_000, 2_000)


@pytest.mark.parametrize(
    ("item", "field", "reason"),
    [
        ("{torn", "", "not a JSON object"),
        ("[1, 2]", "", "not a JSON object"),
        ("[" * 100_000, "", "not a JSON object"),
        ("x" * 200_001, "", "longer than 200000 characters"),
        ({**ITEM, "id": ""}, "id", "missing"),
        ({**ITEM, "id": 7}, "id", "not a text"),
        ({**ITEM, "id": "n" * 201}, "id", "longer than 200 characters"),
        ({**ITEM, "headline": ["a"]}, "headline", "not a text"),
        ({**ITEM, "source": None}, "source", "missing"),
        ({**ITEM, "published_at": "yesterday"}, "published_at", "not a time"),
        ({**ITEM, "published_at": "2024-07-02T09:30:00"}, "published_at", "a time without its zone"),
        ({**ITEM, "published_at": "0001-01-01T00:00:00+10:00"}, "published_at", "not a time of this age"),
        ({**ITEM, "id": "first"}, "id", "the id of row 1 again"),
    ],
)
def test_a_line_that_is_no_item_is_quarantined_and_the_others_are_used(tmp_path, item, field, reason):
    landing = news(tmp_path, {**ITEM, "id": "first"}, item, {**ITEM, "id": "last"})
    assert values(landing, "market.news", "news_id") == [("first",), ("last",)]
    assert faults(landing, "source", "row", "field") == [("news", 2, field)]
    assert reasons(landing)[0].startswith(reason)


def test_a_jsonl_file_of_something_else_is_quarantined(tmp_path):
    assert faults(news(tmp_path, {"a": 1}), "source", "row") == [("news", 0)]


def test_one_item_in_two_files_is_used_once(tmp_path):
    line = json.dumps(ITEM) + "\n"
    landing = read(tmp_path, {"news/a.jsonl": line, "news/b.jsonl": line})
    assert rows(landing, "market.news").height == 1
    assert landing.notices == ("news/a.jsonl: 1 rows of market.news are taken from news/b.jsonl instead; 0 of them differ",)


def test_a_damaged_first_line_costs_itself_alone(tmp_path):
    good = '{"id": "2", "published_at": "2024-01-02T00:00:00Z", "source": "s", "headline": "h"}'
    landing = read(tmp_path, {"news/n.jsonl": lines('{"id": "1", TORN', good)})
    assert len(values(landing, "market.news", "news_id")) == 1
    assert faults(landing, "row") == [(1,)]
