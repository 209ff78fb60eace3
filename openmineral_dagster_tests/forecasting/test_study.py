"""A study says of each night what the night alone would say; what it publishes is complete, ordered and read by the gate."""

from datetime import date, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from openmineral_dagster.forecasting.calibration import calibration, volatility_fifths
from openmineral_dagster.forecasting.distribution import forecast
from openmineral_dagster.forecasting.models import EWMA97_NORMAL, HIST500, MEMBERS, scale_path
from openmineral_dagster.forecasting.quantiles import QUANTILES, crps
from openmineral_dagster.forecasting.scorecard import scorecard
from openmineral_dagster.forecasting.skill import skill
from openmineral_dagster.forecasting.study import ADAPTIVE, ENSEMBLE, FIX, NIGHT
from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import CALIBRATION, PRICE_DISTRIBUTION, SCORECARD, SKILL
from openmineral_dagster_tests.forecasting.markets import LAST, market, prices_of, real_prices, studied, with_other_future

PRICES = market(rows=1200)
EARLIER = date(2024, 8, 15)
STUDY = studied(PRICES)
LONG = studied(PRICES, first=EARLIER - timedelta(days=9))
ALL_OF = (
    lambda study, night: forecast(study, night, ENSEMBLE, {}),
    lambda study, night: scorecard(study, night, trials=20),
    skill,
    calibration,
)


@cache
def alone(night):
    return studied(PRICES, first=night, last=night)


@cache
def with_another_future():
    return studied(with_other_future(PRICES, EARLIER), first=EARLIER - timedelta(days=9))


@cache
def shuffled():
    return studied(PRICES.sample(fraction=1.0, shuffle=True, seed=1))


@pytest.mark.parametrize("night", [EARLIER, date(2024, 8, 17), LAST])
@pytest.mark.parametrize("compute", ALL_OF, ids=["forecast", "scorecard", "skill", "calibration"])
def test_many_nights_together_say_what_each_says_alone(compute, night):
    assert_frame_equal(compute(LONG, night), compute(alone(night), night), check_exact=True)


@pytest.mark.parametrize("compute", ALL_OF, ids=["forecast", "scorecard", "skill", "calibration"])
def test_what_comes_after_a_night_changes_nothing_it_said(compute):
    assert_frame_equal(compute(with_another_future(), EARLIER), compute(LONG, EARLIER), check_exact=True)


@pytest.mark.parametrize("compute", ALL_OF[:3], ids=["forecast", "scorecard", "skill"])
def test_the_order_of_rows_does_not_matter(compute):
    assert_frame_equal(compute(shuffled(), LAST), compute(STUDY, LAST), check_exact=True)


def test_the_distribution_is_complete_with_one_champion_a_cell_and_rising_prices():
    rows = require_valid(forecast(STUDY, LAST, ENSEMBLE, {}), PRICE_DISTRIBUTION)
    assert set(rows.select("model", "information").unique().rows()) == set(STUDY.ranges)
    champions = rows.filter("champion")
    assert champions.height == 4 * 3 * len(QUANTILES)
    assert set(champions["model"]) == {ENSEMBLE}
    assert (
        rows.sort("quantile")
        .with_columns(up=pl.col("price").diff().over("instrument", "horizon_days", "model", "information"))["up"]
        .drop_nulls()
        >= 0
    ).all()
    last = PRICES.filter(pl.col("instrument") == "CU")["price"][-1]
    median = champions.filter((pl.col("quantile") == 0.5) & (pl.col("instrument") == "CU") & (pl.col("horizon_days") == 21))
    assert median["price"][0] == pytest.approx(last)


def test_the_ensemble_is_the_mean_of_its_members_and_its_median_is_no_change():
    mean = np.mean([STUDY.at_fix[member.name][0, 5] for member in MEMBERS], axis=0)
    assert STUDY.at_fix[ENSEMBLE][0, 5] == pytest.approx(mean, nan_ok=True)
    assert (STUDY.at_fix[ENSEMBLE][0, 5][-1:, 11] == 0).all()


def test_a_member_without_a_forecast_does_not_silence_the_others():
    young = pl.concat([market(rows=900), prices_of("PB", "3m", 0.01 * np.random.default_rng(0).standard_normal(120))])
    rows = forecast(studied(young), LAST, ENSEMBLE, {}).filter(pl.col("instrument") == "PB")
    assert {"psym_ewma97", ENSEMBLE} <= set(rows["model"])
    assert "fhs_garch" not in set(rows["model"])
    assert rows.filter("champion")["gate_status"].str.starts_with("not yet earned").all()


@pytest.mark.parametrize("rows", [60, 61, 100, 600])
def test_every_series_with_any_forecast_has_a_champion(rows):
    found = forecast(studied(market(rows=rows)), LAST, ENSEMBLE, {})
    cells = ["instrument", "horizon_days", "quantile"]
    assert found.filter("champion").select(cells).unique().height == found.select(cells).unique().height


def test_nothing_known_is_an_empty_forecast_that_conforms():
    empty = studied(PRICES.clear())
    for compute, table in zip(ALL_OF, (PRICE_DISTRIBUTION, SCORECARD, SKILL, CALIBRATION), strict=True):
        assert require_valid(compute(empty, LAST), table).is_empty()


