"""Writers side by side and killed at any moment lose nothing, and a reader never sees half of anything."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date, timedelta

import duckdb
import polars as pl
import pytest

from openmineral_dagster.lake.publish import current, database_path
from openmineral_dagster.lake.store import Lake
from openmineral_dagster.lake.tables import PRICES
from openmineral_dagster.lake.upkeep import damaged

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(900)]

START, DAYS, WRITERS, KILLS = date(2024, 1, 1), 40, 4, 60
WRITER = """
import sys
from datetime import date, timedelta
from pathlib import Path
from openmineral_dagster.lake.store import Lake
from openmineral_dagster.lake.tables import PRICES
from openmineral_dagster_tests.lake.frames import incoming

root, name, days = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for step in range(days):
    day = date(2024, 1, 1) + timedelta(days=step)
    Lake(root).merge(PRICES, incoming({day: 9000.0 + step}, instrument=name))
    print(day, flush=True)
"""
PUBLISHER = """
import sys
from datetime import date, timedelta
from pathlib import Path
from openmineral_dagster.lake.publish import publish
from openmineral_dagster.lake.store import Lake
from openmineral_dagster.lake.tables import TABLES

lake = Lake(Path(sys.argv[1]))
for step in range(1000):
    night = date(2024, 1, 1) + timedelta(days=step)
    for table in TABLES.values():
        if table.layout == "nights":
            lake.write_night(table, night, table.empty())
        else:
            lake.append_vintages(table, table.empty())
    publish(lake, [night], sample_data=False)
    print(night, flush=True)
"""


def start(script, *arguments):
    return subprocess.Popen([sys.executable, "-c", script, *map(str, arguments)], stdout=subprocess.PIPE, text=True)


def test_writers_side_by_side_lose_nothing(tmp_path):
    writers = [start(WRITER, tmp_path, f"M{number}", DAYS) for number in range(WRITERS)]
    assert [writer.wait(300) for writer in writers] == [0] * WRITERS
    rows = Lake(tmp_path).scan(PRICES).collect()
    assert rows.height == WRITERS * DAYS
    assert rows.group_by("instrument").len()["len"].to_list() == [DAYS] * WRITERS


def test_what_a_killed_writer_said_it_stored_is_stored_and_the_table_is_whole(tmp_path):
    dice = random.Random(1)
    for number in range(KILLS):
        writer = start(WRITER, tmp_path, f"M{number}", 1000)
        assert writer.stdout is not None
        said = [writer.stdout.readline().strip()]
        time.sleep(dice.random() * 0.2)
        os.kill(writer.pid, signal.SIGKILL)
        said += [line.strip() for line in writer.stdout if line.endswith("\n")]
        writer.wait()
        stored = Lake(tmp_path).scan(PRICES).filter(pl.col("instrument") == f"M{number}").collect()["price_date"].to_list()
        assert {date.fromisoformat(day) for day in said} <= set(stored)
        assert sorted(stored) == [START + timedelta(days=step) for step in range(len(stored))]


def test_a_publisher_killed_at_any_moment_leaves_a_whole_publication(tmp_path):
    dice, seen = random.Random(2), 0
    for _ in range(KILLS // 3):
        publisher = start(PUBLISHER, tmp_path)
        assert publisher.stdout is not None
        publisher.stdout.readline()
        time.sleep(dice.random() * 1.5)
        os.kill(publisher.pid, signal.SIGKILL)
        publisher.wait()
        lake = Lake(tmp_path)
        manifest = current(lake)
        assert manifest is not None
        assert damaged(lake, manifest) == []
        with duckdb.connect(database_path(tmp_path), read_only=True) as connection:
            assert connection.sql("SELECT count(*) FROM market.prices").fetchall() == [(0,)]
        assert len(manifest.nights) >= seen
        seen = len(manifest.nights)
    assert seen > 3
