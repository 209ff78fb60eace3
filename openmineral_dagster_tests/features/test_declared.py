"""What every feature declares is true: the table lists it, its inputs exist, and its window is the rows it reads."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from openmineral_dagster.features.declared import FEATURES, needed
from openmineral_dagster.features.inputs import Inputs
from openmineral_dagster.features.panel import IDENTITY, feature_history
from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import DAILY_PANEL, TABLES
from openmineral_dagster_tests.features.desk import desk

WHOLE = desk()
HISTORY = feature_history(WHOLE)
OF_PRICES = [
    feature for feature in FEATURES if set(feature.inputs) == {"market.prices.price"} and feature.source in ("prices", "row")
]


def test_the_table_lists_every_feature_with_its_meaning_unit_and_bound():
    declared = [(feature.name, feature.meaning, feature.unit, feature.low) for feature in FEATURES]
    listed = [(item.name, item.meaning, item.unit, item.low) for item in DAILY_PANEL.columns if item.name not in IDENTITY]
    assert listed == declared


def test_names_are_unique_and_about_sixty():
    names = {feature.name for feature in FEATURES}
    assert 60 <= len(names) == len(FEATURES)


def test_every_input_is_a_column_of_the_lake():
    for feature in FEATURES:
        for given in feature.inputs:
            table, _, column = given.rpartition(".")
            assert column in TABLES[table].dtypes, feature.name


def test_the_whole_history_conforms_with_every_feature_somewhere():
    require_valid(HISTORY, DAILY_PANEL)
    assert [name for name in HISTORY.columns if HISTORY[name].null_count() == HISTORY.height] == []


@pytest.mark.parametrize("feature", OF_PRICES, ids=lambda feature: feature.name)
def test_a_feature_of_prices_is_null_before_its_window_and_has_a_value_from_then_on(feature):
    copper = HISTORY.filter(pl.col("instrument") == "CU")[feature.name]
    assert copper.head(feature.window - 1).null_count() == feature.window - 1
    assert copper.slice(feature.window - 1).null_count() == 0


@pytest.mark.parametrize("feature", [item for item in OF_PRICES if not item.recursive], ids=lambda feature: feature.name)
def test_rows_older_than_the_window_do_not_matter_unless_a_feature_says_so(feature):
    last = WHOLE.prices["price_date"].unique().sort()[-max(feature.window, 60) :]
    recent = Inputs(WHOLE.prices.filter(pl.col("price_date").is_in(last.implode())))
    latest = feature_history(recent, [feature.name]).group_by("instrument", maintain_order=True).last()
    whole = HISTORY.group_by("instrument", maintain_order=True).last()
    metals = pl.col("tenor") == "3m"
    assert_frame_equal(
        latest.filter(metals).select(feature.name), whole.filter(metals).select(feature.name), rel_tol=1e-7, abs_tol=1e-10
    )


def test_a_feature_brings_what_it_is_computed_from():
    assert [feature.name for feature in needed(["momentum_21d"])] == ["return_1d", "return_21d", "ewma97_vol", "momentum_21d"]


def test_only_the_names_asked_for_come_back_and_with_the_same_values():
    few = feature_history(WHOLE, ["momentum_21d", "vix_level"])
    assert few.columns == [*IDENTITY, "momentum_21d", "vix_level"]
    assert_frame_equal(few, HISTORY.select(few.columns), check_exact=True)


def test_prices_without_moments_leave_other_markets_null_and_the_rest_as_it_is():
    bare = feature_history(WHOLE.prices.select("instrument", "tenor", "price_date", "price"))
    foreign = [feature.name for feature in FEATURES if feature not in OF_PRICES]
    assert bare.select(foreign).null_count().row(0) == (bare.height,) * len(foreign)
    own = [feature.name for feature in OF_PRICES]
    assert_frame_equal(bare.select(own), HISTORY.select(own), check_exact=True)


def test_prices_that_never_move_give_no_infinite_value_and_no_nan():
    still = Inputs(WHOLE.prices.with_columns(price=pl.lit(100.0)))
    require_valid(feature_history(still), DAILY_PANEL)
