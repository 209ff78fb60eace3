"""Facts are cells: the stored value, its unit, and keys that select one row."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from openmineral_dagster.lake.tables import TABLES
from openmineral_dagster.memos.facts import GroundingError, Ledger, fact_of
from openmineral_dagster_tests.memos import night

GIVEN = night.inputs()
FREIGHT = GIVEN.line("costs", "freight")


def test_a_fact_holds_the_stored_value_and_every_key_of_its_row():
    fact = fact_of("deals.valuation", FREIGHT, "amount_usd")
    assert (fact.value, fact.unit, fact.source_column) == (Decimal("520000.00"), "USD", "amount_usd")
    assert list(fact.source_row) == TABLES["deals.valuation"].key
    assert fact.source_row["as_of_date"] == "2026-10-15"
    assert fact.fact_id == "valuation.costs.freight.amount_usd"


@pytest.mark.parametrize(
    ("source", "row", "column", "unit"),
    [
        ("deals.valuation", GIVEN.line("buy", "price.copper"), "quantity", "USD/t"),
        ("deals.valuation", GIVEN.line("deal", "roi_annualised_pct"), "quantity", "percent/year"),
        ("market.marks", GIVEN.last_prices("CU")[0], "price", "USD/t"),
        ("market.marks", GIVEN.last_prices("CU")[0], "price_date", None),
        ("forecasts.price_distribution", GIVEN.champion("GC", 21)[0.05], "price", "USD/oz"),
        ("forecasts.price_distribution", GIVEN.champion("GC", 21)[0.05], "quantile", "fraction"),
        ("forecasts.price_distribution", GIVEN.champion("GC", 21)[0.05], "horizon_days", "rows"),
        ("risk.var", GIVEN.book_risk(0.99)[0], "var_usd", "USD"),
        ("compliance.findings", GIVEN.judged()[0], "subject", None),
    ],
)
def test_the_unit_is_the_columns_or_the_rows_own(source, row, column, unit):
    assert fact_of(source, row, column).unit == unit


def test_a_last_price_is_selected_by_the_night_that_knew_it():
    fact = fact_of("market.marks", GIVEN.last_prices("CU")[0], "price")
    assert dict(fact.source_row) == {"as_of_date": "2026-10-15", "instrument": "CU", "tenor": "3m"}


def test_a_null_cell_is_no_fact():
    assert fact_of("deals.valuation", GIVEN.line("costs", "hedge_fees"), "quantity") is None


@pytest.mark.parametrize(
    ("source", "row", "column", "reason"),
    [
        ("deals.nowhere", FREIGHT, "amount_usd", "no table"),
        ("deals.valuation", FREIGHT, "profit", "no column 'profit'"),
        ("deals.valuation", {"amount_usd": Decimal(1)}, "amount_usd", "the row has no deal_id"),
        ("risk.var", GIVEN.book_risk(0.99)[0], "published", "not bool"),
    ],
)
def test_what_is_no_cell_of_the_contract_is_refused(source, row, column, reason):
    with pytest.raises(GroundingError, match=reason):
        fact_of(source, row, column)


def test_the_ledger_refuses_a_second_fact_of_one_id_and_ids_it_cannot_cite():
    ledger, fact = Ledger(), fact_of("deals.valuation", FREIGHT, "amount_usd")
    ledger.add(fact)
    with pytest.raises(GroundingError, match="already"):
        ledger.add(fact)
    with pytest.raises(GroundingError, match="characters"):
        ledger.add(replace(fact, fact_id="a b|{"))
    with pytest.raises(GroundingError, match="unknown fact"):
        ledger.lookup("valuation.costs")


def test_rows_whose_ids_would_be_alike_are_told_apart_and_one_cell_is_held_once():
    rows = night.findings(("SAN-01", "Å", "pass"), ("SAN-01", "Ø", "pass")).rows(named=True)
    ledger = Ledger()
    ids = [ledger.cite(fact_of("compliance.findings", row, "subject")) for row in (*rows, rows[0])]
    assert ids[0] == ids[2] != ids[1]
    assert [fact.value for fact in ledger] == ["Å", "Ø"]
    assert date(2026, 10, 15).isoformat() in ledger.lookup(ids[1]).source_row.values()
