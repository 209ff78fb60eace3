"""One request: bounded in tries, time and size, whatever the server does."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from openmineral_dagster.reference.errors import PermanentFault, TransientFault
from openmineral_dagster.sources.network.transport import Busy, Limits, Seen, Transport
from openmineral_dagster_tests.sources.network import server as badly

URL = "https://example.org/data.csv"
QUICK = Limits(pause_s=0.5, longest_pause_s=30.0, silence_s=1.0, total_s=2.0, most_bytes=1_000_000)


@pytest.fixture
def asked(web):
    """Ask for a page that behaves as given: the answer, or the fault, with the pauses that were made."""
    pauses: list[float] = []

    def ask(page, seen=None):
        web.publish({URL: page})
        return Transport(QUICK, web.address, sleep=pauses.append).get(URL, seen)

    ask.pauses = pauses
    ask.web = web
    return ask


def test_a_fault_that_may_pass_is_tried_three_times_with_growing_pauses(asked):
    with pytest.raises(TransientFault, match="answers 502"):
        asked(badly.status(502))
    assert asked.web.times_asked(URL) == 3
    assert len(asked.pauses) == 2
    assert 0.5 <= asked.pauses[0] < asked.pauses[1] + 0.5


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 451, 204])
def test_a_refusal_is_taken_at_its_word(asked, code):
    with pytest.raises(PermanentFault, match=f"answers {code}"):
        asked(badly.status(code))
    assert asked.web.times_asked(URL) == 1


def test_a_pause_the_server_asks_for_is_made(asked):
    assert asked(badly.first(1, badly.status(429, Retry_After="7"), b"done")).data == b"done"
    assert asked.pauses[0] == pytest.approx(7, abs=1)


@pytest.mark.parametrize("said", ["3600", "in an hour", "9999999"])
def test_a_longer_one_is_not_waited_for(asked, said):
    hour = (datetime.now(UTC) + timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    with pytest.raises(Busy, match="left alone until") as busy:
        asked(badly.status(503, Retry_After=hour if said == "in an hour" else said))
    assert busy.value.until > datetime.now(UTC) + timedelta(minutes=59)
    assert (asked.web.times_asked(URL), asked.pauses) == (1, [])


@pytest.mark.parametrize("said", ["soon", "-5", "99999999999999999999", "", "Fri, 20 Nov 99999999999999999999 10:00:00 GMT"])
def test_a_pause_that_cannot_be_understood_is_none(asked, said):
    with pytest.raises(TransientFault):
        asked(badly.status(503, Retry_After=said))
    assert asked.web.times_asked(URL) == 3


def test_what_was_seen_is_sent_back_and_an_unchanged_file_has_no_bytes(asked):
    first = asked(b"content")
    assert first.data == b"content"
    assert asked(b"content", first.seen).data is None
    assert asked(b"other", first.seen).data == b"other"
    assert Seen("tag", "Fri, 20 Nov 2026 10:00:00 GMT").headers == {
        "If-None-Match": "tag",
        "If-Modified-Since": "Fri, 20 Nov 2026 10:00:00 GMT",
    }


def test_a_bomb_is_given_up_at_the_size_an_answer_may_have(asked):
    with pytest.raises(PermanentFault, match="more than 1000000 bytes when unpacked"):
        asked(badly.gzip_bomb(100))


def test_an_answer_that_never_ends_is_given_up(asked):
    with pytest.raises(TransientFault, match="not done after 2 s"):
        asked(badly.trickle(bytes(1_000), 0.01))


def test_headers_that_never_end_are_given_up_too(asked):
    started = time.monotonic()
    with pytest.raises(TransientFault):
        asked(badly.slow_headers(0.2))
    assert time.monotonic() - started < 3 * (QUICK.total_s + 2)


def test_no_server_is_left_alone_for_longer_than_a_week(asked):
    with pytest.raises(Busy) as busy:
        asked(badly.status(503, Retry_After="Fri, 20 Nov 2999 10:00:00 GMT"))
    assert busy.value.until < datetime.now(UTC) + timedelta(days=8)


def test_a_tag_that_cannot_be_sent_back_is_not(asked):
    assert Seen('"\u00e9"', "x\ny").headers == {}


def test_a_redirect_is_followed_and_an_endless_one_is_not(asked):
    asked.web.publish({"https://example.org/moved.csv": b"moved"})
    assert asked(badly.redirect_to("/example.org/moved.csv")).data == b"moved"
    with pytest.raises(PermanentFault, match="TooManyRedirects"):
        asked(badly.redirect_forever)


def test_no_line_to_the_server_is_a_fault_that_may_pass():
    with pytest.raises(TransientFault, match=r"example\.org: ConnectError"):
        Transport(QUICK, "http://127.0.0.1:9", sleep=lambda seconds: None).get(URL)
