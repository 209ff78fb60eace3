"""Contests of the nights: what each counts, once, from the versions that served; and who is champion after them."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from openmineral_dagster.features.panel import feature_history
from openmineral_dagster.forecasting import promotion, training
from openmineral_dagster.forecasting.network import DEFAULT
from openmineral_dagster.forecasting.promotion import champion_of, contests, promotions, trials_behind, versions_named
from openmineral_dagster.forecasting.quantiles import crps
from openmineral_dagster.forecasting.registry import CHALLENGERS, Trained, version_name
from openmineral_dagster.forecasting.study import market_of
from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import CONTESTS, PROMOTIONS
from openmineral_dagster_tests.forecasting.markets import LAST, market, studied

PRICES = market(rows=1300)
FRIDAY = date(2024, 6, 28)
VERSION = training.train(market_of(PRICES, {}, feature_history(PRICES)), FRIDAY, DEFAULT, 12)
TRAINED = [Trained(name, [VERSION]) for name in CHALLENGERS]
STUDY = studied(PRICES, first=FRIDAY, trained=TRAINED, panel=True)
NIGHTS = [day for step in range(94) if (day := FRIDAY + timedelta(days=step)).weekday() < 5]


def counted(nights):
    held = CONTESTS.empty()
    for night in nights:
        held = pl.concat([held, contests(STUDY, night, held)])
    return require_valid(held, CONTESTS)


HELD = counted(NIGHTS)


def test_every_origin_a_version_served_is_counted_once_when_its_outcome_is_first_known():
    one = HELD.filter((pl.col("model") == "ensemble_quantile_network") & (pl.col("horizon_days") == 5))
    assert one["origin_date"].is_unique().all()
    assert one["origin_date"].min() == NIGHTS[1]
    lag = np.busday_count(
        one["origin_date"].to_numpy().astype("datetime64[D]"), one["as_of_date"].to_numpy().astype("datetime64[D]")
    )
    assert set(lag) == {5}


def test_missed_nights_lose_no_outcome_and_change_no_gain():
    plain = HELD.drop("as_of_date").sort("model", "horizon_days", "origin_date")
    sparse = counted([*NIGHTS[:3], NIGHTS[30], NIGHTS[-1]]).drop("as_of_date").sort("model", "horizon_days", "origin_date")
    assert sparse.equals(plain)


def test_a_gain_is_the_loss_saved_over_what_the_reference_had_lost_by_the_origin():
    row = HELD.filter((pl.col("model") == "ensemble_quantile_network") & (pl.col("horizon_days") == 1)).row(-1, named=True)
    gains = []
    for index, series in enumerate(STUDY.market.series):
        at = int(np.searchsorted(series.price_dates[STUDY.rows[index]], np.datetime64(row["origin_date"])))
        outcome, cell = STUDY.outcomes(index, 1), (index, 1)
        mean = crps(STUDY.ranges["hist500", "fix"][cell], outcome)[at - 250 : at].mean()
        own, other = (crps(STUDY.ranges[model, "night"][cell], outcome)[at] for model in ("ensemble", row["model"]))
        gains.append((own - other) / mean)
    assert row["gain"] == pytest.approx(np.mean(gains), rel=1e-9)
    assert row["series"] == 4


def test_where_challengers_stand_is_told_with_its_evidence():
    rows = require_valid(promotions(HELD, LAST, VERSION, STUDY), PROMOTIONS)
    assert set(rows["model"]) == {"ensemble_quantile_network", "ensemble_gradient_boosting"}
    assert set(rows["version"]) == {version_name(FRIDAY)}
    assert rows["nights"].unique().to_list() == [len(NIGHTS) - 2]
    assert rows["threshold"].unique().to_list() == [240.0]
    assert not rows["promoted"].any()
    assert champion_of(rows) == "ensemble"
    assert trials_behind(STUDY, [VERSION, VERSION]) == len(STUDY.ranges) + 24
    assert versions_named(rows)["quantile_network"] == version_name(FRIDAY)


def test_without_a_version_there_is_no_challenger():
    assert promotions(CONTESTS.empty(), LAST, None, STUDY).is_empty()
    assert champion_of(PROMOTIONS.empty()) == "ensemble"


def won(model, gain, seed):
    """A made-up record of 1,500 nights of one challenger."""
    rng = np.random.default_rng(seed)
    days = [date(2015, 1, 1) + timedelta(days=step) for step in range(1500)]
    return pl.DataFrame(
        {
            "as_of_date": [day + timedelta(days=1) for day in days],
            "model": model,
            "horizon_days": 1,
            "origin_date": days,
            "series": 4,
            "gain": gain + 0.1 * rng.standard_normal(1500),
        },
        schema=CONTESTS.dtypes,
    )


def test_a_challenger_that_gains_becomes_champion_and_of_two_only_one_is_told_to_be():
    one, two = (
        won(model, gain, seed)
        for seed, (model, gain) in enumerate([("ensemble_quantile_network", 0.05), ("ensemble_gradient_boosting", 0.04)])
    )
    rows = promotions(one, LAST, VERSION, STUDY)
    assert champion_of(rows) == "ensemble_quantile_network"
    assert '"since": "2015' in rows.filter("promoted")["evidence"][0]
    both = promotions(pl.concat([one, two]), LAST, VERSION, STUDY)
    assert both["promoted"].sum() == 1
    (champion,), (other,) = (both.filter(pl.col("promoted") == place)["evidence"] for place in (True, False))
    assert "champion since 2015" in champion
    assert "champion since" not in other
    assert f"but less speaks against {champion_of(both)}" in other


def test_drift_looks_at_the_last_sixty_rows_of_every_series_that_the_night_knew():
    held = [own[len(own) - 60 - 21 : len(own) - 21] for own in STUDY.market.inputs]
    known = promotion.recent_inputs(STUDY, NIGHTS[-1] - timedelta(days=28))
    assert np.array_equal(known, np.concatenate(held), equal_nan=True)
