"""Limits: what is used of each by hand, a limit on nothing named, and a way back whose arithmetic holds."""

import re
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables.risk import EXCLUDED, LIMITS, STRESS, VAR
from openmineral_dagster.risk.advice import Line, best_hedges, quantity_order, scaled, told, tradable, way_back
from openmineral_dagster.risk.desk import parse
from openmineral_dagster.risk.limit_terms import Limits
from openmineral_dagster.risk.limits import COUNTERPARTIES, Measured, check_limits
from openmineral_dagster.risk.liquidity import Margins, Rate, called
from openmineral_dagster_tests.risk.lines import NIGHT, SENSITIVITIES, exposed, held, known, walked

RATES = Margins(rates=(Rate(instrument="CU", usd_per_unit=450.0), Rate(instrument="NI", usd_per_lot=12_000.0)))
BOOK = held(("CU", "3m", 1000, 9000), ("NI", "3m", -60, 20_000))
PRICES = pl.concat([walked("CU", "3m"), walked("NI", "3m", 20_000, seed=2)])


HEDGES = [
    ("sell", "5", "CU", "3m", "1,125,000", "204,000", "181,500", "0.0200"),
    ("buy", "8", "NI", "3m", "960,000", "204,000", "184,800", "0.0200"),
]


def var_of(sensitivities):
    """A figure one can do by hand: two percent of the absolute net value of each instrument."""
    values = sensitivities.group_by("instrument").agg(usd=(pl.col("quantity") * pl.col("spot")).sum())
    return 0.02 * float(values["usd"].abs().sum())


def var_rows(*figures):
    rows = [
        (NIGHT, "base", method, level, days, value, 1.2 * value, 1.0, 500, published, "")
        for method, level, days, value, published in figures
    ]
    return pl.DataFrame(rows, schema=VAR.dtypes, orient="row")


def stress_rows(*results, kind="historical"):
    rows = [
        (NIGHT, "base", scenario, name, "3m", "rolling", kind, -0.1, "table", float(gain)) for scenario, name, gain in results
    ]
    return pl.DataFrame(rows, schema=STRESS.dtypes, orient="row")


def measured(book=BOOK, owed=None, stress=None):
    calls, _ = called(book, known(PRICES), RATES, NIGHT)
    return Measured(
        as_of=NIGHT,
        exposures=exposed(book),
        sensitivities=book,
        market=known(PRICES),
        var=var_rows(("b", 0.99, 1, 9.0, False), ("a", 0.99, 1, 204_000.0, True), ("a", 0.975, 10, 500_000.0, True)),
        stress=stress_rows(
            ("CRASH", "CU", -900_000), ("CRASH", "NI", 100_000), ("RALLY", "CU", 500_000), ("RALLY", "NI", -600_000)
        )
        if stress is None
        else stress,
        calls=calls,
        counterparties=pl.DataFrame(owed or [], schema=COUNTERPARTIES, orient="row"),
    )


def check(*entries, **changed):
    limits, faults = parse("limits:\n" + "".join(f"  - {{id: L{n}, {text}}}\n" for n, text in enumerate(entries)), "x", Limits)
    assert not faults
    rows, excluded = check_limits(limits, measured(**changed), var_of)
    return require_valid(rows, LIMITS), require_valid(excluded, EXCLUDED)


def one(entry, **changed):
    rows, excluded = check(entry, **changed)
    assert excluded.is_empty()
    assert rows.height == 1
    return rows.to_dicts()[0]


def test_use_is_read_from_the_published_figure():
    row = one("portfolio: base, measure: var, limit: 408000")
    assert (row["used"], row["utilisation"], row["breached"], row["recommendation"]) == (204_000.0, 0.5, False, "")
    assert one("portfolio: base, measure: es, confidence: 0.975, horizon_days: 10, limit: 1000000")["used"] == 600_000.0


def test_a_limit_that_is_used_to_the_full_is_not_breached():
    assert not one("portfolio: base, measure: var, limit: 204000")["breached"]


def test_the_way_back_of_value_at_risk_by_hand():
    # 9,000,000 of copper at two percent and 1,200,000 of nickel: 180,000 + 24,000. A lot of copper carries 4,500.
    text = one("portfolio: base, measure: var, limit: 100000")["recommendation"]
    assert text.startswith(
        "sell 24 of 40 lots of CU 3m rolling (600 t): var 0.99 1d 204,000 USD before, 96,000 USD after, limit 100,000 USD. "
    )
    hedges = re.findall(
        r"(buy|sell) ([\d,]+) lots of (\w+) (\w+) \(([\d,]+) USD\): ([\d,]+) to ([\d,]+) USD, ([\d.]+) a dollar", text
    )
    # A tenth of the gross value of 10,200,000 is 4.5 lots of copper and 8.5 of nickel; each dollar of either takes off 2 cents.
    assert hedges == HEDGES


