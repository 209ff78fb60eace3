"""The schedule and the sensor: what they launch, and why they do not."""

import json
import os
import shutil
from datetime import date

import dagster as dg
import pytest

from openmineral_dagster.defs.automation import landing_sensor, nightly_schedule
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.lake.atomic import write_atomically
from openmineral_dagster.lake.publish import Manifest
from openmineral_dagster.sources.landing import landing_digest

COPPER = "date,cash_settlement,three_month,lme_stock\n2024-07-15,9000,9010,100000\n"


@pytest.fixture
def landing(tmp_path):
    (tmp_path / "landing" / "lme").mkdir(parents=True)
    (tmp_path / "landing" / "lme" / "copper.csv").write_text(COPPER)
    return tmp_path / "landing"


@pytest.fixture
def data_root(tmp_path, landing):
    return DataRootResource(path=str(tmp_path / "root"), landing=str(landing))


def asked(data_root, cursor=None):
    return landing_sensor(dg.build_sensor_context(cursor=cursor, resources={"data_root": data_root}))


def settled(data_root, cursor=None):
    """What the sensor asks for once files have stopped changing: at its second look."""
    return asked(data_root, asked(data_root, cursor).cursor)


def test_the_schedule_launches_the_last_night_of_a_new_data_root(data_root):
    (request,) = nightly_schedule(data_root=data_root)
    assert request.partition_key == "2024-07-15"


@pytest.mark.xdist_group("night")
def test_the_schedule_skips_with_a_reason_when_every_night_is_published(sample_night):
    published = DataRootResource(path=str(sample_night.path), landing=str(sample_night.landing))
    (skipped,) = nightly_schedule(data_root=published)
    assert "nothing new landed" in skipped.skip_message


def test_the_schedule_catches_up_missed_nights_in_order(data_root, landing):
    published = Manifest(1, ["2024-07-10"], {}, False, "")
    write_atomically(data_root.lake.folder / "current.json", json.dumps(vars(published)).encode())
    assert [request.partition_key for request in nightly_schedule(data_root=data_root)] == [
        "2024-07-11",
        "2024-07-12",
        "2024-07-15",
    ]


def test_an_unusable_landing_is_a_reason_to_skip(data_root, landing):
    shutil.rmtree(landing)
    (skipped,) = nightly_schedule(data_root=data_root)
    assert "landing" in skipped.skip_message
    assert "landing" in settled(data_root).skip_reason.skip_message


def test_the_sensor_launches_once_for_what_landed(data_root, landing):
    first = settled(data_root)
    assert [request.partition_key for request in first.run_requests] == ["2024-07-15"]
    assert "nothing landed" in asked(data_root, first.cursor).skip_reason.skip_message


def test_the_sensor_launches_again_when_a_file_changes(data_root, landing):
    first = settled(data_root)
    (landing / "lme" / "copper.csv").write_text(COPPER + "2024-07-16,9050,9060,100000\n")
    second = settled(data_root, first.cursor)
    assert [request.partition_key for request in second.run_requests] == ["2024-07-16"]
    assert second.run_requests[0].run_key != first.run_requests[0].run_key


def test_the_sensor_waits_for_a_file_that_is_still_being_copied(data_root, landing):
    looked = asked(data_root)
    for half in (COPPER[:60], COPPER[:70], COPPER):
        (landing / "lme" / "zinc.csv").write_text(half)
        looked = asked(data_root, looked.cursor)
        assert "arriving" in looked.skip_reason.skip_message
    assert len(asked(data_root, looked.cursor).run_requests) == 1


def published(data_root, *nights):
    """A publication of these nights, each having taken up the landing as it is now."""
    root = data_root.root
    write_atomically(root.lake.folder / "current.json", json.dumps(vars(Manifest(1, list(nights), {}, False, ""))).encode())
    for night in nights:
        root.lake.take_up(date.fromisoformat(night), landing_digest(root.landing, root.received))


def test_a_file_that_was_only_touched_starts_nothing(data_root, landing):
    published(data_root, "2024-07-15")
    os.utime(landing / "lme" / "copper.csv")
    assert "says nothing new" in settled(data_root).skip_reason.skip_message
    (skipped,) = nightly_schedule(data_root=data_root)
    assert "nothing new" in skipped.skip_message


def test_a_correction_without_a_new_day_computes_the_last_night_again(data_root, landing):
    published(data_root, "2024-07-15")
    (landing / "lme" / "copper.csv").write_text(COPPER.replace("9000", "9001"))
    assert [request.partition_key for request in nightly_schedule(data_root=data_root)] == ["2024-07-15"]
    assert [request.partition_key for request in settled(data_root).run_requests] == ["2024-07-15"]


def test_a_publication_of_a_stage_alone_has_no_whole_night(data_root):
    published(data_root)
    assert [request.partition_key for request in nightly_schedule(data_root=data_root)] == ["2024-07-15"]


def test_the_sensor_catches_up_missed_nights_in_order(data_root, landing):
    published = Manifest(1, ["2024-07-10"], {}, False, "")
    write_atomically(data_root.lake.folder / "current.json", json.dumps(vars(published)).encode())
    nights = [request.partition_key for request in settled(data_root).run_requests]
    assert nights == ["2024-07-11", "2024-07-12", "2024-07-15"]
