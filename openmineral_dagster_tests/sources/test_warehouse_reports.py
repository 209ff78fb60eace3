"""LME warehouse reports: dated as they say, repeated downloads dropped, contradictions set apart."""

import gzip
import json
from datetime import date

import polars as pl
import pytest

from openmineral_dagster_tests.sources.landings import LME_HEADER, faults, lines, read, reasons, rows, values

ENDED = "Compressed file ended before the end-of-stream marker was reached"


def report(**changed):
    fields = {
        "metal": "Copper",
        "observation_date": "2024-01-02",
        "release_date": "2024-01-02",
        "on_warrant": 100000.0,
        "cancelled": 50000.0,
        "total": 150000.0,
        "updated_at": "2024-01-02",
    }
    return json.dumps(fields | changed)


def landed(tmp_path, *reports, name="lme_stocks/reports.jsonl", **other):
    return read(tmp_path, {name: "\n".join(reports) + "\n", **other})


def stocks(landing):
    return values(landing, "market.stocks", "instrument", "report_date", "on_warrant", "cancelled", "total", "source")


def test_a_report_is_a_stock_with_its_split_on_the_day_it_is_dated(tmp_path):
    landing = landed(tmp_path, report())
    assert stocks(landing) == [("CU", date(2024, 1, 2), 100000.0, 50000.0, 150000.0, "lme_stocks")]
    assert landing.faults.is_empty()


@pytest.mark.parametrize(
    ("metal", "symbol"),
    [("Primary Aluminium", "AL"), ("Special High Grade Zinc", "ZN"), ("Tin", "SN"), ("NICKEL", "NI"), ("lead", "PB")],
)
def test_the_exchange_s_names_are_known(tmp_path, metal, symbol):
    assert stocks(landed(tmp_path, report(metal=metal)))[0][0] == symbol


def test_a_packed_file_reads_the_same(tmp_path):
    packed = gzip.compress((report() + "\n").encode())
    landing = read(tmp_path, {"anywhere/reports.jsonl.gz": packed})
    assert stocks(landing)[0][:2] == ("CU", date(2024, 1, 2))


def test_a_torn_archive_is_quarantined_as_a_file(tmp_path):
    packed = gzip.compress((report() + "\n").encode() * 500)
    landing = read(tmp_path, {"lme_stocks/reports.jsonl.gz": packed[:-30]})
    assert faults(landing, "source", "row", "value") == [("lme_stocks", 0, ENDED)]


def test_the_same_report_downloaded_twice_is_one_row_without_a_fault(tmp_path):
    landing = landed(tmp_path, report(), report(), report(updated_at="2024-01-03"))
    assert (len(stocks(landing)), landing.faults.height) == (1, 0)


def test_a_second_report_of_the_day_that_says_something_else_is_a_fault_and_the_first_stays(tmp_path):
    landing = landed(tmp_path, report(), report(cancelled=60000.0, total=160000.0))
    assert stocks(landing)[0][4] == 150000.0
    assert faults(landing, "row") == [(2,)]


def test_a_repeat_is_the_same_however_its_numbers_are_written(tmp_path):
    landing = landed(tmp_path, report(), report(metal="COPPER", total=150000, cancelled=5e4))
    assert (len(stocks(landing)), landing.faults.height) == (1, 0)


@pytest.mark.parametrize(
    ("line", "field", "value", "reason"),
    [
        (report(metal="Cobalt"), "metal", "Cobalt", "no LME metal"),
        (report(metal="gold"), "metal", "gold", "no LME metal"),
        (report(observation_date="2 January"), "observation_date", "2 January", "not a date of this format"),
        (report(total=150002.0), "total", "150002.0", "not on_warrant plus cancelled"),
        (report(cancelled=-1.0), "cancelled", "-1.0", "below 0"),
        (report(on_warrant="many"), "on_warrant", "many", "not a number"),
        (report(total=None), "total", "", "missing"),
        ('{"metal": "Copper"}', "", '{"metal": "Copper"}', "not a report in JSON"),
        ('{"metal":', "", '{"metal":', "not a report in JSON"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_and_the_rest_is_used(tmp_path, line, field, value, reason):
    landing = landed(tmp_path, report(observation_date="2024-01-03"), line)
    assert faults(landing, "row", "field", "value") == [(2, field, value)]
    assert reasons(landing)[0].startswith(reason)
    assert len(stocks(landing)) == 1


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2 January"])
def test_an_unknown_metal_on_a_day_of_no_sane_age_stops_nothing(tmp_path, day):
    landing = landed(tmp_path, report(), report(metal="Cobalt", observation_date=day))
    assert faults(landing, "row", "field", "known_at") == [(2, "metal", None)]
    assert len(stocks(landing)) == 1


def test_the_split_is_used_where_a_price_file_has_the_total_only(tmp_path):
    price_file = lines(LME_HEADER, "2024-01-03,8430,8500,150000", "2024-01-04,8430,8500,151000", "2024-01-05,8430,8500,152000")
    landing = landed(tmp_path, report(), report(observation_date="2024-01-03"), **{"lme/copper.csv": price_file})
    assert [(row[1], row[2], row[4]) for row in sorted(stocks(landing))] == [
        (date(2024, 1, 2), 100000.0, 150000.0),
        (date(2024, 1, 3), 100000.0, 150000.0),
        (date(2024, 1, 4), None, 152000.0),
    ]
    assert landing.notices == (
        "lme/copper.csv: 2 rows of market.stocks are taken from lme_stocks/reports.jsonl instead; 1 of them differ",
    )


def test_two_files_with_other_splits_of_one_total_are_said_to_differ(tmp_path):
    landing = landed(tmp_path, report(), **{"lme_stocks/zz.jsonl": report(on_warrant=90000.0, cancelled=60000.0) + "\n"})
    assert [row[2] for row in stocks(landing)] == [90000.0]
    assert landing.notices[0].endswith("instead; 1 of them differ")


def test_the_real_reports_have_the_holes_and_the_agreement_that_are_known(real_stocks):
    split = real_stocks.filter(pl.col("on_warrant").is_not_null())
    assert split.group_by("instrument").len()["len"].to_list() == [1989] * 6
    copper = split.filter(pl.col("instrument") == "CU")["report_date"]
    assert copper.filter(copper.is_between(date(2024, 5, 24), date(2024, 11, 30))).is_empty()
    assert (copper.min(), copper.max()) == (date(2016, 7, 1), date(2024, 12, 2))


@pytest.fixture(scope="module")
def real_stocks(real):
    return rows(real, "market.stocks")


def test_the_real_reports_agree_with_the_price_files(real):
    said = [notice.split() for notice in real.notices if "market.stocks" in notice]
    compared, differing = sum(int(words[1]) for words in said), sum(int(words[-4]) for words in said)
    assert (compared, differing) == (5 * 1987, 15)
