"""The schedule and the sensor: what they launch, and why they do not."""

import json
import shutil

import dagster as dg
import pytest

from openmineral_dagster.defs.automation import landing_sensor, nightly_schedule
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.lake.atomic import write_atomically
from openmineral_dagster.lake.publish import Manifest

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
    assert "landing" in asked(data_root).skip_message


def test_the_sensor_launches_once_for_what_landed(data_root, landing):
    first = asked(data_root)
    assert [request.partition_key for request in first.run_requests] == ["2024-07-15"]
    assert "nothing landed" in asked(data_root, first.cursor).skip_message


def test_the_sensor_launches_again_when_a_file_changes(data_root, landing):
    first = asked(data_root)
    (landing / "lme" / "copper.csv").write_text(COPPER + "2024-07-16,9050,9060,100000\n")
    second = asked(data_root, first.cursor)
    assert [request.partition_key for request in second.run_requests] == ["2024-07-16"]
    assert second.run_requests[0].run_key != first.run_requests[0].run_key
