"""What is in no figure of a night is named, each thing once."""

from datetime import date

import polars as pl

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import DEAL_EXPOSURES, EXCLUDED, QUARANTINE
from openmineral_dagster.risk.excluded import quarantined_positions, together, unknown_profit

MONDAY = date(2024, 7, 15)
LEGS = pl.DataFrame(
    [(MONDAY, deal, "a1" * 32, leg, "CU", "2024-09", "USD", 1.0, "t") for deal in ("B", "A") for leg in ("buy", "sell")],
    schema=DEAL_EXPOSURES.dtypes,
    orient="row",
)


def test_deals_whose_night_before_is_not_stored_are_named_once_each():
    found = require_valid(unknown_profit(LEGS, MONDAY), EXCLUDED)
    assert found.select("portfolio", "item").rows() == [("deals", "A"), ("deals", "B")]
    assert "the night of 2024-07-12" in found["reason"][0]
    assert unknown_profit(LEGS.clear(), MONDAY).is_empty()


def test_a_row_of_a_positions_file_that_could_not_be_used_is_named_and_other_files_are_not():
    rows = [
        (MONDAY, "positions", "positions/book.csv", 3, "unit", "stone", "CU is measured in t", None),
        (MONDAY, "lme", "lme/copper.csv", 3, "cash", "x", "not a number", None),
    ]
    found = quarantined_positions(pl.DataFrame(rows, schema=QUARANTINE.dtypes, orient="row"))
    assert found.select("item", "field", "value").rows() == [("positions/book.csv:3", "unit", "stone")]


def test_what_several_leave_out_is_there_once():
    part = unknown_profit(LEGS, MONDAY)
    assert require_valid(together([part, part], MONDAY), EXCLUDED).height == 2
