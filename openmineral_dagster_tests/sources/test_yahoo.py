"""Charts: a bar a day in the exchange's own zone, without the one still being made."""

import json

import pytest

from openmineral_dagster_tests.sources.landings import faults, read, values
from openmineral_dagster_tests.sources.network.publishers import DAY, yahoo


def landed(tmp_path, content, name="futures/HG=F.json"):
    return read(tmp_path, {name: content})


def test_bars_and_prices_of_the_contract_it_is_named_after(tmp_path):
    bars = values(landed(tmp_path, yahoo(DAY)), "market.bars", "instrument", "price_date", "close", "volume")
    assert max(bars) == ("HG", DAY, 4.5, 1000.0)
    assert len(bars) == 19, "the day without a quote is none"


def test_the_bar_of_a_session_still_open_is_left_out(tmp_path):
    days = [day for (day,) in values(landed(tmp_path, yahoo(DAY, session_open=True)), "market.bars", "price_date")]
    assert max(days) < DAY


@pytest.mark.parametrize(
    "chart",
    [
        {"chart": {"result": None, "error": {"code": "Not Found"}}},
        {"chart": {"result": []}},
        {"chart": {"result": [{"timestamp": [1], "meta": {}}]}},
        {"chart": {}},
    ],
)
def test_an_answer_without_a_chart_is_quarantined(tmp_path, chart):
    assert faults(landed(tmp_path, json.dumps(chart)), "file", "row") == [("futures/HG=F.json", 0)]


def test_arrays_of_different_lengths_are_no_chart(tmp_path):
    chart = json.loads(yahoo(DAY))
    chart["chart"]["result"][0]["indicators"]["quote"][0]["close"].pop()
    assert faults(landed(tmp_path, json.dumps(chart)), "row") == [(0,)]
