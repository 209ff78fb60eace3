"""A landing folder as a whole: what is recognised, ignored, quarantined and refused."""

import os
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmineral_dagster.reference.errors import UsageFault
from openmineral_dagster.sources.landing import price_span, read_landing
from openmineral_dagster_tests.sources.landings import BARS_HEADER, LME_HEADER, faults, lines, read, reasons, rows, values
from openmineral_dagster_tests.sources.network.publishers import DAY, comex, ecb, feed, gdelt, lbma, pink_sheet, westmetall, yahoo

COPPER = lines(LME_HEADER, "2024-01-02,8430.5,8534.0,167825.0", "2024-01-03,8386.0,8490.0,167100.0")
GOLD = lines(BARS_HEADER, "2024-01-05,2050,2064,2030,2049.8")


@pytest.mark.parametrize("file", ["copper.csv", "other/copper.csv", "futures/copper.csv", "lme/copper.txt", "lme/copper"])
def test_a_file_is_recognised_by_what_is_in_it_wherever_it_lies(tmp_path, file):
    landing = read(tmp_path, {file: COPPER})
    assert rows(landing, "market.prices").height == 4
    assert landing.faults.is_empty()


def test_a_picture_called_copper_is_quarantined_and_one_called_a_picture_is_ignored(tmp_path):
    picture = b"\x89PNG\r\n\x1a\n" + bytes(100)
    landing = read(tmp_path, {"lme/copper.csv": picture, "lme/chart.png": picture, "lme/zinc.csv": COPPER})
    assert faults(landing, "file", "value") == [("lme/copper.csv", "a PNG picture")]
    assert landing.notices == ("lme/chart.png: ignored, not a file the platform reads (a PNG picture)",)
    assert set(rows(landing, "market.prices")["instrument"]) == {"ZN"}


def test_a_readme_and_unknown_files_are_ignored_with_a_notice(tmp_path):
    landing = read(tmp_path, {"README.md": "# Data\n", "notes/todo.txt": "call Oslo", "empty": "", "lme/copper.csv": COPPER})
    assert landing.faults.is_empty()
    assert [notice.split(":")[0] for notice in landing.notices] == ["README.md", "empty", "notes/todo.txt"]


def test_a_table_nobody_knows_is_quarantined_with_its_header(tmp_path):
    landing = read(tmp_path, {"misc/what.csv": "a,b\n1,2\n", "lme/zinc.csv": "a,b\n1,2\n"})
    assert faults(landing, "source", "file", "row", "value") == [
        ("landing", "misc/what.csv", 0, "a,b"),
        ("lme", "lme/zinc.csv", 0, "a,b"),
    ]
    assert f"expected {LME_HEADER}" in reasons(landing)


def test_folders_without_a_reader_are_named_once_and_the_sanctions_are_left_alone(tmp_path):
    unread = {f"orderbook/{number}.csv": "a,b\n1\n" for number in (1, 2)}
    landing = read(tmp_path, {**unread, "sanctions/sdn.csv": "36,AEROCARIBBEAN\n", "lme/copper.csv": COPPER})
    assert landing.faults.is_empty()
    assert landing.notices == ("orderbook: kept as received, read by no stage yet",)


def test_the_marker_of_the_sample_says_nothing(tmp_path):
    assert read(tmp_path, {"SAMPLE": "", "lme/copper.csv": COPPER}).notices == ()


def test_deal_files_are_handed_on_as_text_in_order(tmp_path):
    files = {"deals/b.yml": "\ufeffdeal_id: B\n", "deals/A.yaml": "deal_id: Å\n", "deals/old/c.yaml": "deal_id: C\n"}
    landing = read(tmp_path, files)
    assert landing.deals == (("deals/A.yaml", "deal_id: Å\n"), ("deals/b.yml", "deal_id: B\n"))
    assert faults(landing, "source", "file") == [("deals", "deals/old/c.yaml")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"deal_id: \xff\xfe", "expected text in UTF-8"),
        (b"deal_id: A\0", "expected text in UTF-8"),
        (b"a" * 300_000, "expected at most 262144 bytes"),
        (b" \n", "expected a file with something in it"),
    ],
)
def test_a_deal_file_that_is_no_text_of_sane_size_is_quarantined(tmp_path, content, reason):
    landing = read(tmp_path, {"deals/a.yaml": content})
    assert landing.deals == ()
    assert faults(landing, "source", "file", "row", "known_at") == [("deals", "deals/a.yaml", 0, None)]
    assert reasons(landing) == [reason]


