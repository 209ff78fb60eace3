"""One night, from landing files to the published DuckDB file, as the command runs it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import date

import polars as pl
import pytest

from openmineral_dagster.defs.launch import run_nights
from openmineral_dagster.lake.publish import current, database_path
from openmineral_dagster.lake.root import SAMPLE_LANDING, bind, locate
from openmineral_dagster.lake.tables import TABLES
from openmineral_dagster.market.nights import nights_between
from openmineral_dagster_tests.nights import compute, published, select

pytestmark = pytest.mark.xdist_group("night")


def test_every_table_of_the_night_has_rows(sample_night):
    empty = {name for name, rows in published(sample_night).items() if not rows}
    nothing = (
        "the sample has neither Pink Sheet nor commitments, asks nobody over the network; "
        "no night before it was stored to be examined"
    )
    assert empty == {"market.monthly", "market.positions_cot", "ops.fetches", "risk.backtest"}, nothing


def test_all_of_the_book_is_measured_but_what_an_open_deal_made_since_a_night_nobody_stored(sample_night):
    left_out = select(sample_night, "SELECT portfolio, item, field FROM risk.excluded")
    assert left_out == [("deals", "CU-CONC-207", "profit and loss")]


def test_a_second_run_of_the_same_night_changes_nothing(sample_night):
    before, manifest = database_path(sample_night.path).stat(), current(sample_night.lake)
    compute(sample_night.landing, sample_night.path)
    assert database_path(sample_night.path).stat() == before
    assert current(sample_night.lake) == manifest


def test_the_same_landing_and_date_give_the_same_rows_in_a_fresh_data_root(sample_night, tmp_path):
    assert published(compute(SAMPLE_LANDING, tmp_path / "root")) == published(sample_night)


def test_the_sample_deals_lead_to_each_of_the_four_recommendations(sample_night):
    found = select(sample_night, "SELECT DISTINCT recommendation FROM memos.memos ORDER BY 1")
    assert found == [("approve",), ("decline",), ("hold",), ("renegotiate",)]


def test_everything_derived_from_the_sample_says_so(sample_night):
    assert select(sample_night, "SELECT bool_and(sample_data) FROM ops.runs") == [(True,)]
    assert select(sample_night, "SELECT bool_and(markdown LIKE '%SAMPLE DATA%') FROM memos.memos") == [(True,)]


def test_every_memo_figure_selects_the_one_row_it_names(sample_night):
    for table, column, row, number in select(
        sample_night, "SELECT DISTINCT source_table, source_column, source_row, value_num FROM memos.figures"
    ):
        keys = json.loads(row)
        where = " AND ".join(f"\"{name}\" = '{str(value).replace(chr(39), chr(39) * 2)}'" for name, value in keys.items())
        found = select(sample_night, f'SELECT "{column}" FROM {table} WHERE {where}')
        assert len(found) == 1, (table, row)
        if number is not None:
            assert float(found[0][0]) == pytest.approx(number), (table, column, row)


def test_there_is_one_champion_and_one_published_risk_figure_a_key(sample_night):
    keys = "as_of_date, instrument, tenor, horizon_days, quantile"
    assert (
        select(sample_night, f"SELECT 1 FROM forecasts.price_distribution GROUP BY {keys} HAVING count_if(champion) != 1") == []
    )
    keys = "as_of_date, portfolio, confidence, horizon_days"
    assert select(sample_night, f"SELECT 1 FROM risk.var GROUP BY {keys} HAVING count_if(published) != 1") == []


def test_no_number_is_not_a_number(sample_night):
    for name, table in TABLES.items():
        for column in (column.name for column in table.columns if column.dtype == pl.Float64):
            assert select(sample_night, f'SELECT count(*) FROM {name} WHERE isnan("{column}")') == [(0,)]


@pytest.fixture
def small_landing(tmp_path):
    """Copper and zinc prices since 2025, too few to train on, and the book of the sample, without the rest."""
    landing = tmp_path / "landing"
    (landing / "lme").mkdir(parents=True)
    for metal in ("copper", "zinc"):
        header, *rows = (SAMPLE_LANDING / "lme" / f"{metal}.csv").read_text().splitlines()
        recent = [row for row in rows if row >= "2025"]
        (landing / "lme" / f"{metal}.csv").write_text("\n".join([header, *recent]) + "\n")
    shutil.copytree(SAMPLE_LANDING / "positions", landing / "positions")
    return landing


def test_rows_of_the_future_change_nothing_a_past_night_published(small_landing, tmp_path):
    night = date(2026, 6, 12)
    full = published(compute(small_landing, tmp_path / "full", night))
    full.pop("ops.files")
    for file in (small_landing / "lme").iterdir():
        header, *rows = file.read_text().splitlines()
        kept = [row if row[:10] <= night.isoformat() else row[:10] + ",1.0,1.0,1.0" for row in rows]
        file.write_text("\n".join([header, *kept]) + "\n")
    perturbed = published(compute(small_landing, tmp_path / "perturbed", night))
    perturbed.pop("ops.files")
    assert perturbed == full, "only the hashes of what was received may differ"


def test_many_nights_in_one_run_are_the_nights_one_by_one(small_landing, tmp_path):
    nights = nights_between(date(2026, 6, 10), date(2026, 6, 15), date(2020, 1, 1), date(2026, 11, 20))
    together, apart = locate(small_landing, tmp_path / "together"), tmp_path / "apart"
    bind(together)
    run_nights(together, nights, None, lambda event: None)
    for night in nights:
        compute(small_landing, apart, night)
    assert published(together) == published(locate(small_landing, apart))
    assert select(together, "SELECT count(DISTINCT as_of_date) FROM risk.var") == [(4,)]


def test_a_later_correction_leaves_the_nights_before_it_as_they_were(small_landing, tmp_path):
    first, second = date(2026, 6, 11), date(2026, 6, 12)
    root = compute(small_landing, tmp_path / "root", first)
    before = {name: rows for name, rows in published(root).items() if not name.startswith(("ops.runs", "market.prices"))}
    copper = small_landing / "lme" / "copper.csv"
    lines = [f"{first},9999.0,9999.5,100000" if line.startswith(str(first)) else line for line in copper.read_text().splitlines()]
    copper.write_text("\n".join(lines) + "\n")
    compute(small_landing, root.path, second)
    after = published(root)
    assert all(set(rows) <= set(after[name]) for name, rows in before.items())
    vintages = select(
        root,
        f"SELECT price, known_basis FROM market.prices WHERE instrument = 'CU' AND tenor = 'cash' AND price_date = '{first}'",
    )
    assert len(vintages) == 1, "the correction arrived today: a night of the past does not know it"


def test_a_stage_of_many_nights_is_published_without_the_others_and_leaves_whole_nights_alone(small_landing, tmp_path):
    root = compute(small_landing, tmp_path / "root", date(2026, 6, 12))
    whole = published(root)
    nights = [date(2026, 6, 11), date(2026, 6, 12)]
    run_nights(root, nights, "features", lambda event: None)
    assert select(root, "SELECT DISTINCT as_of_date FROM features.daily_panel ORDER BY 1") == [(night,) for night in nights]
    assert select(root, "SELECT DISTINCT as_of_date FROM risk.var") == [(nights[1],)]
    assert current(root.lake).nights == ["2026-06-12"]
    assert published(root)["risk.var"] == whole["risk.var"]


def test_a_landing_with_torn_foreign_and_unknown_files_still_has_its_night(small_landing, tmp_path):
    zinc = small_landing / "lme" / "zinc.csv"
    zinc.write_bytes(zinc.read_bytes()[:-9])
    (small_landing / "lme" / "nickel.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (small_landing / "README.md").write_text("what is in here")
    (small_landing / "notes.xyz").write_text("unknown")
    (small_landing / "deals").mkdir()
    (small_landing / "deals" / "broken.yaml").write_text("deal_id: [")
    root = compute(small_landing, tmp_path / "root")
    files = {file for (file,) in select(root, "SELECT DISTINCT file FROM market.quarantine")}
    assert {"lme/zinc.csv", "lme/nickel.csv", "deals/broken.yaml"} <= files
    assert select(root, "SELECT DISTINCT instrument FROM market.prices ORDER BY 1") == [("CU",), ("ZN",)]


def test_a_repaired_landing_leaves_nothing_of_its_faults_and_withdrawn_deals_behind(small_landing, tmp_path):
    shutil.copytree(SAMPLE_LANDING / "deals", small_landing / "deals")
    book = small_landing / "positions" / "book.csv"
    whole = book.read_text()
    book.write_text(whole + "base_metals,cobalt,3m,1,t,2026-01-05,,,\n")
    root = compute(small_landing, tmp_path / "root")
    assert select(root, "SELECT field, value FROM market.quarantine WHERE source = 'positions'") == [("instrument", "cobalt")]
    book.write_text(whole)
    withdrawn = min((small_landing / "deals").iterdir())
    withdrawn.unlink()
    assert published(compute(small_landing, root.path)) == published(compute(small_landing, tmp_path / "fresh"))
    deals = {f"{deal}.md" for (deal,) in select(root, "SELECT deal_id FROM memos.memos")}
    assert {file.name for file in root.memos.glob("*/*")} == deals
    priced = {f"{file.stem}.md" for file in (small_landing / "deals").iterdir()} - {"CU-CONC-207.md"}
    assert deals == priced, "the deal whose gold price is open waits for a landing that has one"


def test_a_night_killed_midway_leaves_the_last_publication_and_runs_clean_again(small_landing, tmp_path):
    root = compute(small_landing, tmp_path / "root", date(2026, 6, 11))
    before = published(root)
    arguments = [sys.executable, "-u", "-m", "openmineral_dagster.cli", "nightly", "--data-root", str(root.path)]
    night = subprocess.Popen([*arguments, "--as-of", "2026-06-12"], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert any("price distribution" in line for line in night.stdout)
    os.killpg(night.pid, signal.SIGKILL)
    night.wait()
    assert published(root) == before
    compute(small_landing, root.path, date(2026, 6, 12))
    assert select(root, "SELECT DISTINCT as_of_date FROM ops.runs ORDER BY 1") == [(date(2026, 6, 11),), (date(2026, 6, 12),)]
    fresh = published(compute(small_landing, tmp_path / "fresh", date(2026, 6, 12)))
    killed = published(root)
    night_rows = [row for row in killed["forecasts.price_distribution"] if row[0] == date(2026, 6, 12)]
    assert night_rows == fresh["forecasts.price_distribution"]
