"""The change of value at risk is split into causes that add up, and what the tables cannot tell is said."""

from dataclasses import replace

import polars as pl
import pytest

from openmineral_dagster.lake.tables.risk import CONTRIBUTIONS, VAR
from openmineral_dagster.reporting.var_change import (
    EXPOSURES,
    FACTORS,
    MARKET,
    METHOD,
    NO_LINES,
    NO_NIGHT_BEFORE,
    NO_OLD_METHOD,
    OFFSETTING,
    PRICES,
    SCALED,
    VOLATILITY,
    var_change,
)
from openmineral_dagster_tests.reporting.risk_night import BOOK, METHODS, Line, night


def changed(**factors):
    """The night of `BOOK`, whose lines were held the night before with each named field times its factor."""
    before = tuple(replace(line, **{name: getattr(line, name) * by for name, by in factors.items()}) for line in BOOK)
    return var_change(night(before=before))


@pytest.mark.parametrize("seed", range(5))
def test_the_parts_add_up_to_the_change_of_the_two_figures(seed):
    tables = night(seed=seed)
    change = var_change(tables)
    read = pl.col("published") & (pl.col("portfolio") == "ALL") & (pl.col("confidence") == 0.99) & (pl.col("horizon_days") == 1)
    now, then = (frame.filter(read)["var_usd"].item() for frame in (tables.var, tables.var_before))
    assert change.total == pytest.approx(now - then)
    assert sum(change.parts.values()) == pytest.approx(now - then)
    assert set(change.parts) == set(FACTORS)


@pytest.mark.parametrize(("field", "cause"), [("quantity", EXPOSURES), ("price", PRICES), ("volatility", VOLATILITY)])
def test_a_change_of_one_thing_alone_is_put_down_to_it(field, cause):
    change = changed(**{field: 0.8})
    assert change.parts[cause] == pytest.approx(change.total)
    assert all(change.parts[other] == pytest.approx(0.0, abs=1e-6) for other in FACTORS if other != cause)
    assert change.total == pytest.approx(0.2 * change.after)


def test_a_line_entered_or_closed_is_exposure_and_what_it_does_to_the_others_is_offsetting():
    kept, gone, new = BOOK[0], replace(BOOK[5], portfolio="base_metals"), replace(BOOK[2])
    tables = night(lines=(kept, new), before=(kept, gone))
    change = var_change(tables)
    lines = {row["instrument"]: row for row in change.lines.to_dicts()}
    assert change.parts[EXPOSURES] == pytest.approx(lines["ZN"]["component_after"] - lines["GC"]["component_before"])
    assert change.parts[OFFSETTING] == pytest.approx(lines["CU"]["change"])
    assert change.parts[PRICES] == change.parts[VOLATILITY] == 0.0


def test_a_line_turned_round_still_adds_up():
    before = (replace(BOOK[0], quantity=-700.0), *BOOK[1:])
    change = var_change(night(before=before))
    assert sum(change.parts.values()) == pytest.approx(change.total)


def test_a_price_that_can_be_negative_moves_nothing_by_its_level():
    crude = Line("energy", "CL", "front", "rolling", "bbl", 50000.0, 60.0, 0.02)
    before = replace(crude, price=30.0, volatility=0.04)
    change = var_change(night(lines=(crude,), before=(before,)))
    assert change.total == pytest.approx(0.0, abs=1e-6)
    assert change.parts[PRICES] == 0.0


def test_another_method_is_a_cause_of_its_own():
    tables = night()
    fallback = tables.var_before.with_columns(published=pl.col("method") == "fhs_ewma94")
    change = var_change(replace(tables, var_before=fallback))
    same = change.after * METHODS["fhs_ewma94"] / METHODS["average4_margin"]
    assert change.parts[METHOD] == pytest.approx(change.after - same)
    assert sum(change.parts.values()) == pytest.approx(change.total)
    assert SCALED in change.limits


def test_without_the_lines_of_the_night_before_the_rest_is_one_figure_and_it_says_so():
    change = var_change(replace(night(), contributions_before=CONTRIBUTIONS.empty()))
    assert change.parts == {MARKET: pytest.approx(change.total)}
    assert change.limits == (NO_LINES,)


def test_without_tonights_figure_of_the_old_method_nothing_is_told_apart():
    tables = night()
    older = tables.var_before.with_columns(method=pl.lit("historical_250")).filter("published")
    change = var_change(replace(tables, var_before=older))
    assert change.parts == {MARKET: pytest.approx(change.total)}
    assert change.limits == (NO_OLD_METHOD,)


def test_without_a_night_before_there_is_no_change():
    change = var_change(replace(night(), var_before=VAR.empty()))
    assert change.total is None
    assert change.parts == {}
    assert change.limits == (NO_NIGHT_BEFORE,)