@pytest.mark.parametrize(("name", "words"), [("missing", "no such folder"), ("file", "not a folder"), ("void", "is empty")])
def test_an_unusable_landing_is_refused_in_one_line(tmp_path, name, words):
    (tmp_path / "file").write_text("x")
    (tmp_path / "void" / "inner").mkdir(parents=True)
    with pytest.raises(UsageFault, match=words) as refusal:
        read_landing(tmp_path / name)
    assert "\n" not in str(refusal.value)


def test_a_folder_that_cannot_be_listed_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "iterdir", _denied)
    with pytest.raises(UsageFault, match="Permission denied"):
        read_landing(tmp_path)


def _denied(path: Path) -> None:
    raise PermissionError(13, "Permission denied", str(path))


def test_a_file_that_cannot_be_read_is_quarantined_and_the_others_are_used(tmp_path, monkeypatch):
    read_bytes = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: _denied(path) if path.stem == "zinc" else read_bytes(path))
    landing = read(tmp_path, {"lme/copper.csv": COPPER, "lme/zinc.csv": COPPER})
    assert faults(landing, "source", "file", "row", "value") == [("lme", "lme/zinc.csv", 0, "Permission denied")]
    assert set(rows(landing, "market.prices")["instrument"]) == {"CU"}


def test_a_subfolder_that_cannot_be_listed_is_quarantined(tmp_path, monkeypatch):
    iterdir = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: _denied(path) if path.name == "energy" else iterdir(path))
    landing = read(tmp_path, {"lme/copper.csv": COPPER, "energy/wti.csv": "Date,Price\n"})
    assert faults(landing, "file", "row", "value") == [("energy", 0, "Permission denied")]


def test_links_are_followed_only_to_files_of_the_same_landing(tmp_path):
    outside, landing = tmp_path / "outside", tmp_path / "landing"
    (landing / "lme").mkdir(parents=True)
    outside.mkdir()
    (outside / "zinc.csv").write_text(COPPER)
    (landing / "held.csv").write_text(COPPER)
    (landing / "lme" / "zinc.csv").symlink_to(outside / "zinc.csv")
    (landing / "more").symlink_to(outside)
    (landing / "again").symlink_to(landing)
    (landing / "gone.csv").symlink_to(landing / "nothing")
    (landing / "lme" / "tin.csv").symlink_to(landing / "held.csv")
    result = read_landing(landing)
    assert set(rows(result, "market.prices")["instrument"]) == {"SN"}
    assert result.notices == (
        "again: a link to a folder, not followed",
        "gone.csv: a link that leads nowhere, passed over",
        "lme/zinc.csv: a link that leads out of the landing, not followed",
        "more: a link that leads out of the landing, not followed",
    )


def test_what_is_no_plain_file_is_passed_over(tmp_path):
    os.mkfifo(tmp_path / "copper.csv")
    assert read_landing(tmp_path).notices == ("copper.csv: not a plain file, passed over",)


def test_a_file_name_of_odd_bytes_is_shown_printable(tmp_path):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/copper\xff\n.csv")).write_text("a,b\n")
    assert faults(read_landing(tmp_path), "file") == [("copper\ufffd?.csv",)]


def test_the_same_landing_reads_the_same_twice(tmp_path):
    files = {"lme/copper.csv": COPPER, "lme/bad.csv": "x", "futures/GC=F.csv": GOLD, "README": "hello"}
    first, second = read(tmp_path, files), read_landing(tmp_path)
    assert first.notices == second.notices
    assert first.faults.equals(second.faults)
    assert [part.file for part in first.parsed] == [part.file for part in second.parsed]
    assert all(one.rows.equals(other.rows) for one, other in zip(first.parsed, second.parsed, strict=True))


