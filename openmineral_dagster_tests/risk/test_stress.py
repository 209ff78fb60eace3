"""Stress: own prices before the table, the table before a proxy, nothing said of what is not covered, and no hindsight."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables.risk import EXCLUDED, STRESS
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.risk.desk import parse, shipped
from openmineral_dagster.risk.reverse import ewma_covariance, reverse_stress, worst_moves
from openmineral_dagster.risk.shocks import ReverseTarget, Scenarios
from openmineral_dagster.risk.stress import hypothetical_moves, stress
from openmineral_dagster.risk.windows import Leg, historical_moves, shipped_windows
from openmineral_dagster_tests.risk.lines import NIGHT, PRICES, SENSITIVITIES, held, known, quoted, walked

NO_PRICES = pl.DataFrame(schema=PRICES)
DEFAULT = shipped(Scenarios)


def results(book, prices=NO_PRICES, scenarios=DEFAULT, night=NIGHT):
    rows = require_valid(stress(book, known(prices, night), scenarios, night), STRESS)
    return {
        (row["scenario"], row["instrument"], row["tenor"]): (row["move"], row["basis"], row["pnl_usd"]) for row in rows.to_dicts()
    }


def written(text):
    found, faults = parse(text, "desk/scenarios.yaml", Scenarios)
    assert not faults
    return found


def test_own_closes_come_before_the_table():
    own = quoted("CU", "3m", {date(2020, 1, 14): 6302, date(2020, 3, 23): 4630})
    move, basis, gain = results(held(("CU", "3m", 100, 9000)), own)["COVID_2020", "CU", "3m"]
    assert basis == "own data 2020-01-14 to 2020-03-23"
    assert move == pytest.approx(4630 / 6302 - 1)
    assert round(move, 3) == -0.265  # what the table says of the same closes
    assert gain == pytest.approx(100 * 9000 * (4630 / 6302 - 1))


def test_a_close_some_days_old_stands_for_an_edge_and_one_of_a_week_before_does_not():
    book = held(("CU", "3m", 100, 9000))
    near = quoted("CU", "3m", {date(2020, 1, 10): 6000, date(2020, 3, 20): 4500})
    assert results(book, near)["COVID_2020", "CU", "3m"][:2] == (-0.25, "own data 2020-01-10 to 2020-03-20")
    old = quoted("CU", "3m", {date(2020, 1, 7): 6000, date(2020, 3, 20): 4500})
    assert results(book, old)["COVID_2020", "CU", "3m"][:2] == (-0.265, "table")


def test_an_average_needs_most_of_both_months():
    july, december = ([date(2008, month, day) for day in range(1, 20)] for month in (7, 12))
    own = quoted("CU", "3m", dict.fromkeys(july, 8000) | dict.fromkeys(december, 3000))
    book = held(("CU", "3m", 1, 9000))
    assert results(book, own)["GFC_2008", "CU", "3m"][:2] == (-0.625, "own data 2008-07 to 2008-12, monthly averages")
    assert results(book, own.slice(0, 30))["GFC_2008", "CU", "3m"][:2] == (-0.631, "table")


def test_a_metal_of_the_table_stands_for_its_markets_and_comex_copper_takes_its_proxy():
    found = results(held(("GC", "front", 1, 2300), ("AU-LBMA", "pm", 1, 2300), ("HG", "front", 1, 4), ("CU", "cash", 1, 9000)))
    assert found["GOLD_2013", "GC", "front"][:2] == found["GOLD_2013", "AU-LBMA", "pm"][:2] == (pytest.approx(-0.118), "table")
    assert found["GOLD_2013", "CU", "cash"][:2] == (-0.10, "table")
    assert found["GOLD_2013", "HG", "front"][:2] == (-0.10, "proxy: 3m of CU")


def test_what_nothing_covers_does_not_move_and_says_so():
    assert results(held(("EUR", "spot", 1, 1.1)))["CU_2022", "EUR", "spot"] == (0.0, "not covered", 0.0)


def test_crude_below_zero_is_an_absolute_move():
    book = held(("CL", "front", 1000, 80))
    assert results(book)["WTI_NEG", "CL", "front"] == (-55.90, "table", -55_900.0)
    own = quoted("CL", "front", {date(2020, 4, 17): 18.27, date(2020, 4, 20): -37.63})
    move, basis, gain = results(book, own)["WTI_NEG", "CL", "front"]
    assert (round(move, 2), basis, round(gain)) == (-55.90, "own data 2020-04-17 to 2020-04-20", -55_900)


def test_nickel_is_the_gap_of_the_table_whatever_its_noon_prices_say():
    own = quoted("NI", "3m", {date(2022, 3, 4): 28_700, date(2022, 3, 7): 42_200})
    move, basis, gain = results(held(("NI", "3m", -60, 17_000)), own)["NICKEL_2022", "NI", "3m"]
    assert (move, gain) == (0.66, pytest.approx(-60 * 17_000 * 0.66))
    assert all(words in basis for words in ("table", "no liquidation for 5 sessions", "cancelled 8 March", "250 percent"))


@pytest.mark.parametrize(("night", "applied"), [(date(2020, 3, 22), False), (date(2020, 3, 23), True)])
def test_a_window_is_applied_from_the_night_it_is_over(night, applied):
    found = results(held(("CU", "3m", 1, 5000)), night=night)
    assert (("COVID_2020", "CU", "3m") in found) == applied
    assert ("CHINA_2015", "CU", "3m") in found


def test_every_window_runs_to_its_last_leg():
    ends = {window.id: window.ends for window in shipped_windows()}
    assert ends["GFC_2008"] == date(2008, 12, 31)
    assert ends["GOLD_2013"] == date(2013, 4, 23)
    assert ends["CHINA_2015"] == date(2016, 1, 31)


@pytest.mark.parametrize("moves", [{"pct": {"XX": "1"}}, {"pct": {"CL": "1"}}, {"usd": {"XX": "1"}}])
def test_a_window_moves_only_what_is_priced_and_crude_in_dollars(moves):
    with pytest.raises(ValidationError):
        Leg.model_validate({"from": "2020-01-02", "to": "2020-01-03", **moves})


@pytest.mark.parametrize(("first", "last"), [("2020-01", "2020-02-03"), ("2020-02-03", "2020-02-03"), ("2020-13", "2021-01")])
def test_a_window_runs_forward_between_days_or_between_months(first, last):
    with pytest.raises(ValidationError):
        Leg.model_validate({"from": first, "to": last})


def test_prices_after_the_night_change_nothing():
    own = quoted("CU", "3m", {date(2020, 1, 14): 6302, date(2020, 3, 23): 4630})
    later = quoted("CU", "3m", {NIGHT + timedelta(days=1): 1.0})
    book = held(("CU", "3m", 100, 9000), ("HG", "front", -1000, 4))
    assert_frame_equal(stress(book, known(own), DEFAULT, NIGHT), stress(book, known(pl.concat([own, later])), DEFAULT, NIGHT))


def test_a_dated_contract_moves_by_both_its_series():
    rows = [("base", "ZN", "cash", "2024-08-15", "cash", 60.0, 2800.0), ("base", "ZN", "cash", "2024-08-15", "3m", 40.0, 3000.0)]
    book = pl.DataFrame(rows, schema=SENSITIVITIES, orient="row")
    found = require_valid(stress(book, known(NO_PRICES), DEFAULT, NIGHT), STRESS).filter(
        pl.col("scenario") == "BACKWARDATION_150"
    )
    assert found["pnl_usd"].to_list() == [pytest.approx(60 * 150)]
    assert found["move"].to_list() == [pytest.approx(60 * 150 / (60 * 2800 + 40 * 3000))]


@pytest.mark.parametrize(
    ("scenario", "line", "gain"),
    [
        ("CU_UP_10", ("HG", "front", 25_000, 4.0), 10_000),
        ("BACKWARDATION_150", ("CU", "cash", 100, 9000), 15_000),
        ("BACKWARDATION_150", ("CU", "3m", 100, 9000), 0),
        ("ARB_UP_1500", ("HG", "front", 2204.62262185, 4.0), 1500),
        ("ARB_DOWN_1500", ("CU", "3m", 1, 9000), 0),
        ("USDCNY_UP_5", ("CNY", "spot", 105, 1 / 7), -5 / 7),
        ("PRECIOUS_DOWN_15", ("GC", "front", 100, 2000), -30_000),
        ("CRUDE_DOWN_30", ("CL", "front", 1000, 10), -30_000),
    ],
)
def test_a_hypothetical_scenario_by_hand(scenario, line, gain):
    assert results(held(line))[scenario, *line[:2]][2] == pytest.approx(gain, abs=0.01)


def test_shocks_of_a_scenario_add_up_and_no_price_falls_below_zero():
    file = written("""
