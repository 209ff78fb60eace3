"""Files are never overwritten, equal rows keep their file, and rows that break their schema never reach the lake."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import polars as pl
import pytest

from openmineral_dagster.lake.store import Lake
from openmineral_dagster.lake.tables import PNL, PRICES
from openmineral_dagster.reference.errors import GateFailure
from openmineral_dagster_tests.lake.frames import LANDED, incoming

NIGHT = date(2024, 7, 15)


def pnl(amount):
    return pl.DataFrame([(NIGHT, "ALL", NIGHT, NIGHT, amount)], schema=PNL.dtypes, orient="row")


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path)


def test_writing_equal_rows_again_keeps_the_file(lake):
    assert lake.write_night(PNL, NIGHT, pnl(1.0)) == lake.write_night(PNL, NIGHT, pnl(1.0))


def test_writing_other_rows_adds_a_file_and_leaves_the_old_one(lake):
    first = lake.write_night(PNL, NIGHT, pnl(1.0))
    kept = first.read_bytes()
    second = lake.write_night(PNL, NIGHT, pnl(2.0))
    assert first != second
    assert first.read_bytes() == kept
    assert lake.read_night(PNL, NIGHT)["pnl_usd"].to_list() == [2.0]


def test_a_file_that_lost_its_content_is_written_again(lake):
    torn = lake.write_night(PNL, NIGHT, pnl(1.0))
    torn.write_bytes(b"")
    assert lake.write_night(PNL, NIGHT, pnl(1.0)) != torn
    assert lake.read_night(PNL, NIGHT)["pnl_usd"].to_list() == [1.0]


def test_going_back_to_earlier_rows_points_at_their_file_again(lake):
    first = lake.write_night(PNL, NIGHT, pnl(1.0))
    lake.write_night(PNL, NIGHT, pnl(2.0))
    assert lake.write_night(PNL, NIGHT, pnl(1.0)) == first
    assert lake.read_night(PNL, NIGHT)["pnl_usd"].to_list() == [1.0]


def test_nights_of_an_older_release_have_null_for_what_they_did_not_store(lake):
    file = lake.write_night(PNL, NIGHT, pnl(1.0))
    pnl(1.0).drop("held_from").with_columns(gone=pl.lit(1)).write_parquet(file)
    for rows in (lake.read_night(PNL, NIGHT), lake.read_before(PNL, date(2024, 7, 16))):
        assert rows.schema == PNL.dtypes
        assert rows["held_from"].to_list() == [None]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (pnl(None), "pnl_usd: 1 rows are null"),
        (pnl(float("inf")), "pnl_usd: infinite"),
        (pl.concat([pnl(1.0), pnl(2.0)]), "is not unique"),
        (pnl(1.0).drop("portfolio"), "portfolio"),
    ],
)
def test_rows_that_break_the_schema_are_refused_by_name(lake, rows, reason):
    with pytest.raises(GateFailure, match=reason):
        lake.write_night(PNL, NIGHT, rows)
    assert lake.read_night(PNL, NIGHT).is_empty()


def test_writers_side_by_side_lose_nothing(tmp_path):
    names = [f"M{number}" for number in range(12)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: Lake(tmp_path).merge(PRICES, incoming({NIGHT: 1.0}, instrument=name)), names))
    assert sorted(Lake(tmp_path).read(PRICES, LANDED).collect()["instrument"]) == sorted(names)
