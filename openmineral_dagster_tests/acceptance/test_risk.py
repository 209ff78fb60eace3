"""The bars of risk, seen kept: fifteen years of nightly figures of seventeen books of real metals, and their exams."""

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from openmineral_dagster.cli.nights import run_backfill
from openmineral_dagster.lake.publish import database_path
from openmineral_dagster.lake.root import DataRoot

pytestmark = pytest.mark.acceptance
REAL = Path(__file__).parents[3] / "shared" / "data"
METALS = {"CU": "3m", "AL": "3m", "ZN": "3m", "NI": "3m", "PB": "3m", "GC": "front", "SI": "front"}
MIXED = {
    "mixed_base": {"CU": 1000, "AL": -3000, "ZN": 1500, "NI": -200},
    "mixed_long": {"CU": 500, "AL": 2000, "ZN": 1500, "NI": 150, "PB": 1500, "GC": 2000, "SI": 100000},
    "mixed_precious": {"GC": 3000, "SI": -150000, "CU": 500, "PB": -1000},
}
ONE_DAY = "portfolio <> 'ALL'"


def book():
    """Each metal long and short, and three mixed books."""
    rows = ["portfolio,instrument,tenor,quantity,unit,entered_on"]
    held = {f"{metal}_{side}": {metal: sign} for metal in METALS for side, sign in (("long", 1000), ("short", -1000))}
    for portfolio, sizes in {**held, **MIXED}.items():
        for metal, size in sizes.items():
            unit = "t" if METALS[metal] == "3m" else "oz"
            rows.append(f"{portfolio},{metal},{METALS[metal]},{size},{unit},2009-12-31")
    return "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """The publication of a backfill of 2010 to 2024 in an empty root."""
    if not REAL.exists():
        pytest.skip("no real market data beside this checkout")
    folder = tmp_path_factory.mktemp("risk")
    for kind in ("lme", "futures", "fx"):
        shutil.copytree(REAL / kind, folder / "landing" / kind)
    (folder / "landing" / "positions").mkdir()
    (folder / "landing" / "positions" / "book.csv").write_text(book())
    root = DataRoot(folder / "root", (folder / "landing").resolve())
    run_backfill(root, date(2010, 1, 4), date(2024, 12, 31), "risk")
    with duckdb.connect(database_path(root.path), read_only=True) as connection:
        yield connection


def one(record, statement):
    (found,) = record.execute(statement).fetchone()
    return found


def pooled(record, method, confidence):
    """Share of nights the books of one series or several lost more than the figure."""
    return one(
        record,
        f"SELECT sum(breaches) / sum(n) FROM risk.backtest WHERE {ONE_DAY} AND \"window\" = 'all' AND method = '{method}' "
        f"AND confidence = {confidence} AND as_of_date = (SELECT max(as_of_date) FROM risk.backtest)",
    )


def windows(record, share):
    """A share over all windows of 250 nights of the published 99 percent figure."""
    return one(
        record,
        f"SELECT avg(({share})::INT) FROM risk.backtest WHERE {ONE_DAY} AND \"window\" = '250' AND n = 250 "
        "AND method = 'published' AND confidence = 0.99",
    )


def test_every_night_has_one_published_figure_a_cell(record):
    assert (
        one(
            record,
            "SELECT count(*) FROM (SELECT count_if(published) AS found FROM risk.var "
            "GROUP BY as_of_date, portfolio, confidence, horizon_days HAVING found <> 1)",
        )
        == 0
    )


def test_published_figures_are_exceeded_as_often_as_they_say(record):
    assert 0.046 <= pooled(record, "published", 0.95) <= 0.054
    assert 0.007 <= pooled(record, "published", 0.99) <= 0.012


def test_the_margin_free_average_passes_the_two_sided_test_of_the_whole_period(record):
    for confidence in (0.95, 0.99):
        passed = one(
            record,
            f"SELECT avg((kupiec_p > 0.05)::INT) FROM risk.backtest WHERE {ONE_DAY} AND \"window\" = 'all' "
            f"AND method = 'average4' AND confidence = {confidence} "
            "AND as_of_date = (SELECT max(as_of_date) FROM risk.backtest)",
        )
        assert passed >= 0.9


def test_the_light_is_green_as_often_as_a_perfect_models_and_hardly_ever_red(record):
    assert windows(record, "zone = 'green'") >= 0.88
    assert windows(record, "zone = 'red'") <= 0.002


def test_expected_shortfall_is_not_understated(record):
    kept = one(
        record,
        f"SELECT avg((es_z2 > -0.70)::INT) FROM risk.backtest WHERE {ONE_DAY} AND \"window\" = '250' AND n = 250 "
        "AND method = 'published' AND confidence = 0.975",
    )
    assert kept >= 0.93


def test_the_published_figures_lose_less_than_historical_simulations(record):
    loss = {
        method: one(
            record,
            f"SELECT avg(fz0) FROM risk.backtest WHERE {ONE_DAY} AND \"window\" = 'all' AND method = '{method}' "
            "AND confidence = 0.975 AND as_of_date = (SELECT max(as_of_date) FROM risk.backtest)",
        )
        for method in ("published", "average4", "historical_500")
    }
    assert loss["published"] < loss["historical_500"]
    assert loss["average4"] < loss["historical_500"]


def test_what_profit_came_from_adds_up_every_night(record):
    assert (
        one(
            record,
            "SELECT max(abs(pnl_usd - parts)) FROM risk.pnl JOIN (SELECT as_of_date, portfolio, sum(amount_usd) AS parts "
            "FROM risk.pnl_explain WHERE component <> 'new_trades' GROUP BY ALL) USING (as_of_date, portfolio)",
        )
        <= 0.011
    )


def test_components_add_up_to_the_published_figure_every_night(record):
    assert (
        one(
            record,
            "SELECT max(abs(var_usd - parts)) FROM risk.var JOIN (SELECT as_of_date, portfolio, confidence, "
            "sum(component_var_usd) AS parts FROM risk.contributions GROUP BY ALL) USING (as_of_date, portfolio, confidence) "
            "WHERE published AND horizon_days = 1",
        )
        <= 0.1
    )
