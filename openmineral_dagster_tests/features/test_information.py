"""What a row may know: nothing after its fix, by night nothing after 23:00 London, never a stale value, nobody else's rows."""

from dataclasses import fields, replace
from datetime import datetime, time, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from openmineral_dagster.features.declared import FEATURES
from openmineral_dagster.features.inputs import SOURCES, Inputs
from openmineral_dagster.features.panel import IDENTITY, daily_panel, feature_history
from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import DAILY_PANEL
from openmineral_dagster.reference.calendars import LONDON, at
from openmineral_dagster_tests.features.desk import DAYS, desk

WHOLE = desk()
HISTORY = feature_history(WHOLE)
NIGHT = [feature.name for feature in FEATURES if feature.information == "night"]
FIX = [feature.name for feature in FEATURES if feature.information == "fix"]
VALUES = {
    "prices": ["price"],
    "bars": ["open", "high", "low", "close", "volume"],
    "stocks": ["total", "cancelled"],
    "rates": ["rate"],
    "fx": ["per_eur"],
    "positions_cot": ["long", "short", "open_interest"],
}
DAY = DAYS[700]


def other_future(inputs, moment):
    """The same up to `moment`, and other values in everything known later."""
    later = pl.col("known_at") > moment
    changed = {
        table: getattr(inputs, table).with_columns(
            pl.when(later).then(pl.col(name) * (1.5 + 0.1 * place)).otherwise(pl.col(name)).alias(name)
            for place, name in enumerate(names)
        )
        for table, names in VALUES.items()
    }
    return replace(inputs, **changed)


def of_london(history, day):
    return history.filter((pl.col("tenor") == "3m") & (pl.col("price_date") == day))


@pytest.mark.parametrize("hour", [time(13, 30), time(19), time(23)])
def test_what_is_known_after_a_moment_changes_no_fix_feature_of_a_fix_before_it(hour):
    moment = at(DAY, hour, LONDON)
    changed = feature_history(other_future(WHOLE, moment))
    fixes = WHOLE.prices.filter(pl.col("published_at") <= moment).select("instrument", "tenor", "price_date")
    key = ["instrument", "tenor", "price_date"]
    before, after = (rows.join(fixes, on=key, how="semi", maintain_order="left") for rows in (HISTORY, changed))
    assert_frame_equal(before.select(FIX), after.select(FIX), check_exact=True)
    assert not changed.select(FIX).equals(HISTORY.select(FIX))


def test_what_is_known_after_the_night_changes_no_feature_of_its_price_date():
    changed = feature_history(other_future(WHOLE, at(DAY, time(23), LONDON)))
    until = pl.col("price_date") <= DAY
    assert_frame_equal(changed.filter(until), HISTORY.filter(until), check_exact=True)


def test_the_close_of_new_york_changes_only_night_features_of_london_that_day():
    changed = of_london(feature_history(other_future(WHOLE, at(DAY, time(13, 30), LONDON))), DAY)
    same = of_london(HISTORY, DAY)
    assert_frame_equal(changed.select(FIX), same.select(FIX), check_exact=True)
    assert all((changed[name] != same[name]).all() for name in NIGHT)


def test_a_correction_of_an_input_is_seen_from_its_arrival_on():
    day, arrival = DAYS[690], at(DAY, time(12), LONDON)
    corrected = (pl.col("report_date") == day) & (pl.col("instrument") == "CU")
    late = WHOLE.stocks.with_columns(
        known_at=pl.when(corrected).then(pl.lit(arrival, dtype=pl.Datetime("us", "UTC"))).otherwise("known_at")
    )
    found = feature_history(replace(WHOLE, stocks=late), ["stock_change_21d", "cancelled_share"])
    copper = found.filter(pl.col("instrument") == "CU").select("price_date", "stock_change_21d")
    held = dict(copper.iter_rows())
    assert held[DAYS[690]] is not None
    assert [held[DAYS[row]] for row in range(692, 700)] == [None] * 8
    assert held[DAY] == of_london(HISTORY, DAY).filter(pl.col("instrument") == "CU")["stock_change_21d"].item()
    shares = dict(found.filter(pl.col("instrument") == "CU").select("price_date", "cancelled_share").iter_rows())
    before = dict(HISTORY.filter(pl.col("instrument") == "CU").select("price_date", "cancelled_share").iter_rows())
    assert shares[DAYS[695]] == before[DAYS[695]]
    assert shares[DAYS[691]] == before[DAYS[690]]


