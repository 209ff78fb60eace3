"""One DuckDB file, swapped in whole: comments on everything, no half nights, nothing changed by publishing twice."""

from datetime import date

import duckdb
import polars as pl
import pytest

from openmineral_dagster.lake.publish import current, database_path, publish
from openmineral_dagster.lake.store import Lake
from openmineral_dagster.lake.tables import DAILY_PANEL, PNL, PRICES, TABLES
from openmineral_dagster.reference.errors import GateFailure
from openmineral_dagster_tests.lake.frames import incoming

MONDAY, TUESDAY = date(2024, 7, 15), date(2024, 7, 16)


def write_all(lake, night):
    for table in TABLES.values():
        if table.layout == "nights":
            lake.write_night(table, night, table.empty())
        else:
            lake.append_vintages(table, table.empty())


@pytest.fixture
def lake(tmp_path):
    lake = Lake(tmp_path)
    lake.merge(PRICES, incoming({MONDAY: 9000.0, TUESDAY: 9050.0}))
    write_all(lake, MONDAY)
    publish(lake, [MONDAY], sample_data=False)
    return lake


def rows(lake, statement):
    with duckdb.connect(database_path(lake.root), read_only=True) as connection:
        return connection.sql(statement).fetchall()


def test_every_table_and_column_carries_a_comment(lake):
    assert rows(lake, "SELECT view_name FROM duckdb_views() WHERE NOT internal AND comment IS NULL") == []
    uncommented = "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND comment IS NULL"
    assert rows(lake, uncommented) == []


def test_the_publication_knows_nothing_its_latest_night_did_not(lake):
    assert rows(lake, "SELECT max(price_date) FROM market.prices") == [(MONDAY,)]
    write_all(lake, TUESDAY)
    publish(lake, [TUESDAY], sample_data=False)
    assert rows(lake, "SELECT max(price_date) FROM market.prices_latest") == [(TUESDAY,)]


def test_publishing_the_same_rows_again_changes_nothing(lake):
    before = database_path(lake.root).stat()
    assert publish(lake, [MONDAY], sample_data=False).number == 1
    assert database_path(lake.root).stat() == before


def test_a_deleted_database_is_built_again(lake):
    database_path(lake.root).unlink()
    publish(lake, [MONDAY], sample_data=False)
    assert rows(lake, "SELECT count(*) FROM market.prices") == [(1,)]


def test_what_another_night_left_half_done_is_never_seen(lake):
    lake.write_night(PNL, TUESDAY, pl.DataFrame([(TUESDAY, "ALL", TUESDAY, TUESDAY, 1.0)], schema=PNL.dtypes, orient="row"))
    publish(lake, [MONDAY], sample_data=False)
    assert rows(lake, "SELECT count(*) FROM risk.pnl") == [(0,)]


def test_a_night_that_was_not_computed_cannot_be_published(lake):
    with pytest.raises(GateFailure, match="nothing was written for the night of 2024-07-16"):
        publish(lake, [TUESDAY], sample_data=False)
    assert current(lake).nights == ["2024-07-15"]


def test_a_reader_of_the_old_file_keeps_it_while_a_new_one_is_swapped_in(lake):
    with duckdb.connect(database_path(lake.root), read_only=True) as reader:
        write_all(lake, TUESDAY)
        publish(lake, [TUESDAY], sample_data=False)
        assert reader.sql("SELECT max(price_date) FROM market.prices").fetchall() == [(MONDAY,)]


def test_a_sample_publication_says_so_in_every_table_comment(lake):
    write_all(lake, TUESDAY)
    publish(lake, [TUESDAY], sample_data=True)
    silent = "SELECT view_name FROM duckdb_views() WHERE NOT internal AND comment NOT LIKE 'SAMPLE DATA%'"
    assert rows(lake, silent) == []


def test_nights_computed_before_a_column_was_added_are_published_with_nulls(lake):
    (stored,) = lake.files(DAILY_PANEL, MONDAY.isoformat())
    older = {name: dtype for name, dtype in DAILY_PANEL.dtypes.items() if name != "return_1d"}
    row = {"instrument": "CU", "tenor": "3m", "as_of_date": MONDAY, "price_date": MONDAY, "price": 9000.0, "history_rows": 500}
    pl.DataFrame([row], schema=older).write_parquet(stored)
    write_all(lake, TUESDAY)
    publish(lake, [TUESDAY], sample_data=False)
    assert rows(lake, "SELECT instrument, price, return_1d FROM features.daily_panel") == [("CU", 9000.0, None)]
