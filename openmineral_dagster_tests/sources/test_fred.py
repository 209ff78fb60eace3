"""FRED series: rates as fractions, oil below zero, the VIX as a price, the IMF's monthly means, each with its own publisher."""

from datetime import date

import pytest

from openmineral_dagster_tests.sources.landings import faults, lines, read, rows, values


def landed(tmp_path, series, *data):
    return read(tmp_path, {f"rates/{series}.csv": lines(f"observation_date,{series}", *data)})


def test_a_full_stop_is_a_holiday(tmp_path):
    landing = landed(tmp_path, "DGS2", "2026-11-19,4.37", "2026-11-20,.", "2026-11-23,")
    assert values(landing, "market.rates", "series", "rate_date", "rate", "source") == [
        ("DGS2", date(2026, 11, 19), 0.0437, "treasury")
    ]
    assert landing.faults.is_empty()


def test_oil_may_be_below_zero_and_the_vix_may_not(tmp_path):
    oil = landed(tmp_path / "oil", "DCOILWTICO", "2020-04-20,-36.98")
    assert values(oil, "market.prices", "instrument", "tenor", "price", "source") == [("WTI", "spot", -36.98, "eia")]
    vix = landed(tmp_path / "vix", "VIXCLS", "2020-04-20,-1", "2020-04-21,45.4")
    assert values(vix, "market.prices", "instrument", "price", "source") == [("VIX", 45.4, "cboe")]
    assert faults(vix, "field", "value") == [("vixcls", "-1")]


def test_a_monthly_mean_is_known_five_weeks_after_its_month(tmp_path):
    landing = landed(tmp_path, "PCOPPUSDM", "2026-09-01,9500.5")
    assert values(landing, "market.monthly", "series", "value", "unit", "source") == [("PCOPPUSDM", 9500.5, "USD/t", "imf")]
    assert rows(landing, "market.monthly")["published_at"].dt.date().to_list() == [date(2026, 11, 5)]


@pytest.mark.parametrize(
    ("series", "known"), [("DFF", date(2026, 11, 23)), ("T10YIE", date(2026, 11, 23)), ("DFII10", date(2026, 11, 20))]
)
def test_each_series_is_known_when_its_publisher_says_so(tmp_path, series, known):
    landing = landed(tmp_path, series, "2026-11-20,2.5")
    assert rows(landing, "market.rates")["published_at"].dt.date().to_list() == [known]
