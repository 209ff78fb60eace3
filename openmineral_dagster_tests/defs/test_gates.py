"""Each gate stops what it is there to stop, and the publisher passes them all again."""

import shutil
from datetime import date

import polars as pl
import pytest

from openmineral_dagster.defs.gates import GATES, require_gates
from openmineral_dagster.lake.store import Lake
from openmineral_dagster.lake.tables import FIGURES, FINDINGS, MEMOS, PRICE_DISTRIBUTION, PRICES, VALUATION, VAR
from openmineral_dagster.reference.errors import GateFailure

pytestmark = pytest.mark.xdist_group("night")

NIGHT = date(2026, 11, 20)


@pytest.fixture
def lake(sample_night, tmp_path):
    """A copy of the sample's lake that a test may spoil."""
    shutil.copytree(sample_night.lake.folder, tmp_path / "lake")
    return Lake(tmp_path)


SPOILED = {
    "no champion": (PRICE_DISTRIBUTION, lambda rows: rows.with_columns(champion=pl.lit(False)), "champions"),
    "two champions": (PRICE_DISTRIBUTION, lambda rows: rows.with_columns(champion=pl.lit(True)), "more than one champion"),
    "crossing quantiles": (PRICE_DISTRIBUTION, lambda rows: rows.with_columns(price=-pl.col("price")), "quantiles cross"),
    "no published figure": (VAR, lambda rows: rows.with_columns(published=pl.lit(False)), "exactly one published"),
    "a small shortfall": (VAR, lambda rows: rows.with_columns(es_usd=pl.col("var_usd") - 1), "below value at risk"),
    "a deal without a value": (
        VALUATION,
        lambda rows: rows.filter(pl.col("deal_id") != "CU-CONC-201"),
        "CU-CONC-201 has no value",
    ),
    "a deal nobody judged": (
        FINDINGS,
        lambda rows: rows.filter(pl.col("deal_id") != "CU-CONC-201"),
        "CU-CONC-201 has no finding",
    ),
    "a missing memo": (MEMOS, lambda rows: rows.filter(pl.col("deal_id") != "CU-CONC-201"), "CU-CONC-201 has no memo"),
    "a typed digit": (MEMOS, lambda rows: rows.with_columns(markdown=pl.col("markdown") + " 7"), "CU-CONC-201"),
    "a lost figure": (FIGURES, lambda rows: rows.slice(1), ""),
}


@pytest.mark.parametrize("case", SPOILED)
def test_a_gate_stops(lake, case):
    table, spoil, words = SPOILED[case]
    lake.write_night(table, NIGHT, spoil(lake.read_night(table, NIGHT)))
    with pytest.raises(GateFailure, match=words):
        require_gates(lake, NIGHT)


def test_a_sound_night_passes_every_gate(lake):
    assert {name: gate(lake, NIGHT) for name, gate in GATES.items()} == {name: [] for name in GATES}


def test_a_night_before_any_price_is_stopped(lake):
    assert GATES[PRICES.name](lake, date(2006, 1, 3)) == ["no price was known by the night of 2006-01-03"]
