"""What grows for ever is cleared by its age; what is young or needed stays, and a second time nothing more goes."""

import os
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from openmineral_dagster.defs.alone import run_locks
from openmineral_dagster.defs.purge import purge
from openmineral_dagster.lake.root import DataRoot

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


@dg.op
def nothing():
    """Does nothing."""


@dg.job
def tiny():
    """A job."""
    nothing()


@pytest.fixture
def root(tmp_path):
    return DataRoot(tmp_path, tmp_path)


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as found:
        yield found


def aged(path, days):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    moment = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment))
    return path


def deleted(root, instance, now=NOW):
    return {purged.kind: purged.deleted for purged in purge(root, instance, now) if purged.deleted}


def test_an_empty_root_has_nothing_to_clear(root, instance):
    assert deleted(root, instance) == {}


def test_old_runs_go_but_for_the_last_of_each_job(root, instance):
    for _ in range(3):
        tiny.execute_in_process(instance=instance)
    assert deleted(root, instance, datetime.now(UTC)) == {}
    later = datetime.now(UTC) + timedelta(days=91)
    assert deleted(root, instance, later) == {"runs and their events": 2}
    assert instance.get_runs_count() == 1
    assert deleted(root, instance, later) == {}


def test_windows_that_were_taken_up_long_ago_go_and_whole_histories_stay(root, instance):
    old, young = root.received / "news/feed-0a1b2c3d.2026-09-01.xml", root.received / "news/feed-0a1b2c3e.2026-11-20.xml"
    history = root.received / "fx/eurofxref-hist.2026-09-01.zip"
    for file in (old, young, history):
        aged(file, 1)
    assert deleted(root, instance) == {"received windows": 1}
    assert (old.exists(), young.exists(), history.exists()) == (False, True, True)


def test_memo_folders_records_and_locks_go_by_their_age(root, instance):
    aged(root.memos / "2025-01-02" / "a.md", 0)
    aged(root.memos / "2026-11-20" / "a.md", 0)
    aged(root.network / "rounds" / "old.json", 401)
    aged(root.network / "rounds" / "young.json", 399)
    aged(run_locks(root) / "gone.lock", 2)
    aged(run_locks(root) / "new.lock", 0)
    assert deleted(root, instance) == {"memo files": 1, "records of rounds": 1, "abandoned locks": 1}
    assert deleted(root, instance) == {}
    assert (root.memos / "2026-11-20" / "a.md").exists()


@pytest.mark.xdist_group("night")
def test_a_published_night_loses_nothing_it_names(sample_night, tmp_path):
    import shutil

    from openmineral_dagster.defs.instance import instance_of
    from openmineral_dagster.lake.publish import current
    from openmineral_dagster.lake.upkeep import damaged

    copy = DataRoot(tmp_path / "copy", sample_night.landing)
    shutil.copytree(sample_night.path, copy.path)
    with instance_of(copy) as kept:
        found = {purged.kind: purged.deleted for purged in purge(copy, kept, datetime.now(UTC) + timedelta(days=500))}
    assert found["memo files"] == 1
    assert found["experiments"] == 0, "its alias is on it"
    assert damaged(copy.lake, current(copy.lake)) == []