def test_a_range_that_stopped_covering_is_replaced_and_says_why():
    wild = PRICES.with_columns(row=pl.int_range(pl.len()).over("instrument"))
    shaken = wild.with_columns(
        price=pl.when((pl.col("row") > 950) & (pl.col("row") % 2 == 0)).then(pl.col("price") * 1.15).otherwise("price")
    )
    rows = forecast(studied(shaken.drop("row")), LAST, ENSEMBLE, {}).filter("champion", pl.col("horizon_days") == 1)
    assert not rows.filter(pl.col("gate_status").str.contains("^(replaced|unproven): ensemble 90% coverage")).is_empty()


def test_where_a_promoted_model_has_no_range_the_ensemble_is_read():
    rows = forecast(STUDY, LAST, "ensemble_quantile_network", {}).filter("champion")
    plain = forecast(STUDY, LAST, ENSEMBLE, {}).filter("champion")
    assert rows.drop("gate_status").equals(plain.drop("gate_status"))
    assert set(rows["model"]) == {ENSEMBLE}
    assert rows["gate_status"].str.ends_with("; no ensemble_quantile_network here").all()


def test_a_range_from_an_old_price_says_so():
    ended = PRICES.filter((pl.col("instrument") != "AL") | (pl.col("price_date") < LAST - timedelta(days=20)))
    rows = forecast(studied(ended), LAST, ENSEMBLE, {}).filter("champion", pl.col("instrument") == "AL")
    assert rows["gate_status"].str.starts_with("old price of 2024-09-09; ").all()


def test_what_a_night_knows_of_closes_is_no_merit_of_widths():
    found = skill(STUDY, LAST).filter((pl.col("model") == EWMA97_NORMAL) & (pl.col("information") == NIGHT))
    assert set(found["dm_t_ewma97"]) == {0.0}
    assert set(found["range_claim"]) == {"not shown"}


def test_scores_are_those_of_the_origins_alone():
    row = (
        scorecard(STUDY, LAST, 20)
        .filter(
            (pl.col("model") == EWMA97_NORMAL)
            & (pl.col("information") == FIX)
            & (pl.col("instrument") == "CU")
            & (pl.col("horizon_days") == 5)
        )
        .row(0, named=True)
    )
    index = [series.instrument for series in STUDY.market.series].index("CU")
    outcomes, quantiles = STUDY.outcomes(index, 5)[-255:-5], STUDY.ranges[EWMA97_NORMAL, FIX][index, 5][-255:-5]
    assert row["n"] == 250
    assert row["crps"] == pytest.approx(crps(quantiles, outcomes).mean())
    assert row["crps"] == row["crps_ewma97"]
    assert (row["dm_t_ewma97"], row["r2"], row["direction_accuracy"], row["sharpe"]) == (0.0, 0.0, None, None)
    assert row["mape"] == row["mape_no_change"]


def test_a_window_from_a_date_on_scores_every_origin_since():
    since = date(2024, 3, 1)
    card = scorecard(studied(PRICES, first=since), LAST, 20, since).filter(
        (pl.col("horizon_days") == 1) & (pl.col("model") == HIST500)
    )
    assert card["window_start"].unique().to_list() == [since]
    assert card["n"].unique().to_list() == [(np.busday_count(since, LAST))]


def test_no_change_claims_no_mean_and_a_random_walk_is_never_called_skill():
    found = skill(STUDY, LAST)
    medianless = found.filter((pl.col("model") == ENSEMBLE) & (pl.col("information") == FIX))
    assert set(medianless["mean_claim"]) == {"none"}
    assert not set(found["mean_claim"]) & {"skill", "catch-up"}


def test_the_most_volatile_fifth_holds_about_the_rows_above_their_trailing_four_fifths():
    fifths = volatility_fifths(STUDY, 0)
    volatility = scale_path(STUDY.market, "ewma97", 0, date.min, 1)
    row = 1100
    share = (volatility[row - 749 : row + 1] < volatility[row]).mean()
    assert fifths[row] == min(int(share * 5), 4) + 1
    assert fifths[0] == 0


def test_pooled_coverage_lies_in_the_band_of_a_true_range_where_ranges_are_true():
    rows = calibration(STUDY, LAST).filter(
        (pl.col("scope") == "all") & (pl.col("model") == ENSEMBLE) & (pl.col("horizon_days") > 0)
    )
    assert ((rows["coverage"] >= rows["band_low"] - 0.02) & (rows["coverage"] <= rows["band_high"] + 0.02)).all()


def test_on_real_metals_the_ensemble_beats_the_rolling_quantiles_and_nothing_is_better_than_can_be():
    prices = real_prices().filter(pl.col("price_date") <= date(2024, 12, 31))
    study = studied(prices, first=date(2022, 1, 3), last=date(2024, 12, 31))
    record = skill(study, date(2024, 12, 31), date(2022, 1, 3)).filter(
        (pl.col("market") == "all") & (pl.col("model") == ENSEMBLE)
    )
    at_fix = record.filter(pl.col("information") == FIX)["skill_hist500"].mean()
    at_night = record.filter(pl.col("information") == NIGHT)["skill_hist500"].mean()
    assert 0.008 < at_fix < 0.035
    assert at_fix + 0.005 < at_night < 0.06
    assert ADAPTIVE in study.at_night
