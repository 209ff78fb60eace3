"""The real landing folder: the faults its README lists, each found and none of the true moves lost."""

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from openmineral_dagster.sources.landing import price_span
from openmineral_dagster_tests.sources.landings import rows

SUSPENDED = pl.date(2022, 3, 8), pl.date(2022, 3, 25)


def series(landing, instrument, tenor):
    return rows(landing, "market.prices").filter(pl.col("instrument") == instrument, pl.col("tenor") == tenor)


def bars(landing, instrument):
    return rows(landing, "market.bars").filter(pl.col("instrument") == instrument)


def faults(landing, file, *conditions):
    return landing.faults.filter(pl.col("file") == file, *conditions)


def test_every_file_is_read_and_none_is_quarantined_as_a_whole(real):
    assert real.faults.filter(pl.col("row") == 0).is_empty()
    assert {part.file.split("/")[0] for part in real.parsed} == {
        *("lme", "futures", "energy", "fx", "rates", "macro", "lme_stocks", "worldbank", "cftc")
    }
    assert [notice for notice in real.notices if "read by no stage" in notice] == [
        "orderbook: kept as received, read by no stage yet"
    ]


def test_the_prices_run_from_2008_to_the_end_of_2024(real):
    assert price_span(real) == (date(2008, 1, 2), date(2024, 12, 31))


@pytest.mark.parametrize("metal", ["copper", "aluminium", "zinc", "nickel", "lead"])
def test_the_saturday_row_is_the_only_row_without_a_business_day(real, metal):
    closed = faults(real, f"lme/{metal}.csv", pl.col("reason") == "no London business day")
    assert closed["value"].str.slice(0, 10).to_list() == ["2008-11-08"]
    assert rows(real, "market.prices").filter(pl.col("price_date") == date(2008, 11, 8)).is_empty()


def test_three_month_prices_of_spring_2008_are_missing_but_for_copper(real):
    gap = pl.col("price_date").is_between(date(2008, 2, 20), date(2008, 6, 16))
    held = {symbol: series(real, symbol, "3m").filter(gap).height for symbol in ("CU", "AL", "ZN", "NI", "PB")}
    assert held["CU"] > 75
    assert [held[symbol] for symbol in ("AL", "ZN", "NI", "PB")] == [0, 0, 0, 0]


def test_nickel_has_no_price_during_its_suspension_and_its_moves_around_it_stay(real):
    cash, forward = series(real, "NI", "cash"), series(real, "NI", "3m")
    suspended = pl.col("price_date").is_between(*SUSPENDED)
    assert cash.filter(suspended).is_empty()
    assert forward.filter(suspended).is_empty()
    stale = faults(real, "lme/nickel.csv", pl.col("field") == "cash_settlement")
    assert stale.height == 14
    assert set(stale["value"]) == {"30800.0", "35550.0"}
    assert forward.filter(pl.col("price_date") == date(2022, 3, 7))["price"].item() > 40_000
    assert forward.filter(pl.col("price_date") == date(2022, 3, 28)).height == 1


def test_the_nickel_stocks_in_a_wrong_unit_are_the_only_stocks_refused(real):
    misread = real.faults.filter(pl.col("reason").str.starts_with("unit error"))
    assert set(misread["file"]) == {"lme/nickel.csv"}
    assert misread["value"].cast(pl.Float64).max() == 614
    assert misread["known_at"].dt.date().to_list() == [date(2012, 4, day) for day in (2, 3, 4, 5, 10)]
    nickel = rows(real, "market.stocks").filter(pl.col("instrument") == "NI")
    assert nickel["total"].min() > 30_000


def test_the_blank_stock_of_may_2017_is_filled_by_the_warehouse_report_alone(real):
    stocks = rows(real, "market.stocks").filter(pl.col("report_date") == date(2017, 5, 24))
    assert stocks["on_warrant"].null_count() == 0
    assert faults(real, "lme/copper.csv", pl.col("field") == "lme_stock")["reason"].to_list() == ["missing"]


def test_the_stocks_are_those_of_the_warehouse_reports_of_their_date(real, real_landing: Path):
    with gzip.open(real_landing / "lme_stocks" / "lme_warehouse_reports.jsonl.gz", "rt") as file:
        reports = [json.loads(line) for line in file]
    copper = {date.fromisoformat(r["observation_date"]): r["total"] for r in reports if r["metal"] == "Copper"}
    read = rows(real, "market.stocks").filter(pl.col("instrument") == "CU")
    same = [copper[day] == total for day, total in read.select("report_date", "total").iter_rows() if day in copper]
    assert len(same) > 1_900
    assert sum(same) / len(same) > 0.998
    assert date(2022, 9, 19) in copper, "a warehouse report of the bank holiday on which the LME traded"
    assert read.filter(pl.col("report_date") == date(2022, 9, 19))["total"].item() == copper[date(2022, 9, 19)]


