"""Commitments of Traders: contracts by category, shorts positive, known from the Friday after."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from openmineral_dagster_tests.sources.landings import faults, lines, read, reasons, rows, values

SERIES = "date,all,long,short,net"
LEGACY = (
    '"Market and Exchange Names","As of Date in Form YYMMDD","As of Date in Form YYYY-MM-DD","CFTC Contract Market Code",'
    '"Open Interest (All)","Noncommercial Positions-Long (All)","Noncommercial Positions-Short (All)",'
    '"Noncommercial Positions-Spreading (All)","Commercial Positions-Long (All)","Commercial Positions-Short (All)",'
    '" Total Reportable Positions-Long (All)","Total Reportable Positions-Short (All)",'
    '"Nonreportable Positions-Long (All)","Nonreportable Positions-Short (All)"'
)
COPPER = (
    '"COPPER- #1 - COMMODITY EXCHANGE INC.",240102,2024-01-02,085692,  1000,  300,  200,   50,  400,  500,  750,  750,  250,  250'
)
DISAGGREGATED = (
    "Market_and_Exchange_Names,Report_Date_as_YYYY-MM-DD,CFTC_Contract_Market_Code,Open_Interest_All,"
    "Prod_Merc_Positions_Long_All,Prod_Merc_Positions_Short_All,"
    "Swap_Positions_Long_All,Swap__Positions_Short_All,Swap__Positions_Spread_All,"
    "M_Money_Positions_Long_All,M_Money_Positions_Short_All,M_Money_Positions_Spread_All,"
    "Other_Rept_Positions_Long_All,Other_Rept_Positions_Short_All,Other_Rept_Positions_Spread_All,"
    "NonRept_Positions_Long_All,NonRept_Positions_Short_All"
)


def positions(landing):
    columns = ("contract_code", "report", "category", "report_date", "open_interest", "long", "short", "spreading")
    return sorted(values(landing, "market.positions_cot", *columns), key=repr)


def series(tmp_path, *data, name="cftc/copper_weekly_cot.csv"):
    return read(tmp_path, {name: lines(SERIES, *data)})


def test_a_series_has_its_shorts_below_zero_and_the_table_above(tmp_path):
    landing = series(tmp_path, "2024-01-02,87161,26545,-6281,20264")
    assert positions(landing) == [("085692", "net", "noncommercial", date(2024, 1, 2), 87161.0, 26545.0, 6281.0, None)]
    assert landing.faults.is_empty()


@pytest.mark.parametrize(
    ("tuesday", "published"),
    [
        ("2024-01-02", datetime(2024, 1, 5, 20, 30, tzinfo=UTC)),
        ("2024-07-09", datetime(2024, 7, 12, 19, 30, tzinfo=UTC)),
        ("2024-11-26", datetime(2024, 12, 2, 20, 30, tzinfo=UTC)),
        ("2024-12-24", datetime(2024, 12, 30, 20, 30, tzinfo=UTC)),
    ],
)
def test_they_are_published_on_friday_1530_new_york_and_later_after_holidays(tmp_path, tuesday, published):
    landing = series(tmp_path, f"{tuesday},10,5,-3,2")
    assert rows(landing, "market.positions_cot")["published_at"].to_list() == [published]


@pytest.mark.parametrize(
    ("row", "field", "value", "reason"),
    [
        ("2024-01-06,10,5,-3,2", "", "2024-01-06,10,5,-3,2", "dated at a weekend"),
        ("2024-01-09,10,5,3,8", "short", "3", "above 0"),
        ("2024-01-09,10,5,-3,4", "net", "4.0", "not long less short"),
        ("2024-01-09,10,,-3,2", "long", "", "missing"),
        ("9 January,10,5,-3,2", "date", "9 January", "not a date of this format"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_the_rest_is_used(tmp_path, row, field, value, reason):
    landing = series(tmp_path, "2024-01-02,10,5,-3,2", row)
    assert faults(landing, "source", "row", "field", "value") == [("cftc", 2, field, value)]
    assert reasons(landing)[0].startswith(reason)
    assert len(positions(landing)) == 1


def test_a_series_of_a_metal_without_a_known_contract_is_quarantined_as_a_file(tmp_path):
    assert faults(series(tmp_path, "2024-01-02,10,5,-3,2", name="cftc/rhodium.csv")) == [(0, "", "rhodium")]


def test_a_legacy_report_is_a_row_a_category_with_its_code_as_text(tmp_path):
    landing = read(tmp_path, {"cftc/annual.txt": lines(LEGACY, COPPER)})
    day = date(2024, 1, 2)
    assert positions(landing) == [
        ("085692", "legacy", "commercial", day, 1000.0, 400.0, 500.0, None),
        ("085692", "legacy", "noncommercial", day, 1000.0, 300.0, 200.0, 50.0),
        ("085692", "legacy", "nonreportable", day, 1000.0, 250.0, 250.0, None),
        ("085692", "legacy", "total reportable", day, 1000.0, 750.0, 750.0, None),
    ]
    assert set(rows(landing, "market.positions_cot")["market"]) == {"COPPER- #1 - COMMODITY EXCHANGE INC."}


def test_a_disaggregated_report_is_told_by_its_header(tmp_path):
    row = "COPPER,2024-01-02,085692,1000,1,2,3,4,5,6,7,8,9,10,11,12,13"
    landing = read(tmp_path, {"cftc/f_year.txt": lines(DISAGGREGATED, row)})
    assert [found[2:] for found in positions(landing)] == [
        ("managed money", date(2024, 1, 2), 1000.0, 6.0, 7.0, 8.0),
        ("nonreportable", date(2024, 1, 2), 1000.0, 12.0, 13.0, None),
        ("other reportable", date(2024, 1, 2), 1000.0, 9.0, 10.0, 11.0),
        ("producer", date(2024, 1, 2), 1000.0, 1.0, 2.0, None),
        ("swap dealer", date(2024, 1, 2), 1000.0, 3.0, 4.0, 5.0),
    ]


def test_a_count_that_cannot_be_used_costs_its_own_category_only(tmp_path):
    landing = read(tmp_path, {"cftc/annual.txt": lines(LEGACY, COPPER.replace("  400,", "    .,"))})
    assert [found[2] for found in positions(landing)] == ["noncommercial", "nonreportable", "total reportable"]
    assert faults(landing, "row", "field", "reason") == [(1, "commercial_positions_long_all", "missing")]


def test_a_contract_twice_on_a_day_is_used_once(tmp_path):
    landing = read(tmp_path, {"cftc/annual.txt": lines(LEGACY, COPPER, COPPER.replace("  300,", "  900,"))})
    assert len(positions(landing)) == 4
    assert reasons(landing) == ["the contract and date of row 1 again"]


@pytest.mark.parametrize("day", ["9999-12-31", "9999-12-30", "0001-01-01", "2 January"])
def test_a_day_of_no_sane_age_stops_nothing(tmp_path, day):
    landing = read(tmp_path, {"cftc/annual.txt": lines(LEGACY, COPPER, COPPER.replace("2024-01-02", day))})
    assert faults(landing, "row", "value", "known_at") == [(2, day, None)]
    assert len(positions(landing)) == 4


def weekly(fields=191, scope="FutOnly", code="085692"):
    head = ['"COPPER- #1"', "240102", "2024-01-02", code, "CMX ", "01", "085 ", "1000", *map(str, range(1, 16))]
    return ",".join([*head, *["."] * (fields - len(head) - 1), scope])


def test_the_weekly_report_without_a_header_is_read_by_its_known_columns(tmp_path):
    landing = read(tmp_path, {"cftc/f_disagg.txt": lines(weekly())})
    assert [(found[0], found[2], *found[4:]) for found in positions(landing)] == [
        ("085692", "managed money", 1000.0, 6.0, 7.0, 8.0),
        ("085692", "nonreportable", 1000.0, 14.0, 15.0, None),
        ("085692", "other reportable", 1000.0, 9.0, 10.0, 11.0),
        ("085692", "producer", 1000.0, 1.0, 2.0, None),
        ("085692", "swap dealer", 1000.0, 3.0, 4.0, 5.0),
    ]
    assert set(rows(landing, "market.positions_cot")["report"]) == {"disaggregated"}
    assert landing.faults.is_empty()


@pytest.mark.parametrize("line", [COPPER, weekly(190), weekly(192)])
def test_a_report_without_a_header_and_with_other_fields_is_not_guessed_at(tmp_path, line):
    landing = read(tmp_path, {"cftc/f_disagg.txt": lines(line)})
    assert faults(landing, "source", "row") == [("cftc", 0)]
    assert "191 fields" in reasons(landing)[0]
    assert positions(landing) == []


def test_a_report_of_futures_and_options_is_not_mixed_in(tmp_path):
    landing = read(tmp_path, {"cftc/c_disagg.txt": lines(weekly(), weekly(scope="Combined"))})
    assert faults(landing) == [(2, "futonly_or_combined", "Combined")]
    assert len(positions(landing)) == 5


def test_a_code_without_its_leading_zeros_is_no_code(tmp_path):
    landing = read(tmp_path, {"cftc/annual.txt": lines(LEGACY, COPPER, COPPER.replace("085692", "85692"))})
    assert faults(landing) == [(2, "cftc_contract_market_code", "85692")]
    assert len(positions(landing)) == 4


def test_the_micro_contract_is_another_than_the_one_it_is_named_after(tmp_path):
    landing = series(tmp_path, "2024-01-02,10,5,-3,2", name="cftc/micro_copper_cot.csv")
    assert positions(landing)[0][0] == "085699"


def test_the_real_commitments_are_whole(real):
    held = rows(real, "market.positions_cot")
    net = held.filter(pl.col("report") == "net")
    assert net.group_by("contract_code").agg(pl.len(), pl.col("report_date").max()).sort("contract_code").rows() == [
        ("085692", 1044, date(2024, 12, 31)),
        ("088691", 1044, date(2024, 12, 31)),
    ]
    legacy = held.filter(pl.col("report") == "legacy")
    assert (legacy["contract_code"].n_unique(), legacy["report_date"].max()) == (325, date(2024, 2, 6))
    assert held["short"].min() >= 0
    assert real.faults.filter(pl.col("source") == "cftc").is_empty()


@pytest.mark.parametrize(
    ("tuesday", "published"),
    [
        ("2025-09-23", "2025-09-26"),
        ("2025-09-30", "2025-11-19"),
        ("2025-11-04", "2026-01-23"),
        ("2026-01-20", "2026-01-23"),
        ("2019-01-08", "2019-03-08"),
    ],
)
def test_reports_of_a_shutdown_are_not_known_before_they_were_out(tmp_path, tuesday, published):
    landing = series(tmp_path, f"{tuesday},10,5,-3,2")
    (moment,) = rows(landing, "market.positions_cot")["published_at"].to_list()
    assert moment.date().isoformat() == published
