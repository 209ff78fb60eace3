"""One round of asking: what is kept, what is refused, and that whatever a publisher does the last good data stay."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest

from openmineral_dagster.lake.raw import RawStore
from openmineral_dagster.sources.landing import read_landing
from openmineral_dagster.sources.network.catalogue import SOURCES
from openmineral_dagster.sources.network.received import Received
from openmineral_dagster.sources.network.refresh import refresh
from openmineral_dagster.sources.network.settings import Settings
from openmineral_dagster.sources.network.transport import Limits, Transport
from openmineral_dagster.sources.sanctions import read_lists
from openmineral_dagster_tests.sources.landings import rows
from openmineral_dagster_tests.sources.network import server as badly
from openmineral_dagster_tests.sources.network.publishers import (
    DAY,
    ECB,
    EU_LIST,
    FEED,
    FRED,
    LAST_UPDATE,
    OFAC,
    UK_LIST,
    UN_LIST,
    WORKBOOK,
    comex,
    ecb,
    everything,
    feed,
    fred,
    pink_sheet,
    yahoo,
    yahoo_address,
)
from openmineral_dagster_tests.sources.test_sanctions import SDN, UK, UN

BY_NAME = {source.name: source for source in SOURCES}
NOW = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
DEFAULTS = Settings()
QUICK = Limits(pause_s=0.01, longest_pause_s=1.0, silence_s=1.0, total_s=2.0, most_bytes=20_000_000)


class Desk:
    """A data root's received files, and the rounds made for it."""

    def __init__(self, web, folder):
        self.web, self.received = web, Received(folder / "received", folder / "network", RawStore(folder / "raw"))
        (folder / "landing").mkdir()
        self.landing = folder / "landing"
        (self.landing / "README.md").write_text("empty but for this")

    def ask(self, *names, now=NOW, settings=DEFAULTS):
        transport = Transport(QUICK, self.web.address, sleep=lambda seconds: time.sleep(min(seconds, 0.05)))
        return refresh([BY_NAME[name] for name in names], transport, self.received, settings, lambda: now)

    def files(self):
        return sorted(str(path.relative_to(self.received.folder)) for path in self.received.folder.rglob("*.*"))

    def landed(self):
        return read_landing(self.landing, self.received.folder)


@pytest.fixture
def desk(web, tmp_path):
    return Desk(web, tmp_path)


def statuses(outcomes):
    return {outcome.status for outcome in outcomes}


@pytest.mark.parametrize("name", BY_NAME)
def test_every_publishers_format_is_received_and_read(desk, name):
    outcomes = desk.ask(name)
    assert outcomes
    assert [(outcome.status, outcome.reason) for outcome in outcomes] == [("new", "")] * len(outcomes)
    assert all(outcome.held.rows for outcome in outcomes)
    if name in ("ofac", "un", "eu", "uk"):
        assert read_lists(desk.received.folder / "sanctions").entries.height
    else:
        landed = desk.landed()
        assert sum(part.rows.height for part in landed.parsed) > 0
        assert landed.faults.filter(~landed.faults["reason"].str.contains("no values")).is_empty()


@pytest.mark.parametrize("name", BY_NAME)
def test_an_unchanged_publisher_sends_nothing_again(desk, web, name):
    first = desk.ask(name)
    later = desk.ask(name, now=NOW + timedelta(hours=1))
    assert statuses(later) == {"unchanged"}
    assert [outcome.held.sha256 for outcome in later] == [outcome.held.sha256 for outcome in first]
    assert sum(web.unchanged.values()) == len(later)


def test_raw_bytes_are_kept_with_their_provenance(desk):
    (outcome,) = desk.ask("ecb")
    assert desk.received.raw.read(outcome.held.sha256) == ecb(DAY)
    state = desk.received.state("ecb").files["fx/eurofxref-hist.zip"]
    assert (state.url, state.received_at, state.bytes) == (ECB, "2026-11-20T22:30:00+00:00", len(ecb(DAY)))


def test_what_came_before_2300_london_is_known_that_night_and_what_came_after_the_next(desk):
    desk.ask("ecb", now=datetime(2026, 11, 20, 22, 59, tzinfo=UTC))
    assert desk.files() == ["fx/eurofxref-hist.2026-11-20.zip"]
    desk.web.publish({ECB: ecb(date(2026, 11, 19))})
    desk.received.remember("ecb", type(desk.received.state("ecb"))())
    desk.ask("ecb", now=datetime(2026, 11, 20, 23, 1, tzinfo=UTC))
    assert "fx/eurofxref-hist.2026-11-21.zip" in desk.files()