@pytest.mark.parametrize(("symbol", "odd", "held"), [("GC", 441, 6106), ("SI", 243, 6108)])
def test_odd_bars_lose_the_odd_field_and_keep_their_close(real, symbol, odd, held):
    assert faults(real, f"futures/{symbol}=F.csv")["row"].n_unique() == odd
    kept = bars(real, symbol)
    assert kept.height == held == series(real, symbol, "front").height
    for field in ("open", "close"):
        assert kept.filter((pl.col(field) > pl.col("high")) | (pl.col(field) < pl.col("low"))).is_empty()


def test_oil_below_zero_stays_in_futures_and_spot(real):
    day = pl.col("price_date") == date(2020, 4, 20)
    assert series(real, "CL", "front").filter(day)["price"].to_list() == [-37.63]
    assert series(real, "WTI", "spot").filter(day)["price"].to_list() == [-36.98]


def test_flat_bars_without_trades_stay_with_no_volume(real):
    assert bars(real, "PA").filter(pl.col("high") == pl.col("low"), pl.col("volume") == 0).height > 500
    assert faults(real, "futures/PA=F.csv").is_empty()


def test_the_two_downloads_of_copper_futures_give_one_row_a_date(real):
    copper = bars(real, "HG")
    assert copper["price_date"].is_unique().all()
    assert copper["price_date"].min() == date(2000, 8, 30)
    assert copper["price_date"].max() == date(2024, 12, 31)
    assert series(real, "HG", "front").height == copper.height
    assert any("998 rows of market.prices" in notice and "0 of them differ" in notice for notice in real.notices)
    nulls = faults(real, "futures/HG=F.2000-2021.csv", pl.col("reason") == "no values on this date")
    assert nulls.height == 77


def test_henry_hub_has_no_price_where_the_file_has_none(real):
    gas = series(real, "HH", "spot")
    assert gas.filter(pl.col("price_date") == date(2018, 1, 5)).is_empty()
    assert faults(real, "energy/henry-hub-daily.csv").select("field", "reason").rows() == [("price", "missing")]
    assert gas["price_date"].is_between(date(2005, 9, 26), date(2005, 10, 7)).sum() < 5, "the gap of 2005 stays a gap"


def test_currencies_end_where_the_ecb_ended_them(real):
    fx = rows(real, "market.fx")
    last = dict(fx.group_by("currency").agg(pl.col("rate_date").max()).iter_rows())
    assert len(last) == 41
    assert last["USD"] == date(2024, 1, 19)
    assert last["RUB"] == date(2022, 3, 1)
    assert last["CYP"] == date(2007, 12, 31)
    assert last["HRK"] == date(2022, 12, 30)
    assert faults(real, "fx/eurofxref-hist.csv").is_empty()


def test_rates_are_fractions_and_the_curve_begins_in_1990_with_the_tenors_of_its_time(real):
    rates = rows(real, "market.rates")
    first = dict(rates.group_by("series").agg(pl.col("rate_date").min()).iter_rows())
    assert len(first) == 15
    assert first["UST_10Y"] == date(1990, 1, 2)
    assert first["UST_1M"] > date(2001, 1, 1)
    assert first["UST_4M"] > date(2022, 1, 1)
    assert rates["rate"].max() < 0.2
    assert rates.filter(pl.col("series") == "SOFR", pl.col("rate_date") == date(2024, 12, 31))["rate"].item() == 0.0449


def test_the_vix_is_there_from_1990(real):
    assert series(real, "VIX", "spot").height == 8833
    assert bars(real, "VIX")["price_date"].min() == date(1990, 1, 2)


def test_every_value_is_published_on_or_after_the_day_it_speaks_of(real):
    prices = rows(real, "market.prices")
    assert prices.filter(pl.col("published_at").dt.date() < pl.col("price_date")).is_empty()
    copper = series(real, "CU", "cash").filter(pl.col("price_date") == date(2024, 12, 31))
    assert copper["published_at"].item() == datetime(2024, 12, 31, 13, 30, tzinfo=UTC)