@pytest.mark.parametrize("source", SOURCES.values(), ids=lambda source: source.name)
def test_a_stale_input_is_null(source):
    """Everything but the prices of the series themselves stops at one moment."""
    names = [feature.name for feature in FEATURES if feature.source == source.name]
    london = pl.col("tenor").is_in(["3m", "cash"]) | (pl.col("instrument") == "HG")
    stopped = {
        field.name: getattr(WHOLE, field.name).filter(
            (pl.col("known_at") <= at(DAY, time(23), LONDON)) | (london if field.name == "prices" else pl.lit(False))
        )
        for field in fields(Inputs)
    }
    stale = feature_history(replace(WHOLE, **stopped), names)
    after = stale.filter(pl.col("price_date") > DAY + timedelta(days=source.oldest_days + 1))
    assert after.height > 500
    assert after.select(names).null_count().row(0) == (after.height,) * len(names)


def test_a_gap_in_the_reports_gives_no_change_over_it():
    gap = ~pl.col("report_date").is_between(DAYS[640], DAYS[695])
    torn = feature_history(replace(WHOLE, stocks=WHOLE.stocks.filter(gap)), ["stock_change_21d", "cancelled_share"])
    row = of_london(torn, DAYS[705])
    assert row["stock_change_21d"].null_count() == row.height
    assert row["cancelled_share"].null_count() == 0


def test_a_market_that_has_no_close_that_night_has_no_move():
    closed = WHOLE.prices.filter((pl.col("instrument") != "GC") | (pl.col("price_date") != DAY))
    row = of_london(feature_history(replace(WHOLE, prices=closed), NIGHT), DAY)
    assert row["postfix_gold"].null_count() == row.height
    assert row["postfix_copper"].null_count() == 0


def test_a_close_that_came_after_the_night_is_no_move_of_it():
    late = (pl.col("instrument") == "GC") & (pl.col("price_date") == DAY)
    moment = pl.lit(datetime.combine(DAY + timedelta(days=9), time(9)), dtype=pl.Datetime("us")).dt.replace_time_zone("UTC")
    prices = WHOLE.prices.with_columns(known_at=pl.when(late).then(moment).otherwise("known_at"))
    row = of_london(feature_history(replace(WHOLE, prices=prices), NIGHT), DAY)
    assert row["postfix_gold"].null_count() == row.height


def test_the_order_of_the_rows_of_any_table_changes_nothing():
    shuffled = Inputs(*(getattr(WHOLE, field.name).sample(fraction=1.0, shuffle=True, seed=5) for field in fields(Inputs)))
    assert_frame_equal(feature_history(shuffled), HISTORY, check_exact=True)


def test_a_series_alone_is_what_it_is_among_others():
    alone = WHOLE.prices.filter(pl.col("instrument").is_in(["AL", "HG", "GC", "SI", "CL", "VIX"]))
    metal = pl.col("instrument") == "AL"
    assert_frame_equal(feature_history(replace(WHOLE, prices=alone)).filter(metal), HISTORY.filter(metal), check_exact=True)


def test_the_unit_of_the_prices_changes_nothing():
    scaled = WHOLE.prices.with_columns(
        price=pl.when(pl.col("instrument") == "VIX").then("price").otherwise(pl.col("price") * 37.0)
    )
    features = [name for name in HISTORY.columns if name not in IDENTITY]
    assert_frame_equal(
        feature_history(replace(WHOLE, prices=scaled)).select(features), HISTORY.select(features), rel_tol=1e-7, abs_tol=1e-8
    )


def test_the_panel_of_a_night_is_the_history_row_of_its_date():
    panel = require_valid(daily_panel(WHOLE, DAY), DAILY_PANEL)
    assert_frame_equal(panel, HISTORY.filter(pl.col("price_date") == DAY), check_exact=False, rel_tol=1e-9, abs_tol=1e-12)


def test_the_panel_of_a_night_does_not_know_what_came_after_it():
    after = other_future(WHOLE, at(DAY, time(23), LONDON))
    assert_frame_equal(daily_panel(after, DAY), daily_panel(WHOLE, DAY), check_exact=True)