def test_another_level_is_said_to_move_with_one_day_value_at_risk():
    text = one("portfolio: base, measure: es, confidence: 0.975, horizon_days: 10, limit: 300000")["recommendation"]
    # Half of it is half of 204,000: 102,000 to take off at 4,500 a lot, 22.67 lots; 600,000 x 100,500 / 204,000 stays.
    assert "sell 23 of 40 lots of CU" in text
    assert "es 0.975 10d 600,000 USD before, 295,588 USD after" in text
    assert "taken to move with published one-day value at risk, 204,000 USD" in text


def test_the_worst_stress_and_its_way_back_by_hand():
    row = one("portfolio: base, measure: stress, limit: 500000")
    # Each lot of copper loses 22,500 in the crash: 800,000 - 14 x 22,500 = 485,000; the rally then loses 275,000.
    assert (row["used"], row["scope"]) == (800_000.0, "")
    assert row["recommendation"] == (
        "sell 14 of 40 lots of CU 3m rolling (350 t): loss, largest under CRASH, 800,000 USD before, 485,000 USD after, "
        "limit 500,000 USD"
    )
    named = one("portfolio: base, measure: stress, scenarios: [RALLY], limit: 500000")
    assert (named["used"], named["scope"], named["breached"]) == (100_000.0, "RALLY", False)


def test_reverse_stress_is_no_scenario_of_a_limit():
    both = pl.concat([stress_rows(("CRASH", "CU", -100)), stress_rows(("REVERSE", "CU", -999_999), kind="reverse")])
    assert one("portfolio: base, measure: stress, limit: 500", stress=both)["used"] == 100.0


@pytest.mark.parametrize(
    ("net", "limit", "text"),
    [
        (1250, 1000, "sell 10 lots of CU (250 t): net +1,250 t before, +1,000 t after, limit 1,000 t"),
        (1250, 990, "sell 11 lots of CU (275 t): net +1,250 t before, +975 t after, limit 990 t"),
        (-1250, 990, "buy 11 lots of CU (275 t): net -1,250 t before, -975 t after, limit 990 t"),
        (20, 2, "sell 1 lots of CU (25 t): net +20 t before, -5 t after, limit 2 t; no whole number of lots comes inside"),
    ],
)
def test_a_quantity_comes_back_in_whole_lots_rounded_up(net, limit, text):
    assert quantity_order("CU", net, limit, "t") == text


def test_what_has_no_lot_comes_back_in_its_unit():
    assert quantity_order("EUR", 1500.5, 1000, "EUR").startswith("sell 501 EUR of EUR: net +1,500")
    assert quantity_order("AU-LBMA", -30, 10, "oz").startswith("buy 20 oz of AU-LBMA")


def test_net_quantities_by_instrument_month_and_tenor():
    rows = [
        ("base", "CU", "cash", delivery, "cash", size, 9000.0)
        for delivery, size in (("2024-08", 100.0), ("2024-08-21", 50.0), ("2024-09", -400.0))
    ]
    book = pl.concat([BOOK, pl.DataFrame(rows, schema=SENSITIVITIES, orient="row")])
    entry = "portfolio: base, measure: {}, instrument: copper, unit: t, limit: 300"
    assert one(entry.format("net_quantity"), book=book)["used"] == 750.0
    months, _ = check(entry.format("month_quantity"), book=book)
    assert months.select("scope", "used", "breached").rows() == [("CU 2024-08", 150.0, False), ("CU 2024-09", 400.0, True)]
    assert months["recommendation"][1].startswith("buy 4 lots of CU (100 t): net -400 t before, -300 t after")
    tenors, _ = check(entry.format("tenor_quantity"), book=book)
    assert tenors.select("scope", "used").rows() == [("CU 3m", 1000.0), ("CU cash", 250.0)]


def test_gross_value_and_concentration_by_hand():
    gross = one("portfolio: base, measure: gross_value, limit: 10000000")
    assert gross["used"] == pytest.approx(10_200_000)
    assert gross["recommendation"].startswith(
        "sell 1 of 40 lots of CU 3m rolling (25 t): gross value 10,200,000 USD before, 9,975,000"
    )
    share = one("portfolio: base, measure: concentration, limit: 0.8")
    assert share["used"] == pytest.approx(9.0 / 10.2)
    # 4.8 of 6.0 million is the share allowed: 4.2 million of copper to sell, 18.67 lots
    assert "sell 19 of 40 lots of CU" in share["recommendation"]
    assert "88.2% before, 79.7% after, limit 80.0%" in share["recommendation"]
    assert one("portfolio: base, measure: concentration, instrument: NI, limit: 0.8")["used"] == pytest.approx(1.2 / 10.2)


