"""Energy, exchange rates, interest rates and the VIX, each in the shape its publisher serves."""

from datetime import UTC, date, datetime

import pytest

from openmineral_dagster_tests.sources.landings import faults, lines, read, reasons, rows, values

CURVE_HEADER = "Date,1 Mo,2 Mo,10 Yr"


@pytest.mark.parametrize(
    ("name", "symbol", "unit"),
    [("wti-daily", "WTI", "USD/bbl"), ("brent-daily", "BRENT", "USD/bbl"), ("henry-hub-daily", "HH", "USD/MMBtu")],
)
def test_spot_energy_is_named_by_its_file_and_published_five_business_days_later(tmp_path, name, symbol, unit):
    landing = read(tmp_path, {f"energy/{name}.csv": lines("Date,Price", "2024-07-02,72.44")})
    columns = ("instrument", "tenor", "price", "unit", "source", "published_at")
    published = datetime(2024, 7, 10, 22, 0, tzinfo=UTC)
    assert values(landing, "market.prices", *columns) == [(symbol, "spot", 72.44, unit, "eia", published)]


def test_a_spot_price_below_zero_stays_and_a_missing_one_gives_no_row(tmp_path):
    data = lines("Date,Price", "2020-04-20,-36.98", "2020-04-21,", "2020-04-22,NaN")
    landing = read(tmp_path, {"energy/wti-daily.csv": data})
    assert values(landing, "market.prices", "price") == [(-36.98,)]
    assert faults(landing, "row", "field", "value", "reason") == [(2, "price", "", "missing"), (3, "price", "NaN", "missing")]


def test_an_unknown_grade_is_quarantined(tmp_path):
    landing = read(tmp_path, {"energy/urals.csv": lines("Date,Price", "2020-04-20,30")})
    assert faults(landing, "source", "row", "value") == [("energy", 0, "urals")]


def test_reference_rates_are_a_row_a_currency_without_the_missing_and_the_nameless_column(tmp_path):
    data = lines("Date,USD,CYP,RUB,", "2022-03-02,1.1106,N/A,N/A,", "2022-03-01,1.1162,N/A,117.201,")
    landing = read(tmp_path, {"fx/eurofxref-hist.csv": data})
    assert values(landing, "market.fx", "currency", "rate_date", "per_eur", "source") == [
        ("RUB", date(2022, 3, 1), 117.201, "ecb"),
        ("USD", date(2022, 3, 1), 1.1162, "ecb"),
        ("USD", date(2022, 3, 2), 1.1106, "ecb"),
    ]
    assert landing.faults.is_empty()
    assert rows(landing, "market.fx")["published_at"].min() == datetime(2022, 3, 1, 15, 0, tzinfo=UTC)


def test_a_rate_that_is_no_number_or_not_above_zero_is_quarantined(tmp_path):
    landing = read(tmp_path, {"fx/ecb.csv": lines("Date,USD,JPY", "2022-03-01,x,-1", "2022-03-02,1.1,130")})
    assert faults(landing, "row", "field", "value", "reason") == [
        (1, "jpy", "-1", "not above zero"),
        (1, "usd", "x", "not a number"),
    ]
    assert rows(landing, "market.fx").height == 2


@pytest.mark.parametrize("header", ["observation_date,SOFR", "DATE,SOFR"])
def test_a_fred_series_is_a_fraction_and_blanks_are_holidays(tmp_path, header):
    landing = read(tmp_path, {"rates/SOFR.csv": lines(header, "2024-07-03,5.33", "2024-07-04,", "2024-07-05,.")})
    columns = ("series", "rate_date", "rate", "source", "published_at")
    published = datetime(2024, 7, 5, 12, 0, tzinfo=UTC)
    assert values(landing, "market.rates", *columns) == [("SOFR", date(2024, 7, 3), 0.0533, "sofr", published)]
    assert landing.faults.is_empty()


def test_the_ten_year_yield_comes_from_the_treasury(tmp_path):
    landing = read(tmp_path, {"rates/DGS10.csv": lines("observation_date,DGS10", "2024-07-03,4.36")})
    assert values(landing, "market.rates", "series", "rate", "source") == [("DGS10", 0.0436, "treasury")]


def test_a_series_the_platform_does_not_keep_is_quarantined(tmp_path):
    landing = read(tmp_path, {"rates/GDP.csv": lines("observation_date,GDP", "2024-07-01,29000")})
    assert faults(landing, "source", "row", "value") == [("rates", 0, "GDP")]
    assert "SOFR, DFF" in reasons(landing)[0]


def test_the_par_curve_has_two_digit_years_and_tenors_that_begin_later(tmp_path):
    data = lines(CURVE_HEADER, "12/29/23,5.6,5.59,3.88", "1/2/90,,,7.94")
    landing = read(tmp_path, {"rates/daily-treasury-rates.csv": data})
    assert values(landing, "market.rates", "series", "rate_date", "rate", "source") == [
        ("UST_10Y", date(1990, 1, 2), 0.0794, "treasury"),
        ("UST_10Y", date(2023, 12, 29), 0.0388, "treasury"),
        ("UST_1M", date(2023, 12, 29), 0.056, "treasury"),
        ("UST_2M", date(2023, 12, 29), 0.0559, "treasury"),
    ]
    assert landing.faults.is_empty()


def test_a_curve_with_four_digit_years_reads_too(tmp_path):
    landing = read(tmp_path, {"rates/par.csv": lines("Date,1.5 Month,30 Yr", "12/31/2024,4.4,4.78")})
    assert values(landing, "market.rates", "series", "rate_date") == [
        ("UST_1.5M", date(2024, 12, 31)),
        ("UST_30Y", date(2024, 12, 31)),
    ]


@pytest.mark.parametrize("header", ["Date,", "Date", "Date,EUR"])
def test_a_date_alone_is_no_table_of_rates(tmp_path, header):
    assert faults(read(tmp_path, {"rates/par.csv": lines(header, "12/29/23,")}), "source", "row") == [("rates", 0)]


def test_a_rate_no_treasury_ever_paid_is_quarantined(tmp_path):
    landing = read(tmp_path, {"rates/par.csv": lines(CURVE_HEADER, "12/29/23,560,5.59,x")})
    assert faults(landing, "field", "reason") == [("1 mo", "above 100"), ("10 yr", "not a number")]
    assert values(landing, "market.rates", "series") == [("UST_2M",)]


@pytest.mark.parametrize("day", ["2024-07-02", "07/02/2024"])
def test_the_vix_is_bars_and_spot_prices_in_points_without_a_currency(tmp_path, day):
    landing = read(tmp_path, {"macro/vix-daily.csv": lines("DATE,OPEN,HIGH,LOW,CLOSE", f"{day},12.5,12.9,12.0,12.03")})
    assert values(landing, "market.bars", "instrument", "price_date", "close", "source") == [
        ("VIX", date(2024, 7, 2), 12.03, "cboe")
    ]
    assert values(landing, "market.prices", "instrument", "tenor", "price", "unit", "currency") == [
        ("VIX", "spot", 12.03, "index points", None)
    ]
    assert rows(landing, "market.prices")["published_at"].to_list() == [datetime(2024, 7, 2, 20, 30, tzinfo=UTC)]
