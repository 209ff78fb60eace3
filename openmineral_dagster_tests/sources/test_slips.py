"""Prices no market made: a slipped decimal or unit goes to quarantine, a true extreme stays."""

from datetime import date, timedelta

import pytest

from openmineral_dagster_tests.sources.landings import LME_HEADER, faults, lines, read, reasons, rows

DAYS = [day.isoformat() for step in range(14) if (day := date(2024, 1, 2) + timedelta(days=step)).weekday() < 5]


def landed(tmp_path, prices):
    data = [f"{day},{price},{price},1000" for day, price in zip(DAYS, prices, strict=False)]
    return read(tmp_path, {"lme/copper.csv": lines(LME_HEADER, *data)})


@pytest.mark.parametrize("slipped", [84300, 843.0, 3.82])
def test_a_slipped_decimal_or_unit_is_no_price_and_the_prices_around_it_stay(tmp_path, slipped):
    landing = landed(tmp_path, [8400, 8410, 8420, slipped, 8440])
    assert faults(landing, "row", "field") == [(4, "cash_settlement"), (4, "three_month")]
    assert set(reasons(landing)) == {"beyond 5 times the prices before it: a slipped decimal or unit"}
    assert rows(landing, "market.prices").height == 8


def test_a_price_that_doubles_or_halves_stays(tmp_path):
    assert landed(tmp_path, [8400, 8410, 8420, 18000, 7000]).faults.is_empty()


def test_a_row_is_judged_by_the_rows_before_it_only(tmp_path):
    prices = [8400, 8410, 8420, 84300, 8440, 8450, 8460]
    for last in range(4, len(prices) + 1):
        assert faults(landed(tmp_path, prices[:last]), "row") == [(4,), (4,)]


def test_a_slip_in_the_first_row_does_not_condemn_the_others(tmp_path):
    landing = landed(tmp_path, [84000, 8410, 8420, 8430, 8440, 8450])
    assert landing.faults.is_empty()


def test_a_slipped_field_of_a_bar_goes_and_one_without_a_close_goes_whole(tmp_path):
    bars = [f"{day},2000,2010,1990,2005,10" for day in DAYS[:4]]
    landing = read(
        tmp_path,
        {
            "futures/GC=F.csv": lines(
                "Date,Open,High,Low,Close,Volume",
                *bars,
                f"{DAYS[4]},2000,20100,1990,2005,10",
                f"{DAYS[5]},2000,2010,1990,20.05,10",
            )
        },
    )
    assert faults(landing, "row", "field") == [(5, "high"), (6, "close")]
    assert rows(landing, "market.prices").height == 5


def test_energy_and_volatility_are_left_alone_for_they_do_rise_fivefold(tmp_path):
    header = "DATE,OPEN,HIGH,LOW,CLOSE"
    data = [f"{date.fromisoformat(day):%m/%d/%Y},12,12,12,{close}" for day, close in zip(DAYS, [12, 12, 12, 12], strict=False)]
    last = f"{date.fromisoformat(DAYS[5]):%m/%d/%Y},70,82,70,80"
    assert read(tmp_path, {"macro/vix-daily.csv": lines(header, *data, last)}).faults.is_empty()
