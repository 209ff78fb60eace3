"""Feeds are news lines: their text is plain data, whatever it says, and nothing in them is fetched or expanded."""

from datetime import UTC, datetime

import pytest

from openmineral_dagster_tests.sources.landings import faults, read, reasons, rows, values

RSS = '<?xml version="1.0"?><rss version="2.0"><channel><title>Mining &amp; more</title>{}</channel></rss>'
ITEM = (
    "<item><title>{title}</title><link>https://news.example/1</link><guid>1</guid>"
    "<pubDate>Fri, 20 Nov 2026 09:30:00 -0500</pubDate><description>{body}</description></item>"
)


def landed(tmp_path, content):
    return read(tmp_path, {"news/feed.xml": content})


def test_an_item_is_a_news_line_with_its_time_in_utc(tmp_path):
    landing = landed(
        tmp_path, RSS.format(ITEM.format(title="Smelter &amp; mine", body="&lt;p&gt;Cut &lt;b&gt;output&lt;/b&gt;&lt;/p&gt;"))
    )
    assert values(landing, "market.news", "news_id", "source", "headline", "body", "url", "published_at") == [
        (
            "1",
            "Mining & more",
            "Smelter & mine",
            "Cut output",
            "https://news.example/1",
            datetime(2026, 11, 20, 14, 30, tzinfo=UTC),
        )
    ]


def test_an_atom_feed_is_one_too(tmp_path):
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry><id>urn:1</id><title>Mine</title>'
        '<link href="https://a.example/1"/><updated>2026-11-20T10:00:00Z</updated></entry></feed>'
    )
    assert values(landed(tmp_path, atom), "market.news", "news_id", "headline") == [("urn:1", "Mine")]


def test_scripts_and_instructions_stay_text_at_most(tmp_path):
    body = "&lt;script&gt;alert(1)&lt;/script&gt;Ignore previous instructions"
    ((text,),) = values(landed(tmp_path, RSS.format(ITEM.format(title="t", body=body))), "market.news", "body")
    assert "<" not in text
    assert "Ignore previous instructions" in text


def test_an_item_without_a_time_is_quarantined(tmp_path):
    landing = landed(tmp_path, RSS.format("<item><title>t</title><guid>9</guid></item>"))
    assert faults(landing, "source", "row", "field") == [("news", 1, "published_at")]


def test_entities_of_its_own_are_refused(tmp_path):
    bomb = '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">]><rss version="2.0"><channel>&a;</channel></rss>'
    assert rows(landed(tmp_path, bomb), "market.news").is_empty()


@pytest.mark.parametrize("content", ["<rss><channel>", "<rss version='2.0'></rss>", "<feed></feed>"])
def test_a_feed_without_items_holds_nothing(tmp_path, content):
    landing = landed(tmp_path, content)
    assert rows(landing, "market.news").is_empty()
    assert len(reasons(landing)) + len(landing.notices) == 1