def test_a_value_revised_over_the_network_is_a_vintage_of_its_own(desk):
    desk.ask("fred")
    desk.web.publish({f"{FRED}SOFR": fred("SOFR", DAY).replace(b"4.25", b"4.30")})
    desk.ask("fred", now=NOW + timedelta(days=1))
    (part,) = [part for part in desk.landed().parsed if "SOFR" in part.file]
    assert part.vintage == date(2026, 11, 21)


def test_a_moving_window_is_kept_beside_those_before_it(desk):
    desk.ask("rss")
    desk.web.publish({FEED: feed(date(2026, 11, 21))})
    desk.ask("rss", now=NOW + timedelta(days=1))
    assert rows(desk.landed(), "market.news").height == 6


def test_the_workbook_is_found_again_when_its_address_rotates(desk):
    desk.ask("worldbank")
    rotated = WORKBOOK.replace("74e8be41", "00000000")
    for url in (WORKBOOK, "https://www.worldbank.org/en/research/commodity-markets"):
        desk.web.pages.pop(badly.path_of(url))
    desk.web.publish({"https://www.worldbank.org/en/research/commodity-markets": f"<a href='{rotated}'>".encode()})
    desk.web.publish({rotated: pink_sheet(DAY, blank_rows=3)})
    (outcome,) = desk.ask("worldbank", now=NOW + timedelta(days=1))
    assert (outcome.status, outcome.held.url) == ("new", rotated), "and its header moved down by three rows"


