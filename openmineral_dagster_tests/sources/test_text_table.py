"""Damage that any text file can have: bytes, line ends, torn rows. Shown on an LME file."""

import gzip
from datetime import UTC, date, datetime

import pytest

from openmineral_dagster.sources.text_table import stem_and_vintage
from openmineral_dagster_tests.sources.landings import LME_HEADER, faults, lines, read, reasons, rows, values

GOOD = ("2024-01-02,8430.5,8534.0,167825.0", "2024-01-03,8386.0,8490.0,167100.0", "2024-01-04,8390.0,8480.0,166300.0")
WHOLE = lines(LME_HEADER, *GOOD)


def copper(tmp_path, content):
    return read(tmp_path, {"lme/copper.csv": content})


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + WHOLE,
        WHOLE.replace("\n", "\r\n"),
        WHOLE.replace("\n", "\r"),
        "\n\n" + WHOLE.replace("\n", "\n\n"),
        WHOLE.upper(),
        WHOLE.replace(",", " , "),
        "\n".join(f'"{line}"' for line in WHOLE.replace(",", '","').splitlines()) + "\n",
        WHOLE.rstrip("\n"),
    ],
    ids=["byte order mark", "CRLF", "CR", "blank lines", "capitals", "blanks", "quoted", "no last line break"],
)
def test_ways_of_writing_the_same_table_read_the_same(tmp_path, content):
    landing = copper(tmp_path, content)
    assert landing.faults.is_empty()
    assert rows(landing, "market.prices").height == 6
    assert rows(landing, "market.stocks")["total"].sum() == 501225.0


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2024-01-05,8390\0,8480,166300", "a NUL byte in the row"),
        ("2024-01-05,8390,8480", "3 fields where the header has 4"),
        ("2024-01-05,8,390,8,480,166300", "6 fields where the header has 4"),
        ('2024-01-05,"8390,8480,166300', "quotation marks that do not pair"),
        ('2024-01-05,8"39,8"4,1', "quotation marks that do not pair"),
        (b"2024-01-05,83\xff90,8480,166300", "not text in UTF-8"),
    ],
)
def test_a_damaged_line_is_set_apart_and_the_rest_is_used(tmp_path, line, reason):
    damaged = line if isinstance(line, bytes) else line.encode()
    landing = copper(tmp_path, b"\n".join([LME_HEADER.encode(), GOOD[0].encode(), damaged, *(g.encode() for g in GOOD[1:]), b""]))
    assert faults(landing, "row", "field", "reason", "known_at") == [(2, "", reason, datetime(2024, 1, 5, 13, 30, tzinfo=UTC))]
    assert rows(landing, "market.prices").height == 6


def test_a_row_number_counts_every_line_below_the_header(tmp_path):
    landing = copper(tmp_path, lines(LME_HEADER, "", GOOD[0], "", "torn", GOOD[1]))
    assert faults(landing) == [(4, "", "torn")]


@pytest.mark.parametrize("kept", range(WHOLE.index("2024-01-03"), len(WHOLE) + 1))
def test_a_file_cut_at_any_byte_below_its_first_row_gives_no_value_that_was_not_in_it(tmp_path, kept):
    landing = copper(tmp_path, WHOLE[:kept])
    true_prices = {8430.5, 8534.0, 8386.0, 8490.0, 8390.0, 8480.0}
    assert set(rows(landing, "market.prices")["price"]) <= true_prices
    assert set(rows(landing, "market.stocks")["total"]) <= {167825.0, 167100.0, 166300.0}


def test_a_torn_last_row_is_quarantined_and_says_so(tmp_path):
    landing = copper(tmp_path, WHOLE[: WHOLE.index("8480")])
    assert faults(landing) == [(3, "", "2024-01-04,8390.0,")]
    assert reasons(landing) == ["the file ends in the middle of this row: 3 fields where the header has 4"]
    assert landing.faults["known_at"].to_list() == [datetime(2024, 1, 4, 13, 30, tzinfo=UTC)]
    assert rows(landing, "market.prices")["price_date"].max() == date(2024, 1, 3)


def test_a_last_value_cut_short_is_quarantined_and_the_prices_before_it_are_used(tmp_path):
    landing = copper(tmp_path, WHOLE[:-4])
    assert faults(landing) == [(3, "lme_stock", "16630")]
    assert "cut short" in reasons(landing)[0]
    assert rows(landing, "market.prices").height == 6


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", ""),
        (b" \r\n\n", ""),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG picture"),
        (b"PK\x03\x04rest", "File is not a zip file"),
        (b"\x00\x01\x02", "bytes that are no text"),
        ("date,cash_settlement".encode("utf-16"), "bytes that are no text"),
        (b"<html><body>Access denied</body></html>", "<html><body>Access denied</body></html>"),
        (b"date," * 70_000, "date," * 24),
        (b"date,cash_settlement,cash_settlement\n2024-01-02,1,2\n", "date,cash_settlement,cash_settlement"),
    ],
)
def test_a_file_that_is_no_table_is_quarantined_as_a_whole(tmp_path, content, found):
    landing = copper(tmp_path, content)
    assert faults(landing, "source", "file", "row", "field", "value", "known_at") == [
        ("lme", "lme/copper.csv", 0, "", found, None)
    ]
    assert landing.parsed == ()


def test_a_value_shown_in_a_fault_is_short_and_printable(tmp_path):
    landing = copper(tmp_path, lines(LME_HEADER, GOOD[0], "2024-01-03,\x1b[31m" + "9" * 500 + ",8500,1000"))
    (value,) = landing.faults["value"]
    assert value.startswith(" [31m999")
    assert len(value) == 120


def test_a_header_without_rows_is_a_notice(tmp_path):
    landing = copper(tmp_path, lines(LME_HEADER))
    assert landing.faults.is_empty()
    assert landing.notices == ("lme/copper.csv: no rows",)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("lme/copper_2026-11-20.csv", ("copper", date(2026, 11, 20))),
        ("futures/HG=F.2000-2021.csv", ("HG=F.2000-2021", None)),
        ("lme/copper_2026-13-20.csv", ("copper_2026-13-20", None)),
        ("copper", ("copper", None)),
    ],
)
def test_a_file_may_carry_its_vintage_in_its_name(file, expected):
    assert stem_and_vintage(file) == expected


def test_the_vintage_is_handed_on(tmp_path):
    landing = read(tmp_path, {"lme/copper_2024-02-01.csv": WHOLE})
    assert {part.vintage for part in landing.parsed} == {date(2024, 2, 1)}
    assert values(landing, "market.prices", "instrument")[0] == ("CU",)


def test_a_half_copied_file_that_begins_with_its_newest_day_is_waited_for(tmp_path):
    whole = lines("Date,USD", *[f"2024-07-{day:02d},1.0{day}" for day in (5, 4, 3, 2, 1)])
    torn = read(tmp_path, {"fx/eurofxref-hist.csv": whole[:38]})
    assert torn.parsed == ()
    assert "begins with its newest day" in reasons(torn)[0]
    assert len(values(read(tmp_path, {"fx/eurofxref-hist.csv": whole}), "market.fx", "rate_date")) == 5


def test_a_gzip_file_of_several_members_is_read_whole(tmp_path):
    head, tail = lines(LME_HEADER, "2024-07-01,9000,9010,1000"), lines("2024-07-02,9001,9011,1000")
    landing = read(tmp_path, {"lme/copper.csv.gz": gzip.compress(head.encode()) + gzip.compress(tail.encode())})
    assert len(values(landing, "market.prices", "price")) == 4