def test_margin_is_what_the_lines_call_for_and_comes_back_with_them():
    calls = measured().calls["base"]
    row = one("portfolio: base, measure: margin_call, limit: 500000")
    assert row["used"] == calls.cash({}) > 450_000 + 120_000
    lots = int(re.match(r"sell (\d+) of 40 lots of CU", row["recommendation"])[1])
    inside, outside = (calls.cash({("CU", "3m", "rolling"): 1 - count / 40}) for count in (lots, lots - 1))
    assert inside <= 500_000 < outside


def test_counterparties_each_or_one():
    owed = [("Ocean", 3_000_000.0), ("Rock", 1_000_000.0), ("Ocean", 500_000.0)]
    rows, _ = check("portfolio: base, measure: counterparty, limit: 2000000", owed=owed)
    assert rows.select("scope", "used", "breached").rows() == [("Ocean", 3_500_000.0, True), ("Rock", 1_000_000.0, False)]
    assert rows["recommendation"][0].startswith(
        "take in or secure 1,500,000 USD: exposure 3,500,000 USD before, 2,000,000 USD after"
    )


@pytest.mark.parametrize(
    ("entry", "field", "value"),
    [
        ("portfolio: nobody, measure: var, limit: 1", "portfolio", "nobody"),
        ("portfolio: base, measure: var, confidence: 0.95, limit: 1", "measure", "var 0.95 1d"),
        ("portfolio: base, measure: stress, scenarios: [FLOOD, FIRE], limit: 1", "scenarios", "FIRE, FLOOD"),
        ("portfolio: base, measure: net_quantity, instrument: ZN, unit: t, limit: 1", "instrument", "ZN"),
        ("portfolio: base, measure: concentration, instrument: ZN, limit: 1", "instrument", "ZN"),
        ("portfolio: base, measure: month_quantity, instrument: CU, unit: t, limit: 1", "month", "CU"),
        ("portfolio: base, measure: tenor_quantity, instrument: CU, tenor: cash, unit: t, limit: 1", "tenor", "cash"),
        ("portfolio: base, measure: counterparty, counterparty: Ocean, limit: 1", "counterparty", "Ocean"),
        ("portfolio: base, measure: counterparty, limit: 1", "counterparty", ""),
    ],
)
def test_a_limit_on_nothing_is_named(entry, field, value):
    rows, excluded = check(entry)
    assert rows.is_empty()
    assert excluded.select("item", "field", "value").rows() == [("limit L0", field, value)]
    assert excluded["reason"][0].startswith("expected ")


def test_a_portfolio_without_traded_lines_or_scenarios_has_nothing_to_limit():
    book = held(("EUR", "spot", 1000, 1.1))
    entries = ("portfolio: base, measure: margin_call, limit: 1", "portfolio: base, measure: stress, limit: 1")
    rows, excluded = check(*entries, book=book, stress=STRESS.empty())
    assert rows.is_empty()
    assert excluded["value"].to_list() == ["margin_call", "stress"]


def test_an_empty_book_breaks_no_limit_and_every_limit_says_so():
    rows, excluded = check("portfolio: ALL, measure: var, limit: 1", book=pl.DataFrame(schema=SENSITIVITIES))
    assert rows.is_empty()
    assert excluded["reason"].to_list() == ["expected a portfolio that holds something: none does"]


def test_half_of_a_hedged_line_may_be_the_way_back_where_all_of_it_is_none():
    lines = [Line(("CU", "3m", "rolling"), 1000.0)]
    plan = way_back(lines, lambda kept: abs(kept.get(lines[0].key, 1.0) - 0.5) * 100, 10.0)
    assert [lots for _, lots in plan.orders] == [16]
    assert (plan.before, plan.after) == (50.0, pytest.approx(10.0))


def test_a_plan_that_stays_outside_says_so():
    lines = [Line(("CU", "3m", "rolling"), 1000.0)]
    stuck = way_back(lines, lambda _: 50.0, 10.0)
    assert told(stuck, "loss", "USD", 10.0) == "no close of a whole lot lowers it: loss 50 USD before, 50 USD after, limit 10 USD"
    partly = way_back(lines, lambda kept: 40 + 10 * kept.get(lines[0].key, 1.0), 10.0)
    assert told(partly, "loss", "USD", 10.0).endswith("40 USD after, limit 10 USD; still outside")
    assert way_back([], lambda _: 50.0, 10.0).orders == ()


