"""The asset graph: its shape is a snapshot, and every asset says what it is, whose it is and how it is made."""

import json
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from openmineral_dagster.defs.assets.inbox import inbox
from openmineral_dagster.defs.build import build_defs
from openmineral_dagster.defs.gates import GATES, WATCHES
from openmineral_dagster.defs.instance import prepare_home
from openmineral_dagster.lake.root import PROJECT, DataRoot
from openmineral_dagster.lake.tables import TABLES

SNAPSHOT = Path(__file__).with_name("asset_graph.json")


@pytest.fixture(scope="module")
def graph():
    return build_defs(DataRoot(Path("root"), Path("landing"))).resolve_asset_graph()


def test_the_graph_is_the_one_that_was_agreed(graph):
    edges = {
        node.key.to_user_string(): sorted(parent.to_user_string() for parent in node.parent_keys) for node in graph.asset_nodes
    }
    assert edges == json.loads(SNAPSHOT.read_text())


def test_every_asset_has_group_owner_kind_and_description(graph):
    bare = [
        node.key.to_user_string()
        for node in graph.asset_nodes
        if not (node.description and node.owners and node.kinds and node.group_name not in (None, "default"))
    ]
    assert bare == []


def test_every_asset_says_when_it_is_late(graph):
    timeless = [key for key in graph.materializable_asset_keys if graph.get(key).freshness_policy is None]
    assert timeless == [inbox.key], "deal files come when they come"


def test_every_table_of_the_contract_is_an_asset(graph):
    assert {tuple(name.split(".")) for name in TABLES} <= {tuple(node.key.path) for node in graph.asset_nodes}


def test_the_checks_of_gates_block_and_those_of_watches_do_not(graph):
    blocking = {key.name for key in graph.asset_check_keys if graph.get_check_spec(key).blocking}
    assert blocking == {gate.__name__ for gate in GATES.values()}
    assert {key.name for key in graph.asset_check_keys} - blocking == {watch.__name__ for watch in WATCHES.values()}


def test_everything_loads_as_the_server_loads_it():
    build_defs(DataRoot(Path("root"), Path("landing"))).get_repository_def().load_all_definitions()


def test_what_starts_runs_is_off_until_someone_turns_it_on_and_what_looks_after_them_is_on():
    defs = build_defs(DataRoot(Path("root"), Path("landing")))
    repository = defs.get_repository_def()
    assert {schedule.default_status for schedule in repository.schedule_defs} == {dg.DefaultScheduleStatus.STOPPED}
    on = {sensor.name for sensor in repository.sensor_defs if sensor.default_status == dg.DefaultSensorStatus.RUNNING}
    assert on == {"abandoned_runs", "failure_notices", "deal_inbox"}, "whoever drops a deal file asks for its value"
    assert "landing_sensor" in {sensor.name for sensor in repository.sensor_defs}


def test_loading_the_code_location_imports_neither_torch_nor_mlflow():
    script = (
        "import sys, openmineral_dagster.definitions as d; d.defs(); sys.exit(any(m in sys.modules for m in ('torch', 'mlflow')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_the_dagster_home_keeps_slots_free_and_sends_nothing_out(tmp_path):
    settings = (prepare_home(DataRoot(tmp_path, tmp_path)) / "dagster.yaml").read_text()
    for line in ("default_limit: 1", "granularity: op", "free_slots_after_run_end_seconds: 300", "telemetry:\n  enabled: false"):
        assert line in settings


def test_the_layers_of_the_house_hold():
    found = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout


def test_modules_that_type_the_context_do_not_postpone_annotations():
    postponed = [
        path for path in (PROJECT / "openmineral_dagster" / "defs").rglob("*.py") if "import annotations" in path.read_text()
    ]
    assert postponed == []
