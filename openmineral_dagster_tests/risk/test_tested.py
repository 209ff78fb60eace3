"""The whole of what the desk's files ask of a night, on a book of positions."""

from pathlib import Path

import polars as pl

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import EXCLUDED, LIMITS, MARGIN_CALLS, PNL, STRESS, VAR
from openmineral_dagster.risk.book import NO_DEALS, exposures, lines
from openmineral_dagster.risk.desk import read_desk
from openmineral_dagster.risk.fits import Fits
from openmineral_dagster.risk.gate import gated
from openmineral_dagster.risk.measure import figures
from openmineral_dagster.risk.record import Record
from openmineral_dagster.risk.tested import stressed
from openmineral_dagster_tests.risk.markets import NIGHT, market, position

MARKET = market()
OWED = pl.DataFrame({"counterparty": ["Smelter", "Mine", "Smelter"], "exposure_usd": [600_000.0, 0.0, 500_000.0]})


def night_of(folder: Path, limits: str):
    (folder / "desk").mkdir()
    (folder / "desk" / "limits.yaml").write_text(f"limits:\n{limits}")
    exposed = exposures(lines(position(quantity=1000.0), NO_DEALS, NIGHT), MARKET, NIGHT)
    record = Record.of(VAR.empty(), PNL.empty())
    var = gated(figures(exposed, MARKET, NIGHT, Fits()), record.examine(NIGHT))
    found = stressed(exposed, var, OWED, read_desk(folder, NIGHT), MARKET, NIGHT)
    for rows, table in ((found.stress, STRESS), (found.margin_calls, MARGIN_CALLS), (found.limits, LIMITS)):
        require_valid(rows, table)
    require_valid(found.excluded, EXCLUDED)
    return found


def test_every_part_of_a_night_has_its_rows(tmp_path):
    found = night_of(tmp_path, "  - {id: V, portfolio: ALL, measure: var, limit: 1000000000}\n")
    assert set(found.stress["kind"]) == {"historical", "hypothetical", "reverse"}
    assert found.margin_calls.filter(portfolio="ALL")["rank"].to_list() == [1, 2, 3]
    assert found.limits["breached"].to_list() == [False]
    assert found.excluded.is_empty()


def test_the_lots_a_breached_limit_names_bring_it_back_inside(tmp_path):
    found = night_of(tmp_path, "  - {id: N, portfolio: ALL, measure: net_quantity, instrument: CU, unit: t, limit: 510}\n")
    (row,) = found.limits.to_dicts()
    assert row["breached"]
    assert row["recommendation"] == "sell 20 lots of CU (500 t): net +1,000 t before, +500 t after, limit 510 t"


def test_what_counterparties_owe_over_all_their_legs_is_held_against_their_limit(tmp_path):
    found = night_of(tmp_path, "  - {id: C, portfolio: ALL, measure: counterparty, limit: 1000000}\n")
    assert found.limits.select("scope", "used", "breached").rows() == [("Smelter", 1_100_000.0, True)]


def test_a_limit_on_nothing_is_named(tmp_path):
    found = night_of(tmp_path, "  - {id: X, portfolio: nobody, measure: gross_value, limit: 1}\n")
    assert found.limits.is_empty()
    assert found.excluded["item"].to_list() == ["limit X"]
