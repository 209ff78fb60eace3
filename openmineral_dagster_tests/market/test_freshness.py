"""A source is as old as its latest value, and stale only when it should have had more."""

from datetime import date

import polars as pl
import pytest

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import FETCHES, FRESHNESS, PRICES
from openmineral_dagster.market.freshness import business_days_between, freshness, last_due

NIGHT = date(2024, 12, 31)


@pytest.mark.parametrize(
    ("source", "due"),
    [("lme", NIGHT), ("lme_stocks", date(2024, 12, 30)), ("sofr", date(2024, 12, 30)), ("eia", date(2024, 12, 23))],
)
def test_what_is_due_follows_the_publication_rule(source, due):
    assert last_due(source, NIGHT) == due


@pytest.mark.parametrize(("last", "stale"), [(date(2024, 12, 23), False), (date(2024, 12, 17), True)])
def test_a_source_that_lags_by_rule_is_not_stale_until_it_falls_behind_the_rule(last, stale):
    rows = pl.DataFrame({"source": ["eia"], "price_date": [last]})
    found = require_valid(freshness([(PRICES, rows)], NIGHT, FETCHES.empty(), {}), FRESHNESS)
    assert found["stale"].to_list() == [stale]


def test_age_is_counted_in_business_days():
    assert business_days_between(date(2024, 12, 24), NIGHT) == 3
    assert business_days_between(NIGHT, NIGHT) == 0