def test_only_whole_lots_held_on_an_exchange_can_be_closed():
    book = held(("CU", "3m", 1010, 9000), ("CU", "cash", 20, 9000), ("AU-LBMA", "pm", 1000, 2000), ("EUR", "spot", 1e6, 1.1))
    assert [(line.key, line.lots) for line in tradable(exposed(book))] == [(("CU", "3m", "rolling"), 40)]


@settings(max_examples=30, deadline=None)
@given(st.floats(100, 50_000), st.floats(0.05, 0.95))
def test_the_fewest_lots_that_suffice_are_found(quantity, part):
    line = Line(("CU", "3m", "rolling"), quantity)

    def figure(kept):
        return quantity * kept.get(line.key, 1.0)

    limit = quantity * part
    plan = way_back([line], figure, limit)
    if plan.after <= limit:
        lots = plan.orders[0][1]
        assert quantity - lots * 25 <= limit + 1e-6
        assert quantity - (lots - 1) * 25 > limit - 1e-6
    else:
        assert quantity - line.lots * 25 > limit


def test_a_share_kept_scales_every_series_of_its_line():
    rows = [("base", "ZN", "cash", "2024-08-15", tenor, size, 2800.0) for tenor, size in (("cash", 60.0), ("3m", 40.0))]
    book = pl.concat([BOOK, pl.DataFrame(rows, schema=SENSITIVITIES, orient="row")])
    kept = scaled(book, {("ZN", "cash", "2024-08-15"): 0.25})
    assert kept["quantity"].to_list() == [1000.0, -60.0, 15.0, 10.0]
    assert_frame_equal(scaled(book, {}), book)


def test_hedges_are_ranked_by_what_a_dollar_takes_off_and_stale_prices_are_not_offered():
    def figure(sensitivities):
        weights = {"CU": 0.02, "NI": 0.05}
        net = sensitivities.group_by("instrument").agg(usd=(pl.col("quantity") * pl.col("spot")).sum())
        return sum(weights.get(name, 1.0) * abs(usd) for name, usd in net.iter_rows())

    stale = walked("ZN", "3m", 3000, seed=3, end=NIGHT - timedelta(days=60))
    hedges = best_hedges(BOOK, known(pl.concat([PRICES, stale])), 10_200_000, NIGHT, figure)
    assert [(hedge.instrument, hedge.lots > 0) for hedge in hedges] == [("NI", True), ("CU", False)]
    assert hedges[0].per_dollar == pytest.approx(0.05)


def test_the_order_of_rows_and_later_prices_change_nothing():
    entries = ("portfolio: base, measure: var, limit: 1000", "portfolio: base, measure: gross_value, limit: 1000")
    straight, _ = check(*entries)
    turned, _ = check(*entries, book=BOOK.reverse())
    assert_frame_equal(straight, turned)


def test_a_short_book_uses_what_a_long_one_does():
    entries = (
        "portfolio: base, measure: gross_value, limit: 1",
        "portfolio: base, measure: net_quantity, instrument: CU, unit: t, limit: 1",
    )
    straight, opposite = (check(*entries, book=book)[0] for book in (BOOK, BOOK.with_columns(-pl.col("quantity"))))
    assert straight["used"].to_list() == opposite["used"].to_list()


def test_two_lines_that_hedge_each_other_are_closed_together():
    lines = [Line(("GC", "front", "rolling"), 800.0), Line(("SI", "front", "rolling"), -55_000.0)]

    def left_over(kept):
        gold, silver = (kept.get(line.key, 1.0) for line in lines)
        return 1000.0 * abs(gold - silver) + 100.0 * max(gold, silver)

    assert left_over({lines[0].key: 0.5}) > left_over({})
    plan = way_back(lines, left_over, 60.0)
    assert plan.after <= 60.0
    assert {line.key[0] for line, _ in plan.orders} == {"GC", "SI"}


def test_a_book_of_many_lines_comes_back_too():
    lines = [Line(("CU", "3m", f"2025-01-{day:02}"), 250.0) for day in range(1, 31)]
    plan = way_back(lines, lambda kept: sum(kept.get(line.key, 1.0) for line in lines), 2.0)
    assert plan.after <= 2.0
    assert sum(lots for _, lots in plan.orders) <= 290