scenarios:
  - {id: BOTH, shocks: [{of: [metals], pct: -10}, {of: [CU], tenor: cash, usd: 180}]}
  - {id: DEEP, shocks: [{of: [PB], usd: -3000}, {of: [CL], usd: -3000}]}
""")
    book = held(("CU", "cash", 1, 9000), ("PB", "3m", 1, 2000), ("CL", "front", 1, 80))
    found = results(book, scenarios=file)
    assert found["BOTH", "CU", "cash"][0] == pytest.approx(-0.08)
    assert (found["DEEP", "PB", "3m"][0], found["DEEP", "CL", "front"][0]) == (-1.0, -3000.0)


def test_the_shipped_scenarios_name_what_no_exposure_carries_yet():
    series = pl.DataFrame({"instrument": ["CU"], "series_tenor": ["3m"], "spot": [9000.0]})
    names = set(hypothetical_moves(series, DEFAULT.scenarios)["scenario"])
    assert {"CU_UP_10", "CU_DOWN_10", "CU_UP_25", "CU_DOWN_25", "BACKWARDATION_150", "ARB_UP_1500", "USDCNY_UP_5"} <= names


@settings(max_examples=20, deadline=None)
@given(st.floats(-1e5, 1e5), st.floats(0.1, 10))
def test_results_are_linear_in_quantity_and_opposite_for_a_short(quantity, factor):
    one, other, short = (
        stress(held(("CU", "3m", size, 9000)), known(NO_PRICES), DEFAULT, NIGHT)["pnl_usd"].to_numpy()
        for size in (quantity, factor * quantity, -quantity)
    )
    assert np.allclose(other, factor * one, atol=0.01 * (1 + factor))
    assert np.array_equal(short, -one)


def test_the_order_of_rows_changes_nothing():
    book = held(("CU", "3m", 0.1, 9000), ("HG", "front", -0.2, 4), ("GC", "front", 0.3, 2300))
    prices = pl.concat([walked("CU", "3m"), walked("HG", "front", 4.0, seed=2), walked("GC", "front", 2300, seed=3)])
    mixed = prices.sample(fraction=1.0, shuffle=True, seed=1)
    assert_frame_equal(stress(book, known(prices), DEFAULT, NIGHT), stress(book.reverse(), known(mixed), DEFAULT, NIGHT))
    targets = DEFAULT.reverse
    straight, turned = (
        reverse_stress(*args, {"base": 10.0}, targets, NIGHT) for args in ((book, known(prices)), (book.reverse(), known(mixed)))
    )
    assert_frame_equal(straight[0], turned[0])


def test_an_empty_book_has_no_stress():
    empty = pl.DataFrame(schema=SENSITIVITIES)
    assert stress(empty, NO_PRICES, DEFAULT, NIGHT).is_empty()
    assert historical_moves(empty, NO_PRICES, (), NIGHT).is_empty()


def test_the_worst_moves_are_the_nearest_that_lose_the_sum():
    sizes, covariance = np.array([1000.0, -500.0]), np.array([[4e-4, 1e-4], [1e-4, 1e-4]])
    worst = worst_moves(sizes, covariance, 60.0)
    # S w = (0.35, 0.05), w'Sw = 325: m = -60/325 (0.35, 0.05), 60/sqrt(325) standard deviations
    assert worst.moves == pytest.approx([-60 * 0.35 / 325, -60 * 0.05 / 325])
    assert worst.distance == pytest.approx(60 / 325**0.5)
    assert sizes @ worst.moves == pytest.approx(-60)
    inverse = np.linalg.inv(covariance)
    for aside in np.random.default_rng(3).normal(size=(200, 2)):
        other = worst.moves + (aside - sizes * (aside @ sizes) / (sizes @ sizes)) * 0.01
        assert other @ inverse @ other >= worst.distance**2 - 1e-9


def test_how_rare_a_distance_is_by_a_table_of_student_t():
    # t with 4 degrees: 3.747 has one percent above it; 3.747 / sqrt(2) standard deviations is one day in a hundred
    assert worst_moves(np.array([1.0]), np.array([[1.0]]), 3.746947 / 2**0.5).days == pytest.approx(100, rel=1e-4)


def test_a_book_that_cannot_lose_has_no_worst_move():
    assert worst_moves(np.zeros(2), np.eye(2), 1.0) is None


def test_the_covariance_weighs_a_day_by_its_age():
    assert ewma_covariance(np.array([[0.01], [0.02]]))[0, 0] == pytest.approx((0.94 * 1e-4 + 4e-4) / 1.94)


def test_reverse_stress_loses_the_sum_asked_for():
    book = held(("CU", "3m", 100, 9000), ("HG", "front", -50_000, 4))
    prices = pl.concat([walked("CU", "3m"), walked("HG", "front", 4.0, seed=2)])
    targets = (ReverseTarget(id="SUM", loss_usd=40_000.0), ReverseTarget(id="TIMES", var_multiple=3.0))
    rows, excluded = reverse_stress(book, known(prices), {"base": 10_000.0}, targets, NIGHT)
    assert excluded.is_empty()
    lost = dict(require_valid(rows, STRESS).group_by("scenario").agg(pl.col("pnl_usd").sum()).iter_rows())
    assert lost == {"SUM": pytest.approx(-40_000), "TIMES": pytest.approx(-30_000)}
    assert set(rows["kind"]) == {"reverse"}
    assert (
        rows["basis"].str.contains(r"loses 40,000 USD at \d+\.\d\d standard deviations.*one day in [\d,]+ by a Student t").any()
    )


def test_a_reverse_target_without_an_answer_is_named():
    book = held(("CU", "3m", 1, 9000))
    targets = (
        ReverseTarget(id="TIMES", var_multiple=3.0),
        ReverseTarget(id="ALL_OF_IT", loss_usd=20_000.0),
        ReverseTarget(id="NOBODY", portfolio="none", loss_usd=1.0),
    )
    rows, excluded = reverse_stress(book, known(walked("CU", "3m")), {}, targets, NIGHT)
    assert rows.is_empty()
    found = require_valid(excluded, EXCLUDED).select("item", "field").rows()
    assert sorted(found) == [("ALL_OF_IT", "loss"), ("NOBODY", "portfolio"), ("TIMES", "var_multiple")]
    _, young = reverse_stress(book, known(walked("CU", "3m", rows=50)), {}, targets[1:2], NIGHT)
    assert young.select("field", "value").rows() == [("history", "49 days")]


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ("{id: A, shocks: [{of: [CU], pct: 10, usd: 5}]}", "scenarios.0.shocks.0"),
        ("{id: A, shocks: [{of: [CL], pct: -10}]}", "scenarios.0.shocks.0"),
        ("{id: A, shocks: [{of: [CNY], usd: 1}]}", "scenarios.0.shocks.0"),
        ("{id: A, shocks: [{of: [CL], usd_per_t: 1}]}", "scenarios.0.shocks.0"),
        ("{id: A, shocks: [{of: [UNOBTAINIUM], pct: 10}]}", "scenarios.0.shocks.0.of.0"),
        ("{id: A, shocks: [{of: [CU], pct: -100}]}", "scenarios.0.shocks.0.pct"),
        ("{id: A, shocks: [{of: [CU], pct: NaN}]}", "scenarios.0.shocks.0.pct"),
        ("{id: A, shocks: [{of: [CU], pct: 1e3}]}", "scenarios.0.shocks.0.pct"),
        ("{id: A, shocks: [{of: [CU], pct: 10, vol: 2}]}", "scenarios.0.shocks.0.vol"),
        ("{id: A, shocks: []}", "scenarios.0.shocks"),
        ("{id: 'a b', shocks: [{of: [CU], pct: 10}]}", "scenarios.0.id"),
    ],
)
def test_a_scenario_that_makes_no_sense_is_left_out_by_its_field_and_the_others_stay(entry, field):
    text = f"scenarios:\n  - {entry}\n  - {{id: B, shocks: [{{of: [CU], pct: 1}}]}}\n"
    found, (fault,) = parse(text, "desk/scenarios.yaml", Scenarios)
    assert [scenario.id for scenario in found.scenarios] == ["B"]
    assert (fault.file, fault.field) == ("desk/scenarios.yaml", field)


def test_two_scenarios_of_one_name_are_refused():
    entry = "{id: A, shocks: [{of: [CU], pct: 1}]}"
    with pytest.raises(BadInput, match="each id once"):
        parse(f"scenarios: [{entry}, {entry}]", "x", Scenarios)


@pytest.mark.parametrize("proxy", ["{instrument: HG, like: CL, tenor: front}", "{instrument: HG, like: CU, tenor: front}"])
def test_a_proxy_moves_in_kind_and_is_quoted_for_its_tenor(proxy):
    text = f"scenarios: [{{id: A, shocks: [{{of: [CU], pct: 1}}]}}]\nproxies: [{proxy}]"
    found, faults = parse(text, "x", Scenarios)
    assert (found.proxies, [fault.field for fault in faults]) == ((), ["proxies.0"])
