"""The bars of the forecasts, seen kept: ten years of real metals walked forward, and worlds without an edge."""

import runpy
from datetime import date
from pathlib import Path

import duckdb
import pytest

from openmineral_dagster.cli.nights import run_backtest_command
from openmineral_dagster.lake.publish import database_path
from openmineral_dagster.lake.root import DataRoot

pytestmark = pytest.mark.acceptance
REAL = Path(__file__).parents[3] / "shared" / "data"
LME = "('AL', 'CU', 'NI', 'PB', 'ZN', 'SN')"


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """The publication of a backtest of 2015 to 2024 in an empty root."""
    if not REAL.exists():
        pytest.skip("no real market data beside this checkout")
    root = DataRoot(tmp_path_factory.mktemp("backtest") / "root", REAL.resolve())
    run_backtest_command(root, date(2015, 1, 1), date(2024, 12, 31), challengers=False)
    with duckdb.connect(database_path(root.path), read_only=True) as connection:
        yield connection


def skill(record, information, where="true", reference="hist500"):
    (found,) = record.execute(
        f"SELECT avg(1 - crps / crps_{reference}) FROM forecasts.scorecard "
        f"WHERE model = 'ensemble' AND information = ? AND {where}",
        [information],
    ).fetchone()
    return found


def test_skill_over_the_rolling_quantiles_is_what_can_be_had_and_not_more(record):
    assert 0.012 <= skill(record, "fix") <= 0.035
    assert 0.024 <= skill(record, "night") <= 0.06


def test_the_lme_one_row_ahead_beats_ewma_by_what_the_closes_say(record):
    assert 0.02 <= skill(record, "night", f"horizon_days = 1 AND instrument IN {LME}", "ewma97") <= 0.09


def test_a_month_ahead_it_is_not_worse_than_ewma(record):
    assert skill(record, "night", "horizon_days = 21", "ewma97") >= -0.005


def test_pooled_coverage_lies_in_the_band_of_a_true_forecast(record):
    rows = record.execute(
        "SELECT level, coverage, band_low, band_high FROM forecasts.calibration "
        "WHERE model = 'ensemble' AND information = 'night' AND scope = 'all' AND horizon_days = 0"
    ).fetchall()
    assert len(rows) == 4
    assert all(low <= coverage <= high for _, coverage, low, high in rows), rows


def test_no_series_and_horizon_is_outside_the_noise_floor(record):
    worst = dict(
        record.execute(
            "SELECT horizon_days, max(abs(coverage_90 - 0.9)) FROM forecasts.scorecard "
            "WHERE model = 'ensemble' AND information = 'night' GROUP BY 1"
        ).fetchall()
    )
    assert worst[1] <= 0.027
    assert worst[5] <= 0.039
    assert worst[21] <= 0.074


def test_the_most_volatile_fifth_is_covered(record):
    (coverage,) = record.execute(
        "SELECT coverage FROM forecasts.calibration WHERE model = 'ensemble' AND information = 'night' "
        "AND scope = 'volatility fifth' AND member = '5' AND horizon_days = 0 AND level = 0.9"
    ).fetchone()
    assert coverage >= 0.88


def test_every_night_has_one_champion_a_cell(record):
    (broken,) = record.execute(
        "SELECT count(*) FROM (SELECT sum(champion::INT) AS champions FROM forecasts.price_distribution "
        "GROUP BY as_of_date, instrument, tenor, horizon_days, quantile HAVING champions <> 1)"
    ).fetchone()
    assert broken == 0


def test_where_prices_go_is_claimed_as_catch_up_alone(record):
    claims = record.execute("SELECT DISTINCT information, mean_claim FROM forecasts.skill WHERE model = 'ensemble'").fetchall()
    assert ("fix", "none") in claims
    assert ("night", "catch-up") in claims
    assert "skill" not in {claim for _, claim in claims}


def test_in_worlds_without_an_edge_none_is_claimed():
    claims = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "worlds.py"))["claims"]
    assert sum(claims(seed)[0] for seed in range(40)) <= 2
