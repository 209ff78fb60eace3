"""The record: what examines what, and that a night alone and a long run say the same to the last bit."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import PNL, VAR
from openmineral_dagster.lake.tables.risk import BACKTEST
from openmineral_dagster.risk import exams
from openmineral_dagster.risk.record import Record

START = date(2020, 1, 1)
LEVELS = (0.95, 0.975, 0.99)


def day(number):
    return START + timedelta(days=number)


def figure(night, var, es=None, portfolio="base", method="hs", confidence=0.95, horizon=1, published=False):
    return (day(night), portfolio, method, confidence, horizon, var, es or 1.2 * var, 1.0, 500, published, "")


def outcome(night, pnl, portfolio="base", held=None, moved=None):
    held_from, moved_to = night - 1 if held is None else held, night if moved is None else moved
    return (day(night), portfolio, day(held_from), day(moved_to), pnl)


def frames(figures, outcomes):
    return (
        pl.DataFrame(figures, schema=VAR.dtypes, orient="row"),
        pl.DataFrame(outcomes, schema=PNL.dtypes, orient="row"),
    )


def history(seed, nights, portfolios=("base", "mixed"), missing=0.0, unmoved=0.0):
    """Figures and outcomes of many nights, some missing, some on which nothing moved, of portfolios that begin one by one."""
    random = np.random.default_rng(seed)
    figures, outcomes = [], []
    for number, portfolio in enumerate(portfolios):
        moved = 0
        for night in range(20 * number, nights + 1):
            for method in ("hs", "fhs"):
                for level, size in zip(LEVELS, (1.6, 2.0, 2.3), strict=True):
                    if random.random() >= missing:
                        var = 1e5 * size * np.exp(0.1 * random.standard_normal())
                        figures.append(figure(night, var, None, portfolio, method, level, 1, method == "hs"))
            moved = moved if random.random() < unmoved else night
            if random.random() >= missing and night:
                outcomes.append(outcome(night, 1e5 * random.standard_t(4), portfolio, moved=moved))
    return frames(figures, outcomes)


def one(frame, window, portfolio="base", method="hs", confidence=0.95):
    found = {"portfolio": portfolio, "method": method, "confidence": confidence, "window": window}
    return frame.filter(**found).row(0, named=True)


def night_by_night(var, pnl):
    record = Record()
    for night in sorted(set(pnl["as_of_date"])):
        held = pnl.filter(pl.col("as_of_date") == night)["held_from"]
        record.add(night, var.filter(pl.col("as_of_date").is_in(held.implode())), pnl.filter(pl.col("as_of_date") == night))
    return record


def test_a_gain_examines_the_figures_of_the_night_it_was_held_from():
    record = Record.of(*frames([figure(0, 1.0), figure(1, 100.0), figure(2, 1.0)], [outcome(1, -2.0), outcome(2, -50.0)]))
    row = one(record.examine(day(2)), "all")
    assert (row["n"], row["breaches"]) == (2, 1)
    assert (row["window_start"], row["window_end"]) == (day(0), day(2))


def test_a_night_held_over_a_weekend_is_examined_by_what_was_said_before_it():
    record = Record.of(*frames([figure(0, 1.0), figure(2, 100.0)], [outcome(3, -2.0, held=0)]))
    assert one(record.examine(day(3)), "all")["breaches"] == 1


def test_a_loss_of_exactly_value_at_risk_is_no_breach():
    record = Record.of(*frames([figure(0, 1.0)], [outcome(1, -1.0)]))
    assert one(record.examine(day(1)), "all")["breaches"] == 0


def test_ten_day_figures_and_nights_without_figures_add_nothing():
    record = Record.of(*frames([figure(0, 1.0, horizon=10), figure(3, 1.0)], [outcome(1, -2.0), outcome(3, -2.0)]))
    assert record.examine(day(3)).is_empty()


def test_a_night_on_which_no_price_of_the_portfolio_moved_adds_nothing():
    figures = [figure(night, 1.0) for night in range(4)]
    outcomes = [outcome(1, -2.0), outcome(2, 0.0, moved=1), outcome(3, -2.0)]
    row = one(Record.of(*frames(figures, outcomes)).examine(day(3)), "all")
    assert (row["n"], row["breaches"]) == (2, 2)


def test_what_the_desk_read_is_a_series_whichever_method_it_was():
    figures = [
        *(figure(0, var, method=method, published=method == "hs") for method, var in (("hs", 1.0), ("fhs", 9.0))),
        *(figure(1, var, method=method, published=method == "fhs") for method, var in (("hs", 1.0), ("fhs", 9.0))),
    ]
    found = Record.of(*frames(figures, [outcome(1, -2.0), outcome(2, -2.0)])).examine(day(2))
    breaches = {method: one(found, "all", method=method)["breaches"] for method in ("hs", "fhs", "published")}
    assert breaches == {"hs": 2, "fhs": 0, "published": 1}


def test_the_window_is_the_last_250_nights_and_its_light_waits_for_all_of_them():
    figures = [figure(night, 1.0) for night in range(300)]
    outcomes = [outcome(night, -2.0 if night <= 60 else 0.0) for night in range(1, 301)]
    var, pnl = frames(figures, outcomes)
    found = Record.of(var, pnl).examine(day(300))
    recent, every = one(found, "250"), one(found, "all")
    assert (recent["n"], recent["breaches"], recent["window_start"], recent["zone"]) == (250, 10, day(50), "green")
    assert (every["n"], every["breaches"], every["window_start"], every["zone"]) == (300, 60, day(0), None)
    early = Record.of(var, pnl.filter(pl.col("as_of_date") <= day(249))).examine(day(249))
    assert one(early, "250")["zone"] is None


@pytest.mark.parametrize("nights", [3, 100, 250, 251, 640])
def test_the_exams_are_those_of_the_figures_and_outcomes_themselves(nights):
    var, pnl = history(1, nights, ("base",))
    found = Record.of(var, pnl).examine(day(nights))
    require_valid(found, BACKTEST)
    both = var.filter(method="hs", confidence=0.95).join(
        pnl, left_on=["portfolio", "as_of_date"], right_on=["portfolio", "held_from"]
    )
    for window, kept in (("250", both.sort("as_of_date").tail(250)), ("all", both.sort("as_of_date"))):
        loss, said, es = -kept["pnl_usd"].to_numpy(), kept["var_usd"].to_numpy(), kept["es_usd"].to_numpy()
        hits, n = loss > said, len(loss)
        row = one(found, window)
        assert (row["n"], row["breaches"]) == (n, hits.sum())
        assert row["kupiec_p"] == exams.kupiec(hits.sum(), np.array(n), 0.05)[1]
        cells = np.array([[((hits[:-1] == a) & (hits[1:] == b)).sum() for b in (0, 1)] for a in (0, 1)])
        assert row["christoffersen_p"] == exams.conditional_coverage(hits.sum(), np.array(n), 0.05, cells)[1]
        assert row["es_z2"] == pytest.approx(1 - (hits * loss / es).sum() / (0.05 * n))
        assert row["fz0"] == pytest.approx(exams.fz0(loss, said, es, 0.05).mean())
        assert row["dynamic_quantile_p"] == pytest.approx(quantile_p(hits, said)) if n > 50 else row["dynamic_quantile_p"] is None


def quantile_p(hits, var):
    lagged = np.stack([hits[4 - lag : len(hits) - lag] for lag in range(1, 5)])
    counts, sums = exams.quantile_terms(hits[4:], lagged, var[4:])
    return float(exams.dynamic_quantile(counts.sum(axis=1, dtype=int), sums.sum(axis=1), 0.05))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.1]), st.sampled_from([0.0, 0.1]), st.integers(30, 560))
def test_nights_added_one_by_one_and_all_at_once_in_any_order_agree_to_the_last_bit(seed, missing, unmoved, nights):
    var, pnl = history(seed, nights, ("base", "mixed", "late"), missing, unmoved)
    shuffled = var.sample(fraction=1.0, shuffle=True, seed=seed), pnl.sample(fraction=1.0, shuffle=True, seed=seed + 1)
    at_once = Record.of(*shuffled)
    assert_frame_equal(at_once.examine(day(nights)), night_by_night(var, pnl).examine(day(nights)), check_exact=True)


def test_a_record_built_of_many_nights_goes_on_as_if_it_had_grown():
    var, pnl = history(2, 400, missing=0.02)
    first, last = (pnl.filter(pl.col("as_of_date") <= day(300)), pnl.filter(pl.col("as_of_date") > day(300)))
    record = Record.of(var, first)
    for night in sorted(set(last["as_of_date"])):
        record.add(night, var, last)
    assert_frame_equal(record.examine(day(400)), Record.of(var, pnl).examine(day(400)), check_exact=True)


def test_a_portfolio_examined_by_itself_says_the_same_as_among_others():
    var, pnl = history(3, 300, missing=0.05)
    together = Record.of(var, pnl).examine(day(300)).filter(portfolio="mixed")
    alone = Record.of(var.filter(portfolio="mixed"), pnl.filter(portfolio="mixed")).examine(day(300))
    assert_frame_equal(together, alone, check_exact=True)


def test_one_series_by_itself_says_the_same_as_among_others():
    var, pnl = history(3, 300)
    single = {"portfolio": "mixed", "method": "fhs", "confidence": 0.99}
    alone = Record.of(var.filter(**single), pnl).examine(day(300))
    assert_frame_equal(alone, Record.of(var, pnl).examine(day(300)).filter(**single), check_exact=True)


def test_currency_units_change_nothing_but_fz0():
    var, pnl = history(4, 300)
    cents = var.with_columns(pl.col("var_usd", "es_usd") * 100), pnl.with_columns(pl.col("pnl_usd") * 100)
    dollars, scaled = Record.of(var, pnl).examine(day(300)), Record.of(*cents).examine(day(300))
    assert_frame_equal(dollars.drop("fz0"), scaled.drop("fz0"))
    assert (scaled["fz0"] - dollars["fz0"]).to_list() == pytest.approx([np.log(100)] * dollars.height)


def test_a_book_gone_flat_is_left_out_of_the_shortfall_tests_and_spoils_none():
    figures = [figure(night, 0.0 if night % 2 else 1.0) for night in range(100)]
    outcomes = [outcome(night, -2.4 if night == 51 else 0.0) for night in range(1, 101)]
    found = Record.of(*frames(figures, outcomes)).examine(day(100))
    assert one(found, "all")["es_z2"] == pytest.approx(1 - (2.4 / 1.2) / (0.05 * 50))
    flat = Record.of(*frames([figure(0, 0.0)], [outcome(1, 0.0)])).examine(day(1))
    assert (one(flat, "all")["es_z2"], one(flat, "all")["fz0"]) == (None, None)
    require_valid(flat, BACKTEST)


def test_a_record_is_neither_added_to_nor_read_backwards():
    record = Record.of(*frames([figure(0, 1.0)], [outcome(1, 0.0)]))
    with pytest.raises(ValueError, match="nights are added in order"):
        record.add(day(1), *frames([], []))
    with pytest.raises(ValueError, match="cannot be read as of 2020-01-01"):
        record.examine(day(0))


def test_an_empty_record_examines_nothing_and_can_be_added_to():
    record = Record.of(*frames([], []))
    require_valid(record.examine(day(0)), BACKTEST)
    record.add(day(1), *frames([figure(0, 1.0)], [outcome(1, -2.0)]))
    assert one(record.examine(day(1)), "250")["breaches"] == 1