def test_the_span_of_prices_is_that_of_the_lme_where_there_are_any(tmp_path):
    landing = read(tmp_path, {"lme/copper.csv": COPPER, "futures/GC=F.csv": GOLD})
    assert price_span(landing) == (date(2024, 1, 2), date(2024, 1, 3))


def test_the_span_of_prices_without_the_lme_is_that_of_the_others(tmp_path):
    assert price_span(read(tmp_path, {"futures/GC=F.csv": GOLD})) == (date(2024, 1, 5), date(2024, 1, 5))


def test_a_landing_without_a_price_is_refused(tmp_path):
    with pytest.raises(UsageFault, match="no usable price"):
        price_span(read(tmp_path, {"README.md": "hello"}))


PIECES = st.sampled_from(
    [",", "\n", "\r\n", '"', "\0", "2024-01-02", "9999-12-31", "0001-01-01", "8430.5", "-1", "nan", "1e999", " "]
)
DAMAGE = st.one_of(st.binary(max_size=40), st.lists(PIECES, max_size=12).map(lambda pieces: "".join(pieces).encode()))
FILES = {
    "lme/copper.csv": COPPER,
    "futures/GC=F.csv": GOLD,
    "energy/wti.csv": "Date,Price\n2024-01-02,70.1\n",
    "fx/ecb.csv": "Date,USD,\n2024-01-02,1.1,\n",
    "rates/par.csv": "Date,1 Mo,10 Yr\n1/2/24,5.5,3.9\n",
    "positions/book.csv": "portfolio,instrument,tenor,quantity,unit,entered_on\nbase,CU,3m,1,t,2024-01-02\n",
    "cftc/copper.csv": "date,all,long,short,net\n2024-01-02,10,5,-3,2\n",
    "lme_stocks/r.jsonl": '{"metal": "Tin", "observation_date": "2024-01-02", "on_warrant": 1, "cancelled": 2, "total": 3}\n',
    "news/n.jsonl": '{"id": "1", "published_at": "2024-01-02T00:00:00Z", "source": "s", "headline": "h"}\n',
}


@settings(max_examples=60, deadline=None)
@given(file=st.sampled_from(sorted(FILES)), at=st.floats(0, 1), damage=DAMAGE)
def test_no_damage_to_a_file_stops_the_reading_or_breaks_a_table(file, at, damage):
    whole = FILES[file].encode()
    place = int(at * len(whole))
    with tempfile.TemporaryDirectory() as folder:
        read(Path(folder), {file: whole[:place] + damage + whole[place:], "lme/tin.csv": COPPER})


PUBLISHED = {
    "worldbank/CMO.xlsx": pink_sheet(DAY),
    "lbma/gold_pm.json": lbma(DAY),
    "fx/eurofxref-hist.zip": ecb(DAY),
    "comex_stocks/Copper_Stocks.xls": comex(DAY, "COPPER"),
    "news/feed.xml": feed(DAY),
    "news/gdelt.zip": next(page for address, page in gdelt(DAY).items() if address.endswith(".zip")),
    "lme/copper.html": westmetall(DAY),
    "futures/HG=F.json": yahoo(DAY),
}


@settings(max_examples=120, deadline=None)
@given(file=st.sampled_from(sorted(PUBLISHED)), at=st.floats(0, 1), cut=st.integers(0, 200), damage=DAMAGE)
def test_no_damage_to_what_was_published_stops_the_reading_either(file, at, cut, damage):
    whole = PUBLISHED[file]
    place = int(at * len(whole))
    with tempfile.TemporaryDirectory() as folder:
        read(Path(folder), {file: whole[:place] + damage + whole[place + cut :], "lme/tin.csv": COPPER})


def test_values_of_one_file_do_not_depend_on_the_others(tmp_path):
    alone = read(tmp_path / "alone", {"lme/copper.csv": COPPER})
    beside = read(tmp_path / "beside", {"lme/copper.csv": COPPER, "lme/tin.csv": COPPER, "lme/zinc.csv": b"\xff"})
    part = next(part for part in beside.parsed if part.file == "lme/copper.csv" and part.table == "market.prices")
    assert sorted(part.rows.select("tenor", "price_date", "price").iter_rows()) == values(
        alone, "market.prices", "tenor", "price_date", "price"
    )
