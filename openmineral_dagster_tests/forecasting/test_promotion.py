"""The comparison that decides whether the network replaces the baseline."""

import json
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from openmineral_dagster.features.panel import feature_history
from openmineral_dagster.forecasting.network import train
from openmineral_dagster.forecasting.promotion import diebold_mariano, evaluate, promotion_row
from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import PROMOTIONS
from openmineral_dagster_tests.forecasting.markets import LAST, clustered, market, with_other_future
from openmineral_dagster_tests.forecasting.test_network import spiky

THROUGH = LAST - timedelta(days=92)
SPIKY = feature_history(market(spiky, rows=1800, seed=8))


def test_a_difference_of_plus_and_minus_one_has_t_zero():
    assert diebold_mariano(np.tile([1.0, -1.0], 100), 1) == 0.0


def test_the_statistic_is_the_mean_over_its_newey_west_error():
    d = np.array([0.3, -0.1, 0.4, 0.1, -0.2, 0.5, 0.0, 0.2])
    c = d - d.mean()
    gamma = [float((c[lag:] * c[: 8 - lag]).sum()) / 8 for lag in range(5)]
    variance = gamma[0] + 2 * sum((1 - lag / 5) * gamma[lag] for lag in range(1, 5))
    assert diebold_mariano(d, 5) == pytest.approx(d.mean() / np.sqrt(variance / 8))


def test_overlap_makes_the_same_mean_less_certain():
    noise = np.random.default_rng(1).standard_normal(520)
    overlapping = np.convolve(noise, np.ones(21) / 21, mode="valid") + 0.1
    independent = overlapping.mean() / (overlapping.std() / np.sqrt(500))
    assert 0 < diebold_mariano(overlapping, 21) < 0.5 * independent


def test_forecasts_that_differ_in_the_last_bit_only_are_not_told_apart():
    assert diebold_mariano(np.full(250, 1e-17), 1) == 0.0


def test_a_network_that_found_the_true_shape_is_promoted_with_its_evidence():
    evidence = evaluate(SPIKY, THROUGH)
    assert evidence["promoted"] is True
    assert evidence["t"] > 2
    assert evidence["crps_network"] < evidence["crps_ewma97"]
    assert evidence["dates"] == 250
    assert json.loads(json.dumps(evidence, allow_nan=False)) == evidence


def test_where_returns_are_normal_the_network_is_not_promoted():
    assert evaluate(feature_history(market(clustered)), THROUGH)["promoted"] is False


def test_prices_after_the_training_date_do_not_change_the_evidence():
    prices = market(spiky, rows=1800, seed=8)
    assert evaluate(feature_history(with_other_future(prices, THROUGH)), THROUGH) == evaluate(SPIKY, THROUGH)


@pytest.mark.parametrize("rows", [200, 400])
def test_a_history_too_short_to_hold_a_year_back_is_not_promoted_and_says_why(rows):
    evidence = evaluate(feature_history(market(rows=rows)), LAST)
    assert evidence["promoted"] is False
    assert evidence["reason"]


def test_the_promotion_row_conforms_and_serves_from_the_day_after_training():
    network = train(SPIKY, THROUGH)
    row = require_valid(promotion_row(LAST, network, {"promoted": False, "reason": "t = 1.00"}), PROMOTIONS)
    assert row["effective_from"][0] == THROUGH + timedelta(days=1)
    assert json.loads(row["evidence"][0])["reason"] == "t = 1.00"
    assert row.filter(pl.col("promoted")).is_empty()
