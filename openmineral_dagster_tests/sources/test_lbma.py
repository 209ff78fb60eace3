"""London auctions: the dollar's price of each day, what is missing without a fault, what is no price with one."""

import json
from datetime import UTC, date, datetime

from openmineral_dagster_tests.sources.landings import faults, read, reasons, rows, values


def landed(tmp_path, *entries, name="lbma/gold_pm.json"):
    return read(tmp_path, {name: json.dumps([{"is_cms_locked": 0, **entry} for entry in entries])})


def test_the_dollar_price_of_each_auction_is_kept(tmp_path):
    landing = landed(tmp_path, {"d": "2026-11-20", "v": [4050.5, 3100.1, 3500.2]}, {"d": "1968-04-02", "v": [None, 37.0, None]})
    assert values(landing, "market.prices", "instrument", "tenor", "price_date", "price", "unit") == [
        ("AU-LBMA", "pm", date(2026, 11, 20), 4050.5, "USD/oz")
    ]
    assert landing.faults.is_empty()


def test_it_is_known_the_same_evening(tmp_path):
    landing = landed(tmp_path, {"d": "2026-11-20", "v": [4050.5]})
    assert rows(landing, "market.prices")["published_at"].to_list() == [datetime(2026, 11, 20, 20, tzinfo=UTC)]


def test_an_entry_that_is_no_day_with_prices_is_set_apart(tmp_path):
    landing = landed(
        tmp_path, {"d": "2026-11-20", "v": [4050.5]}, {"d": 7, "v": [1]}, {"d": "2026-11-19"}, {"d": "soon", "v": ["x"]}
    )
    assert rows(landing, "market.prices").height == 1
    assert len(reasons(landing)) == 3


def test_a_slipped_decimal_is_no_price_of_gold(tmp_path):
    days = [{"d": f"2026-11-{day:02d}", "v": [4000.0 + day]} for day in range(2, 20)]
    landing = landed(tmp_path, *days, {"d": "2026-11-20", "v": [40500.5]})
    assert faults(landing, "field", "value") == [("price", "40500.5")]


def test_a_file_named_after_no_auction_is_quarantined(tmp_path):
    landing = landed(tmp_path, {"d": "2026-11-20", "v": [1.0]}, name="lbma/rhodium.json")
    assert faults(landing, "source", "value") == [("lbma", "rhodium")]
