"""The gate in front of the desk: what is read, in words with numbers, and never nothing."""

from datetime import date

import polars as pl
import pytest

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import VAR
from openmineral_dagster.lake.tables.risk import BACKTEST
from openmineral_dagster.risk.gate import CANDIDATE, FALLBACK, FAR_Z2, Exam, choose, examination, gated

NIGHT = date(2024, 7, 15)
METHODS = (CANDIDATE, FALLBACK, "historical_500", "ewma94_normal", "gjr_t")


def passed(method, **changed):
    return Exam(
        method, **{"confidence": 0.99, "nights": 250, "breaches": 3, "kupiec_p": 0.758, "z2": -0.1, "zone": "green"} | changed
    )


def failed(method, **changed):
    return passed(method, **{"breaches": 11, "kupiec_p": 0.00004, "z2": -3.4, "zone": "red"} | changed)


def figures(methods=METHODS, horizons=(1, 10), portfolios=("base",), levels=(0.95, 0.99)):
    rows = [
        (NIGHT, portfolio, method, level, horizon, 100.0, 120.0, 1.0, 500, False, "")
        for portfolio in portfolios
        for method in methods
        for level in levels
        for horizon in horizons
    ]
    return pl.DataFrame(rows, schema=VAR.dtypes, orient="row")


def records(*exams, portfolio="base", window="250"):
    rows = [
        (
            *(NIGHT, portfolio, exam.method, exam.confidence, window, NIGHT, NIGHT),
            *(exam.nights, exam.breaches, exam.kupiec_p, 0.5, None, exam.z2, None, exam.zone),
        )
        for exam in exams
    ]
    return pl.DataFrame(rows, schema=BACKTEST.dtypes, orient="row")


def read(var, horizon=1, level=0.99, portfolio="base"):
    found = var.filter(pl.col("published"), portfolio=portfolio, confidence=level, horizon_days=horizon)
    return found.select("method", "gate_status").rows()


def test_the_candidate_that_passes_is_read_with_its_numbers():
    status = "not rejected: 3 breaches in 250 nights, Kupiec p 0.76, Z2 -0.10"
    assert choose([passed(CANDIDATE), passed(FALLBACK)]) == (CANDIDATE, status)


def test_a_candidate_that_fails_is_replaced_by_the_fallback_and_the_failed_exams_are_named():
    status = "replaced: average4_margin 11 breaches in 250 nights, zone red, Kupiec p 0.0000 below 0.01, Z2 -3.40 below -1.96"
    assert choose([failed(CANDIDATE), passed(FALLBACK)]) == (FALLBACK, status)


@pytest.mark.parametrize(
    ("exam", "reason"),
    [
        (passed(CANDIDATE, kupiec_p=0.0099, breaches=8), "Kupiec p 0.0099 below 0.01"),
        (passed(CANDIDATE, kupiec_p=0.0004, breaches=1, confidence=0.95), "Kupiec p 0.0004 below 0.01"),
        (passed(CANDIDATE, zone="red"), "zone red"),
        *(
            (passed(CANDIDATE, z2=far - 0.01, confidence=level), f"Z2 {far - 0.01:.2f} below {far:.2f}")
            for level, far in FAR_Z2.items()
        ),
    ],
)
def test_each_exam_by_itself_is_enough_to_be_replaced(exam, reason):
    method, status = choose([exam, passed(FALLBACK, confidence=exam.confidence)])
    assert method == FALLBACK
    assert status.endswith(reason)


@pytest.mark.parametrize("changed", [{"kupiec_p": 0.01}, {"zone": "yellow"}, {"z2": -1.96}, {"z2": None}])
def test_what_a_true_method_shows_once_in_a_hundred_windows_replaces_nothing(changed):
    assert choose([passed(CANDIDATE, **changed), passed(FALLBACK)])[0] == CANDIDATE


def test_where_both_have_failed_the_fallback_is_read_as_unproven_with_both_records():
    method, status = choose([failed(CANDIDATE), failed(FALLBACK, breaches=12)])
    assert method == FALLBACK
    assert status.startswith("unproven: average4_margin 11 breaches in 250 nights, zone red")
    assert "; fhs_ewma94 12 breaches in 250 nights, zone red" in status


