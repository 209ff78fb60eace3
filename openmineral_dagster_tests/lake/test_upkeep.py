"""Going back, restoring a copy, and collecting what nobody names any more."""

import os
import shutil
from datetime import UTC, date, datetime, timedelta

import duckdb
import polars as pl
import pytest

from openmineral_dagster.lake.publish import current, database_path, publish
from openmineral_dagster.lake.store import MOST_FILES, Lake
from openmineral_dagster.lake.tables import PNL, PRICES, TABLES
from openmineral_dagster.lake.upkeep import at_home, collect, damaged, publications, restore, roll_back, sizes
from openmineral_dagster.reference.errors import UsageFault
from openmineral_dagster_tests.lake.frames import incoming

MONDAY, TUESDAY = date(2024, 7, 15), date(2024, 7, 16)


def pnl(night, amount):
    return pl.DataFrame([(night, "ALL", night, night, amount)], schema=PNL.dtypes, orient="row")


def publish_night(lake, night, amount, prices):
    lake.merge(PRICES, incoming(prices))
    for table in TABLES.values():
        if table.layout == "nights":
            lake.write_night(table, night, pnl(night, amount) if table is PNL else table.empty())
        else:
            lake.append_vintages(table, table.empty())
    return publish(lake, [night], sample_data=False)


@pytest.fixture
def lake(tmp_path):
    lake = Lake(tmp_path / "root")
    publish_night(lake, MONDAY, 1.0, {MONDAY: 9000.0})
    publish_night(lake, TUESDAY, 2.0, {TUESDAY: 9050.0})
    publish_night(lake, TUESDAY, 3.0, {TUESDAY: 9050.0})
    return lake


def shown(lake, statement="SELECT as_of_date, pnl_usd FROM risk.pnl ORDER BY 1"):
    with duckdb.connect(database_path(lake.root), read_only=True) as connection:
        return connection.sql(statement).fetchall()


def age(lake, days):
    then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    for path in lake.root.rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


def test_rolling_back_shows_what_was_published_then_and_the_next_night_goes_on_from_there(lake):
    assert roll_back(lake, 1).number == 4
    assert shown(lake) == [(MONDAY, 1.0)]
    assert shown(lake, "SELECT max(price_date) FROM market.prices") == [(MONDAY,)]
    publish_night(lake, TUESDAY, 5.0, {TUESDAY: 9060.0})
    assert shown(lake) == [(MONDAY, 1.0), (TUESDAY, 5.0)]
    known = shown(lake, "SELECT price, known_basis FROM market.prices WHERE price_date = '2024-07-16'")
    assert known == [(9050.0, "rule")], "what had been learned by then is still known: what lands now is a correction of it"


def test_a_damaged_manifest_stops_neither_the_list_nor_a_restore(lake):
    (lake.folder / "manifests" / "000009.json").write_text('{"number": 5')
    assert [held.number for held in publications(lake)] == [1, 2, 3]
    assert restore(lake).number == 10
    (lake.folder / "current.json").write_text("")
    with pytest.raises(UsageFault, match="lake restore"):
        current(lake)
    assert restore(lake).number == 11


def test_a_time_without_a_zone_could_mean_any_hour_and_is_refused(lake):
    with pytest.raises(UsageFault, match="expected a time with its zone"):
        lake.read(PRICES, datetime(2024, 7, 15))


def test_after_going_back_the_landing_is_read_again(lake):
    lake.take_up(MONDAY, "digest")
    assert lake.taken_up(MONDAY) == "digest"
    roll_back(lake, 1)
    assert lake.taken_up(MONDAY) is None


def test_a_rolled_back_publication_can_be_rolled_forward_to(lake):
    roll_back(lake, 1)
    roll_back(lake, 3)
    assert shown(lake) == [(MONDAY, 1.0), (TUESDAY, 3.0)]


def test_an_unknown_or_damaged_publication_is_not_gone_back_to(lake):
    with pytest.raises(UsageFault, match="no publication 9"):
        roll_back(lake, 9)
    lake.files(PNL, MONDAY.isoformat())[0].write_bytes(b"torn")
    with pytest.raises(UsageFault, match="risk/pnl/2024-07-15"):
        roll_back(lake, 1)
    assert current(lake).number == 3


def test_a_copied_root_reads_its_own_files_once_restored(lake, tmp_path):
    shutil.copytree(lake.root, tmp_path / "copy")
    shutil.rmtree(lake.root)
    copy = Lake(tmp_path / "copy")
    assert not at_home(copy)
    assert restore(copy).number == 4
    assert at_home(copy)
    assert shown(copy) == [(MONDAY, 1.0), (TUESDAY, 3.0)]


def test_of_a_copy_with_damage_the_newest_whole_publication_is_restored(lake):
    lake.files(PNL, TUESDAY.isoformat())[0].unlink()
    assert damaged(lake, current(lake))
    restore(lake)
    assert shown(lake) == [(MONDAY, 1.0), (TUESDAY, 2.0)]


def test_a_root_without_a_whole_publication_says_so(tmp_path):
    with pytest.raises(UsageFault, match="no publication in it is whole"):
        restore(Lake(tmp_path))


def test_young_files_stay(lake):
    assert collect(lake, datetime.now(UTC)) == []
    assert len(publications(lake)) == 3


def test_old_files_that_nothing_names_go_and_the_publication_stays(lake):
    (lake.root / ".aside-1").write_text("left by a kill")
    age(lake, 60)
    before = shown(lake)
    gone = {path.parent.name for path in collect(lake, datetime.now(UTC))}
    assert gone == {"manifests", "2024-07-16", lake.root.name}
    assert shown(lake) == before
    assert [manifest.number for manifest in publications(lake)] == [3]
    assert damaged(lake, current(lake)) == []


def test_what_a_run_is_writing_is_never_collected(lake):
    age(lake, 60)
    new = lake.write_night(PNL, date(2024, 7, 17), pnl(date(2024, 7, 17), 9.0))
    collect(lake, datetime.now(UTC))
    assert new.exists()


def test_sizes_count_superseded_files_and_raw_bytes(lake):
    lake.raw.keep(b"landed")
    held = {size.table: size for size in sizes(lake)}
    assert (held["risk.pnl"].files, held["risk.pnl"].published_files) == (3, 2)
    assert held["raw"].files == 1
    assert all(size.bytes > 0 for size in held.values())


def test_many_small_files_become_one_and_say_the_same(tmp_path):
    lake = Lake(tmp_path)
    days = [date(2024, 1, 1) + timedelta(days=step) for step in range(MOST_FILES + 2)]
    for day in days:
        lake.merge(PRICES, incoming({day: 9000.0}))
    assert len(lake.files(PRICES, "vintages")) == 2
    assert lake.scan(PRICES).collect()["price_date"].sort().to_list() == days
