"""Publishers in the graph: asked by one job, never the end of a night, and what they bring is read as if it had landed."""

import json
from datetime import timedelta

import dagster as dg
import polars as pl
import pytest

from openmineral_dagster.defs.automation import refresh_schedule
from openmineral_dagster.defs.launch import run_refresh
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.lake.root import SAMPLE_LANDING, bind, locate
from openmineral_dagster.lake.tables import FETCHES, FRESHNESS, FX
from openmineral_dagster.reference.calendars import night_end
from openmineral_dagster.sources.network.rounds import asked_by
from openmineral_dagster_tests.nights import compute
from openmineral_dagster_tests.sources.network import server as badly
from openmineral_dagster_tests.sources.network.publishers import DAY, ECB, UN_LIST, everything

NIGHT = DAY


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A landing with two weeks of copper that turns three publishers on, each served by a server of ours."""
    landing = tmp_path / "landing"
    (landing / "lme").mkdir(parents=True)
    header, *rows = (SAMPLE_LANDING / "lme" / "copper.csv").read_text().splitlines()
    (landing / "lme" / "copper.csv").write_text("\n".join([header, *rows[-300:]]) + "\n")
    (landing / "sources.yaml").write_text("sources: [ecb, un, fred]")
    with badly.serving() as web:
        web.publish(everything())
        monkeypatch.setenv("OPENMINERAL_MIRROR", web.address)
        monkeypatch.setattr("openmineral_dagster.sources.network.rounds.utc_now", lambda: night_end(NIGHT))
        found = locate(landing, tmp_path / "root")
        bind(found)
        yield found, web


def listener(event):
    """Hears nothing."""


def test_what_was_received_is_in_the_tables_of_the_night_with_its_freshness(root):
    root, _ = root
    run_refresh(root, listener)
    compute(root.landing, root.path)
    assert root.lake.read(FX, night_end(NIGHT)).collect().height
    fetched = root.lake.read_night(FETCHES, NIGHT)
    assert set(fetched["status"]) == {"new"}
    fresh = root.lake.read_night(FRESHNESS, NIGHT)
    assert {"ecb", "un", "sofr", "eia", "cboe"} <= set(fresh["source"])
    assert fresh["problem"].null_count() == fresh.height


def test_a_publisher_that_fails_leaves_a_problem_in_the_freshness_of_all_it_brings_and_the_night_goes_on(root):
    root, web = root
    run_refresh(root, listener)
    web.publish({ECB: badly.web_page, UN_LIST: badly.web_page})
    run_refresh(root, listener)
    compute(root.landing, root.path)
    fresh = root.lake.read_night(FRESHNESS, NIGHT).filter(pl.col("problem").is_not_null())
    assert fresh["source"].to_list() == ["ecb", "un"]
    assert all(problem.startswith("refused: ") for problem in fresh["problem"])
    assert root.lake.read(FX, night_end(NIGHT)).collect().height, "the last good data stay"
    noted = [json.loads(line)["title"] for line in (root.path / "notices.jsonl").read_text().splitlines()]
    assert sorted(noted) == ["ecb refused", "un refused"]


def test_a_list_that_never_came_is_stale_without_a_day(root):
    root, web = root
    web.publish({UN_LIST: badly.status(404)})
    run_refresh(root, listener, ["un"])
    compute(root.landing, root.path)
    ((day, stale),) = root.lake.read_night(FRESHNESS, NIGHT).filter(source="un").select("last_date", "stale").rows()
    assert (day, stale) == (None, True)


def test_a_night_knows_only_the_rounds_made_by_then(root):
    root, _ = root
    run_refresh(root, listener, ["un"])
    assert asked_by(root.network, night_end(NIGHT)).height == 1
    assert asked_by(root.network, night_end(NIGHT.replace(day=19))).height == 0


def test_a_failure_is_told_until_the_publisher_answers_again_and_no_longer(root, monkeypatch):
    root, web = root
    good = everything()[UN_LIST]
    for page, problem in ((badly.web_page, 1), (good, 0)):
        web.publish({UN_LIST: page})
        moment = night_end(NIGHT) - timedelta(minutes=5 * (1 + problem))
        monkeypatch.setattr("openmineral_dagster.sources.network.rounds.utc_now", lambda now=moment: now)
        run_refresh(root, listener, ["un"])
        assert (asked_by(root.network, night_end(NIGHT))["reason"] != "").sum() == problem
    assert asked_by(root.network, night_end(NIGHT) + timedelta(days=30)).is_empty(), "nobody asks it any more"


def test_the_schedule_skips_where_nobody_is_turned_on(root):
    root, _ = root
    resource = DataRootResource(path=str(root.path), landing=str(root.landing))
    assert isinstance(refresh_schedule(data_root=resource), dg.RunRequest)
    (root.landing / "sources.yaml").write_text("sources: []")
    assert "no publisher" in refresh_schedule(data_root=resource).skip_message
    (root.landing / "sources.yaml").write_text("sources: [bloomberg]")
    assert "bloomberg" in refresh_schedule(data_root=resource).skip_message