def test_few_nights_have_not_earned_it_yet_but_can_fail():
    young = {"nights": 80, "z2": -9.0, "zone": None}
    assert choose([passed(CANDIDATE, **young), passed(FALLBACK)]) == (CANDIDATE, "not yet earned: 80 of 250 nights")
    assert choose([passed(CANDIDATE, **young, kupiec_p=0.001), passed(FALLBACK)])[0] == FALLBACK


def test_a_breach_on_one_of_the_first_nights_fails_nobody():
    first = passed(CANDIDATE, nights=1, breaches=1, kupiec_p=0.0024, z2=None, zone=None)
    assert choose([first, passed(FALLBACK)]) == (CANDIDATE, "not yet earned: 1 of 250 nights")


def test_each_method_is_examined_by_itself():
    assert examination(failed("gjr_t")).startswith("failed: gjr_t 11 breaches in 250 nights")
    assert examination(passed("gjr_t", breaches=1)).startswith("not rejected: 1 breach in 250 nights")
    assert examination(Exam("gjr_t", 0.99)) == "not yet earned: 0 of 250 nights"


def test_a_night_has_one_published_row_a_portfolio_level_and_horizon_whatever_the_record():
    var = figures(portfolios=("base", "mixed"))
    exams = records(*(failed(method) for method in METHODS), *(passed(method, confidence=0.95) for method in METHODS[1:]))
    found = gated(var, exams)
    require_valid(found, VAR)
    counts = found.group_by("portfolio", "confidence", "horizon_days").agg(pl.col("published").sum())
    assert counts["published"].to_list() == [1] * 8
    assert read(found, level=0.95) == [(CANDIDATE, "not yet earned: 0 of 250 nights")]
    assert read(found)[0][1].startswith("unproven")


def test_ten_day_figures_are_gated_by_the_record_of_one_day_and_say_so():
    found = gated(figures(), records(failed(CANDIDATE), passed(FALLBACK)))
    (one_day,), (ten_days,) = read(found), read(found, horizon=10)
    assert ten_days == (FALLBACK, one_day[1] + "; by the record of one day")


def test_only_the_last_250_nights_of_the_same_portfolio_and_level_decide():
    exams = pl.concat(
        [
            records(failed(CANDIDATE), window="all"),
            records(failed(CANDIDATE), portfolio="mixed"),
            records(failed(CANDIDATE, confidence=0.95), passed(CANDIDATE)),
        ]
    )
    found = gated(figures(), exams)
    assert (read(found)[0][0], read(found, level=0.95)[0][0]) == (CANDIDATE, FALLBACK)


def test_methods_that_are_not_read_carry_their_own_exam():
    found = gated(figures(), records(passed(CANDIDATE), failed("gjr_t")))
    others = found.filter(method="gjr_t", confidence=0.99, horizon_days=1)["gate_status"].to_list()
    assert others[0].startswith("failed: gjr_t 11 breaches")


@pytest.mark.parametrize(
    ("methods", "method", "missing"),
    [
        (METHODS[1:], FALLBACK, "average4_margin"),
        (METHODS[2:], "historical_500", "average4_margin, fhs_ewma94"),
        (METHODS[3:], "ewma94_normal", "average4_margin, fhs_ewma94, historical_500"),
        (METHODS[4:], "gjr_t", "average4_margin, fhs_ewma94, historical_500, ewma94_normal"),
    ],
)
def test_where_a_method_has_no_figure_tonight_the_next_is_read_in_words(methods, method, missing):
    found = gated(figures(methods), records())
    assert read(found) == [(method, f"no figure of {missing} tonight; not yet earned: 0 of 250 nights")]


def test_the_only_method_with_a_figure_is_read_even_when_it_failed():
    found = gated(figures(["ewma94_normal"]), records(failed("ewma94_normal")))
    assert read(found)[0][0] == "ewma94_normal"
    assert read(found)[0][1].count("11 breaches") == 1
    assert "unproven" in read(found)[0][1]


def test_a_night_without_figures_publishes_none():
    assert gated(figures([]), records()).is_empty()
