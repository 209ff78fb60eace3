"""Continuous futures: both header shapes, contradictory bars, two downloads of one contract."""

from datetime import UTC, date, datetime

import pytest

from openmineral_dagster_tests.sources.landings import BARS_HEADER, faults, lines, read, reasons, rows, values

LONG_HEADER = "Date,Open,High,Low,Close,Adj Close,Volume,Dividends,Stock Splits"


def test_a_bar_is_stored_and_its_close_is_the_front_price(tmp_path):
    landing = read(tmp_path, {"futures/GC=F.csv": lines(BARS_HEADER, "2024-07-02,2330,2345,2325,2333.4")})
    columns = ("instrument", "price_date", "open", "high", "low", "close", "volume", "source")
    assert values(landing, "market.bars", *columns) == [("GC", date(2024, 7, 2), 2330.0, 2345.0, 2325.0, 2333.4, None, "comex")]
    assert values(landing, "market.prices", "instrument", "tenor", "price", "unit", "currency", "source") == [
        ("GC", "front", 2333.4, "USD/oz", "USD", "comex")
    ]
    assert rows(landing, "market.prices")["published_at"].to_list() == [datetime(2024, 7, 2, 18, 0, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("file", "symbol", "source"),
    [
        ("GC=F", "GC", "comex"),
        ("SI=F", "SI", "comex"),
        ("HG=F.2000-2021", "HG", "comex"),
        ("CL=F", "CL", "nymex"),
        ("PL=F", "PL", "nymex"),
        ("PA=F_2024-07-03", "PA", "nymex"),
        ("gold", "GC", "comex"),
        ("gc", "GC", "comex"),
    ],
)
def test_the_contract_is_the_one_the_file_is_named_after(tmp_path, file, symbol, source):
    landing = read(tmp_path, {f"futures/{file}.csv": lines(BARS_HEADER, "2024-07-02,10,11,9,10")})
    assert values(landing, "market.bars", "instrument", "source") == [(symbol, source)]


@pytest.mark.parametrize("name", ["ALI=F", "copper", "ZZ=F"])
def test_a_symbol_the_desk_does_not_know_is_quarantined_as_a_file(tmp_path, name):
    landing = read(tmp_path, {f"futures/{name}.csv": lines(BARS_HEADER, "2024-07-02,10,11,9,10")})
    assert faults(landing, "source", "row", "value") == [("futures", 0, name)]
    assert reasons(landing) == ["expected a file named after a known instrument: GC, SI, HG, PL, PA, CL"]


def test_a_date_stamped_with_time_and_zone_is_the_exchanges_own_day(tmp_path):
    data = ["2018-01-02 00:00:00-05:00,3.25,3.26,3.25,3.256,3.256,764,0.0,0.0"]
    data += ["2018-07-02 00:00:00-04:00,2.96,2.98,2.93,2.944,2.944,0,0.0,0.0"]
    landing = read(tmp_path, {"futures/HG=F.csv": lines(LONG_HEADER, *data)})
    assert values(landing, "market.bars", "price_date", "volume") == [(date(2018, 1, 2), 764.0), (date(2018, 7, 2), 0.0)]


def test_single_precision_noise_is_rounded_away(tmp_path):
    noisy = "2000-08-23,31.950000762939453,32.79999923706055,31.950000762939453,32.04999923706055"
    landing = read(tmp_path, {"futures/CL=F.csv": lines(BARS_HEADER, noisy)})
    assert values(landing, "market.bars", "open", "high", "low", "close") == [(31.95, 32.8, 31.95, 32.05)]


def test_a_quote_of_few_decimals_is_left_as_it_is_though_single_precision_holds_it(tmp_path):
    landing = read(tmp_path, {"futures/GC=F.csv": lines(BARS_HEADER, "2024-07-02,2345.03125,2345.03125,2345.03125,2345.03125")})
    assert values(landing, "market.bars", "close") == [(2345.03125,)]


@pytest.mark.parametrize(
    ("bar", "kept", "odd"),
    [
        ("261,261,261,260.3", (261.0, 261.0, None, 260.3), ("low", "261.0")),
        ("333,333,333,333.7", (333.0, None, 333.0, 333.7), ("high", "333.0")),
        ("27,28.6,27.3,28.5", (None, 28.6, 27.3, 28.5), ("open", "27.0")),
        ("29,28.6,27.3,28.5", (None, 28.6, 27.3, 28.5), ("open", "29.0")),
        ("1164.3,1163,1164.3,1164.3", (1164.3, None, 1164.3, 1164.3), ("high", "1163.0")),
    ],
)
def test_the_field_that_contradicts_the_bar_is_quarantined_and_the_close_stays(tmp_path, bar, kept, odd):
    landing = read(tmp_path, {"futures/GC=F.csv": lines(BARS_HEADER, f"2003-04-29,{bar}")})
    assert values(landing, "market.bars", "open", "high", "low", "close") == [kept]
    assert faults(landing) == [(1, *odd)]
    assert values(landing, "market.prices", "price") == [(kept[3],)]


def test_a_flat_bar_where_nothing_traded_is_a_settlement_and_stays(tmp_path):
    flat = "2018-01-02 00:00:00-05:00,1090,1090,1090,1090,1090,0,0,0"
    landing = read(tmp_path, {"futures/PA=F.csv": lines(LONG_HEADER, flat)})
    assert landing.faults.is_empty()
    assert values(landing, "market.bars", "high", "low", "volume") == [(1090.0, 1090.0, 0.0)]


def test_oil_below_zero_is_a_price_and_gold_below_zero_is_none(tmp_path):
    bar = "2020-04-20,17.73,17.85,-40.32,-37.63"
    landing = read(tmp_path, {"futures/CL=F.csv": lines(BARS_HEADER, bar), "futures/GC=F.csv": lines(BARS_HEADER, bar)})
    assert values(landing, "market.prices", "instrument", "price") == [("CL", -37.63)]
    assert faults(landing, "file", "field", "reason") == [
        ("futures/GC=F.csv", "close", "not above zero"),
        ("futures/GC=F.csv", "low", "not above zero"),
    ]


def test_rows_of_nulls_give_no_bar(tmp_path):
    header = "Date,Open,High,Low,Close,Adj Close,Volume"
    landing = read(tmp_path, {"futures/HG=F.csv": lines(header, "2000-09-04,null,null,null,null,null,null")})
    assert rows(landing, "market.bars").is_empty()
    assert faults(landing, "row", "field", "reason") == [(1, "", "no values on this date")]


def test_a_bar_without_a_close_is_not_used_and_one_without_an_open_is(tmp_path):
    landing = read(tmp_path, {"futures/GC=F.csv": lines(BARS_HEADER, "2024-07-01,1,2,1,", "2024-07-02,,2,1,1.5")})
    assert values(landing, "market.bars", "price_date", "open", "close") == [(date(2024, 7, 2), None, 1.5)]
    assert faults(landing, "row", "field", "reason") == [(1, "close", "missing"), (2, "open", "missing")]


def test_of_two_downloads_the_one_that_ends_later_is_used_where_they_overlap(tmp_path):
    older = lines(BARS_HEADER, "2018-01-02,1,1,1,1", "2018-01-03,2,2,2,2", "2018-01-04,3,3,3,3")
    newer = lines(BARS_HEADER, "2018-01-03,2,2,2,2", "2018-01-04,4,4,4,4", "2018-01-05,5,5,5,5")
    landing = read(tmp_path, {"futures/HG=F.csv": newer, "futures/HG=F.old.csv": older})
    assert values(landing, "market.bars", "price_date", "close") == [
        (date(2018, 1, day), close) for day, close in ((2, 1.0), (3, 2.0), (4, 4.0), (5, 5.0))
    ]
    assert rows(landing, "market.prices").height == 4
    assert (
        "futures/HG=F.old.csv: 2 rows of market.bars are taken from futures/HG=F.csv instead; 1 of them differ" in landing.notices
    )


def test_files_of_different_vintages_keep_what_each_said(tmp_path):
    files = {f"futures/HG=F_2018-01-0{day}.csv": lines(BARS_HEADER, f"2018-01-02,{day},{day},{day},{day}") for day in (3, 4)}
    landing = read(tmp_path, files)
    assert values(landing, "market.bars", "close") == [(3.0,), (4.0,)]
    assert [part.vintage for part in landing.parsed if part.table == "market.bars"] == [date(2018, 1, 3), date(2018, 1, 4)]


def test_copper_in_cents_a_pound_is_taken_as_dollars_and_said_so(tmp_path):
    landing = read(
        tmp_path, {"futures/HG=F.csv": lines(BARS_HEADER, "2024-07-01,440.1,445.5,439.0,442.65", "2024-07-02,442,446,441,445")}
    )
    assert values(landing, "market.prices", "price_date", "price") == [(date(2024, 7, 1), 4.4265), (date(2024, 7, 2), 4.45)]
    assert landing.notices == ("futures/HG=F.csv: quoted in US cents a pound (median close 443.825), taken as USD/lb",)