FAILURES = {
    "a web page": (badly.web_page, "refused"),
    "gone": (badly.status(404), "refused"),
    "forbidden": (badly.status(403), "refused"),
    "broken": (badly.status(503), "unreachable"),
    "cut short": (badly.cut_short(ecb(DAY)), "unreachable"),
    "cut short in silence": (badly.cut_short_in_silence(ecb(DAY)), "refused"),
    "an endless redirect": (badly.redirect_forever, "refused"),
    "a redirect to a file": (badly.redirect_to("file:///etc/passwd"), "refused"),
    "a slow trickle": (badly.trickle(ecb(DAY), 0.05), "unreachable"),
    "silence": (badly.silent(3), "unreachable"),
    "a gzip bomb": (badly.gzip_bomb(200), "refused"),
    "an older date": (ecb(DAY - timedelta(days=3)), "refused"),
    "nothing": (b"", "refused"),
    "a fifth of its rows gone": (ecb(DAY, 24), "refused"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_whatever_goes_wrong_the_last_good_data_stay_and_a_reason_is_left(desk, failure):
    behaviour, status = FAILURES[failure]
    desk.ask("ecb")
    before, files = rows(desk.landed(), "market.fx"), desk.files()
    desk.web.publish({ECB: behaviour})
    started = time.monotonic()
    (outcome,) = desk.ask("ecb", now=NOW + timedelta(days=1))
    assert time.monotonic() - started < 15, "nothing retries for ever"
    assert (outcome.status, outcome.held.received_at) == (status, NOW.isoformat())
    assert outcome.reason
    assert "\n" not in outcome.reason
    assert desk.files() == files
    assert rows(desk.landed(), "market.fx").equals(before)
    desk.web.publish({ECB: ecb(date(2026, 11, 23))})
    assert statuses(desk.ask("ecb", now=NOW + timedelta(days=3))) == {"new"}, "the next good answer is taken"


@pytest.mark.parametrize(("name", "url", "shrunk"), [("ofac", f"{OFAC}/SDN.CSV", SDN), ("uk", UK_LIST, UK), ("un", UN_LIST, UN)])
def test_a_list_that_shrank_by_more_than_a_tenth_is_refused(desk, name, url, shrunk):
    desk.ask(name)
    kept = read_lists(desk.received.folder / "sanctions").entries
    fewer = {
        "ofac": shrunk.split("41,OCEAN")[0],
        "uk": "\r\n".join(shrunk.split("\r\n")[:4]) + "\r\n",
        "un": shrunk.split("<ENTITIES>")[0] + "</CONSOLIDATED_LIST>",
    }[name]
    desk.web.publish({url: fewer.replace("2026-11-19", "2026-11-21").replace("18-Nov-2026", "21-Nov-2026").encode()})
    outcomes = desk.ask(name, now=NOW + timedelta(days=1))
    assert statuses(outcomes) == {"refused"}
    assert any("nine tenths" in outcome.reason for outcome in outcomes)
    assert read_lists(desk.received.folder / "sanctions").entries.equals(kept)


def test_a_list_dated_before_the_one_held_is_refused(desk):
    desk.ask("eu")
    desk.web.publish({EU_LIST: everything(date(2026, 11, 18))[EU_LIST]})
    (outcome,) = desk.ask("eu", now=NOW + timedelta(days=1))
    assert (outcome.status, "2026-11-20 or later" in outcome.reason) == ("refused", True)


def test_of_a_list_in_parts_all_are_taken_or_none(desk):
    desk.ask("ofac")
    files = desk.files()
    more = SDN + "50,NEW HERON,-0- ,SDGT,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n"
    desk.web.publish({f"{OFAC}/SDN.CSV": more.encode(), f"{OFAC}/ALT.CSV": badly.web_page})
    assert statuses(desk.ask("ofac", now=NOW + timedelta(days=1))) == {"refused"}
    assert desk.files() == files


def test_an_unchanged_list_is_as_fresh_as_its_last_confirmation(desk):
    desk.ask("ofac")
    desk.ask("ofac", now=NOW + timedelta(days=3))
    (version,) = read_lists(desk.received.folder / "sanctions").versions
    assert version.confirmed == date(2026, 11, 23)


def test_a_publisher_that_wants_to_be_left_alone_is_not_asked_again_before_its_time(desk):
    desk.ask("fred")
    asked = desk.web.times_asked(f"{FRED}SOFR")
    desk.web.publish({f"{FRED}SOFR": badly.status(429, Retry_After="86400")})
    first = desk.ask("fred", now=datetime.now(UTC))
    assert statuses(first) == {"unreachable"}, "and none of its other files is asked for"
    assert desk.web.times_asked(f"{FRED}SOFR") == asked + 1, "a day is no pause worth waiting for"
    assert statuses(desk.ask("fred", now=datetime.now(UTC) + timedelta(hours=1))) == {"not asked"}
    assert desk.web.times_asked(f"{FRED}SOFR") == asked + 1
    desk.web.publish({f"{FRED}SOFR": fred("SOFR", DAY)})
    assert statuses(desk.ask("fred", now=datetime.now(UTC) + timedelta(days=2))) == {"unchanged"}


def test_a_short_fault_is_waited_out(desk):
    desk.web.publish({ECB: badly.first(2, badly.status(503, Retry_After="0"), ecb(DAY))})
    assert statuses(desk.ask("ecb")) == {"new"}
    assert desk.web.times_asked(ECB) == 3


def test_without_a_network_every_publisher_is_unreachable_and_nothing_is_lost(desk):
    desk.ask("ecb", "fred", "un")
    files = desk.files()
    nowhere = Transport(QUICK, "http://127.0.0.1:9", sleep=lambda seconds: None)
    outcomes = refresh([BY_NAME[name] for name in ("ecb", "fred", "un")], nowhere, desk.received, Settings(), lambda: NOW)
    assert statuses(outcomes) == {"unreachable"}
    assert desk.files() == files


def test_a_bar_of_a_session_still_open_is_left_out(desk):
    desk.web.publish({yahoo_address("HG=F"): yahoo(DAY, session_open=True)})
    desk.ask("yahoo")
    dated = {
        part.file.split("/")[-1][:4]: part.rows["price_date"].max()
        for part in desk.landed().parsed
        if part.table == "market.bars"
    }
    assert dated["HG=F"] < DAY
    assert dated["GC=F"] == DAY


def test_a_state_that_cannot_be_read_costs_a_download_and_nothing_else(desk):
    desk.ask("ecb")
    (desk.received.states / "ecb.json").write_text("{")
    assert statuses(desk.ask("ecb")) == {"new"}
    assert desk.files() == ["fx/eurofxref-hist.2026-11-20.zip"]


def test_after_its_state_is_deleted_a_list_that_rightly_shrank_is_taken_in_the_others_place(desk):
    desk.ask("uk")
    fewer = "\r\n".join(UK.split("\r\n")[:4]) + "\r\n"
    desk.web.publish({UK_LIST: fewer.replace("18-Nov-2026", "21-Nov-2026").encode()})
    assert statuses(desk.ask("uk", now=NOW + timedelta(days=1))) == {"refused"}
    (desk.received.states / "uk.json").unlink()
    assert statuses(desk.ask("uk", now=NOW + timedelta(days=1))) == {"new"}
    assert desk.files() == ["sanctions/uk_sanctions_list.2026-11-21.csv"]
    (version,) = read_lists(desk.received.folder / "sanctions").versions
    assert version.entries == 1


def test_a_file_that_was_damaged_at_home_is_fetched_again(desk):
    desk.ask("ecb")
    (desk.received.folder / "fx/eurofxref-hist.2026-11-20.zip").write_bytes(b"torn")
    assert statuses(desk.ask("ecb")) == {"new"}
    assert rows(desk.landed(), "market.fx").height


BOOK = b"portfolio,instrument,tenor,quantity,unit,entered_on\nbase,CU,3m,1,t,2024-01-02\n"


@pytest.mark.parametrize(
    ("name", "url", "content"),
    [
        ("rss", FEED, BOOK),
        ("rss", FEED, b"Date,USD\n2026-11-20,1.1\n"),
        ("ecb", ECB, fred("SOFR", DAY)),
        ("fred", f"{FRED}DGS10", fred("SOFR", DAY)),
        ("un", UN_LIST, UK.encode()),
        ("ofac", f"{OFAC}/ALT.CSV", SDN.encode()),
    ],
)
def test_an_address_can_bring_only_what_it_is_for(desk, name, url, content):
    desk.web.publish({url: content})
    outcomes = desk.ask(name)
    assert "refused" in statuses(outcomes)
    assert [part for part in desk.landed().parsed if part.table in ("market.positions",)] == []
    assert all(outcome.reason for outcome in outcomes if outcome.failed)


ODD = {
    "a time that is none": ("gdelt", LAST_UPDATE, b"1 0 http://data.gdeltproject.org/gdeltv2/20269999999999.gkg.csv.zip"),
    "a tag in another script": ("un", UN_LIST, lambda handler: badly.answer(handler, 200, UN.encode(), ETag='"\u00e9"')),
    "a bare line end": ("ofac", f"{OFAC}/SDN.CSV", b"Service unavailable\rplease, come back,1,2,3"),
    "half a character": ("lbma", "https://prices.lbma.org.uk/json/silver.json", b'[{"d":"\\ud800","v":[1,2,3]}]'),
    "nothing but depth": ("yahoo", yahoo_address("HG=F"), b"[" * 100_000),
}


@pytest.mark.parametrize("odd", ODD)
def test_no_publisher_ends_the_round_of_another(desk, odd):
    name, url, page = ODD[odd]
    desk.web.publish({url: page})
    for hours in (0, 1):
        outcomes = desk.ask("ecb", name, now=NOW + timedelta(hours=hours))
        assert next(outcome.status for outcome in outcomes if outcome.source == "ecb") in ("new", "unchanged")


def test_a_row_of_the_future_does_not_shut_a_source_out_for_good(desk):
    body = b"Date,USD,\n2099-01-05,1.1,\n2026-11-20,1.2,\n2026-11-19,1.2,\n"
    desk.web.publish({ECB: body})
    assert statuses(desk.ask("ecb")) == {"new"}
    desk.web.publish({ECB: body.replace(b"2099-01-05,1.1", b"2026-11-23,1.1")})
    assert statuses(desk.ask("ecb", now=NOW + timedelta(days=3))) == {"new"}


def test_a_list_of_the_future_is_refused(desk):
    desk.web.publish({UK_LIST: UK.replace("18-Nov-2026", "20-Nov-2062").encode()})
    assert statuses(desk.ask("uk")) == {"refused"}


def test_a_report_without_its_totals_is_refused(desk):
    desk.web.publish({"https://www.cmegroup.com/delivery_reports/Gold_Stocks.xls": comex(DAY)})
    refused = [outcome.file for outcome in desk.ask("comex") if outcome.failed]
    assert refused == ["comex_stocks/Gold_Stocks.xls"]


def test_feeds_that_differ_in_their_query_are_two_and_a_key_in_it_is_not_kept(desk):
    feeds = ("https://news.example/rss?c=a&key=secret", "https://news.example/rss?c=b")
    desk.web.publish({feeds[0]: feed(DAY), feeds[1]: badly.status(404)})
    outcomes = desk.ask("rss", settings=Settings(feeds=feeds))
    assert [outcome.status for outcome in outcomes] == ["new", "refused"]
    assert len({outcome.file for outcome in outcomes}) == 2
    assert "secret" not in (desk.received.states / "rss.json").read_text()
    assert statuses(desk.ask("rss", settings=Settings(feeds=feeds[:1]))) == {"unchanged"}


def test_what_a_kill_left_half_written_is_nobodys_data(desk):
    desk.ask("fred", "ofac")
    before = (len(desk.landed().files), read_lists(desk.received.folder / "sanctions").faults.height)
    (desk.received.folder / "rates" / ".aside-0123").write_bytes(fred("SOFR", DAY)[:200])
    (desk.received.folder / "sanctions" / ".aside-0123").write_bytes(SDN.encode()[:100])
    assert (len(desk.landed().files), read_lists(desk.received.folder / "sanctions").faults.height) == before


def test_an_answer_is_dated_when_it_came_and_not_when_the_round_began(desk):
    times = iter([datetime(2026, 11, 20, 22, 59, tzinfo=UTC)] * 2 + [datetime(2026, 11, 20, 23, 5, tzinfo=UTC)] * 9)
    transport = Transport(QUICK, desk.web.address)
    (outcome,) = refresh([BY_NAME["ecb"]], transport, desk.received, Settings(), lambda: next(times))
    assert outcome.held.path == "fx/eurofxref-hist.2026-11-21.zip"
