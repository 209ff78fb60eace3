"""Scores: on known outcomes only, against brute force, and near the measured figures on real prices."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.stats import norm

from openmineral_dagster.features.panel import feature_history
from openmineral_dagster.forecasting.baselines import ewma97_normal, hist500
from openmineral_dagster.forecasting.network import train
from openmineral_dagster.forecasting.quantiles import HORIZONS, QUANTILES, coverage, crps
from openmineral_dagster.forecasting.scorecard import scorecard
from openmineral_dagster.forecasting.series import priced_series
from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import SCORECARD
from openmineral_dagster_tests.forecasting.markets import LAST, market, real_prices, weekdays, with_other_future

PRICES = market()
CARD = scorecard(PRICES, LAST)


def cell(card, model, instrument, horizon):
    chosen = (pl.col("model") == model) & (pl.col("instrument") == instrument) & (pl.col("horizon_days") == horizon)
    return card.filter(chosen).row(0, named=True)


def test_the_card_conforms_with_a_row_a_model_series_and_horizon():
    assert require_valid(CARD, SCORECARD).height == 2 * 4 * 3
    assert CARD["n"].unique().to_list() == [250]


@pytest.mark.parametrize("horizon", HORIZONS)
def test_the_last_scored_origin_is_the_last_whose_outcome_is_known(horizon):
    row = cell(CARD, "ewma97_normal", "CU", horizon)
    days = weekdays(1501)
    assert row["window_end"] == days[-1 - horizon]
    assert row["window_start"] == days[-250 - horizon]


def test_a_cell_is_what_a_plain_loop_finds():
    rows = feature_history(PRICES).filter(pl.col("instrument") == "CU")
    logs, vols = np.log(rows["price"].to_numpy()), rows["ewma97_vol"].to_numpy()
    losses, inside = [], []
    for origin in range(len(logs) - 5 - 250, len(logs) - 5):
        outcome = logs[origin + 5] - logs[origin]
        ahead = [vols[origin] * 5**0.5 * norm.ppf(level) for level in QUANTILES]
        scored = [max(q * (outcome - x), (q - 1) * (outcome - x)) for q, x in zip(QUANTILES, ahead, strict=True)][2:-2]
        losses.append(2 * sum(scored) / 19)
        inside.append(ahead[2] <= outcome <= ahead[-3])
    row = cell(CARD, "ewma97_normal", "CU", 5)
    assert row["crps"] == pytest.approx(np.mean(losses)) == row["crps_ewma97"]
    assert row["coverage_90"] == pytest.approx(np.mean(inside))
    assert row["crps_hist500"] == pytest.approx(cell(CARD, "hist500", "CU", 5)["crps"])


def test_the_network_is_scored_only_on_origins_it_did_not_see():
    through = LAST - timedelta(days=92)
    card = scorecard(PRICES, LAST, train(feature_history(PRICES), through))
    own = card.filter(pl.col("model") == "quantile_network")
    assert own.height == 12
    assert own["window_start"].min() > through
    assert_frame_equal(card.filter(pl.col("model") != "quantile_network"), CARD, check_exact=True)


def test_prices_after_the_night_change_nothing():
    night = LAST - timedelta(days=40)
    assert_frame_equal(scorecard(with_other_future(PRICES, night), night), scorecard(PRICES, night), check_exact=True)


def test_a_series_too_young_for_both_baselines_is_not_scored_yet():
    young = scorecard(market(rows=70, symbols=(("CU", "3m"),)), LAST)
    assert young["horizon_days"].unique().to_list() == [1, 5]
    assert cell(young, "hist500", "CU", 1)["n"] == 10
    assert scorecard(PRICES.clear(), LAST).is_empty()


@pytest.mark.acceptance
def test_on_real_metals_the_normal_range_covers_and_scores_as_measured():
    skills, covered = [], []
    for series in priced_series(feature_history(real_prices())):
        for horizon in HORIZONS:
            rows = series.known_origins(horizon)
            years = (series.price_dates[rows] >= np.datetime64("2012-01-01")) & (
                series.price_dates[rows] < np.datetime64("2022-01-01")
            )
            rows = rows[years]
            outcomes = series.outcomes(rows, horizon)
            normal, empirical = ewma97_normal(series, rows, horizon), hist500(series, rows, horizon)
            skills.append(1 - crps(normal, outcomes).mean() / crps(empirical, outcomes).mean())
            covered.append(coverage(normal, outcomes, 90))
    # Measured apart from this code, over eight metals: skill 1.25 percent in 2012-21, coverage 90 percent.
    assert np.mean(skills) == pytest.approx(0.0125, abs=0.0025)
    assert np.mean(covered) == pytest.approx(0.90, abs=0.01)
    assert min(covered) > 0.86
