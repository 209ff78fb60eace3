"""What cannot be done is said in one line, with exit status 2, and nothing is written."""

import sys

import pytest

from openmineral_dagster.cli import main
from openmineral_dagster.lake.root import SAMPLE_LANDING, bind, locate


@pytest.fixture
def run(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["openmineral", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        return stopped.value.code, capsys.readouterr().err.strip()

    return call


def refused(result, words):
    status, line = result
    assert (status, words in line, line.count("\n")) == (2, True, 0), line


def test_a_refresh_with_nobody_turned_on_or_of_the_sample(run, tmp_path):
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "README.md").write_text("nothing yet")
    named = ("--landing", landing, "--data-root", tmp_path / "root")
    refused(run("refresh", *named), "no publisher: not turned on")
    refused(run("refresh", "ecb", *named), "ecb: not turned on")
    refused(run("refresh", "ecb"), "sample takes no data from the network")
    (landing / "sources.yaml").write_text("sources: [bloomberg]")
    refused(run("nightly", *named), "bloomberg: expected some of")
    assert not (tmp_path / "root").exists()


def test_a_missing_landing_folder(run, tmp_path):
    refused(run("nightly", "--landing", tmp_path / "none", "--data-root", tmp_path / "root"), "none")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_landing_folder(run, tmp_path):
    (tmp_path / "empty").mkdir()
    refused(run("nightly", "--landing", tmp_path / "empty", "--data-root", tmp_path / "root"), "empty")
    assert not (tmp_path / "root").exists()


def test_a_landing_with_no_usable_price(run, tmp_path):
    (tmp_path / "landing" / "lme").mkdir(parents=True)
    (tmp_path / "landing" / "lme" / "copper.csv").write_text("date,cash_settlement,three_month,lme_stock\n")
    refused(run("nightly", "--landing", tmp_path / "landing", "--data-root", tmp_path / "root"), "price")
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize("as_of", ["1990-01-02", "2090-01-02", "2026-02-30", "yesterday", "2026-1", ""])
def test_a_date_that_is_none_or_outside_the_data(run, tmp_path, as_of):
    refused(run("nightly", "--as-of", as_of, "--data-root", tmp_path / "root"), "")
    assert not (tmp_path / "root").exists()


def test_a_data_root_of_another_landing(run, tmp_path):
    bind(locate(tmp_path / "elsewhere", tmp_path / "root"))
    refused(run("nightly", "--landing", SAMPLE_LANDING, "--data-root", tmp_path / "root"), "belongs to landing")


def test_a_data_root_that_cannot_be_written(run, tmp_path):
    (tmp_path / "file").write_text("")
    refused(run("nightly", "--data-root", tmp_path / "file" / "root"), "cannot be written")


@pytest.mark.parametrize("arguments", [("--nope",), ("nightly", "extra"), ("nihgtly",), ("deal", "value"), ("sql",)])
def test_a_wrong_argument(run, arguments):
    refused(run(*arguments), "")


@pytest.mark.parametrize("option", ["--landing", "--data-root"])
def test_an_empty_path_is_not_the_current_folder(run, option):
    refused(run("nightly", option, ""), "expected a path")


def test_a_data_root_inside_its_landing(run, tmp_path):
    (tmp_path / "landing").mkdir()
    refused(run("nightly", "--landing", tmp_path / "landing", "--data-root", tmp_path / "landing" / "root"), "outside")


def test_a_data_root_whose_lake_is_a_file(run, tmp_path):
    bind(locate(SAMPLE_LANDING, tmp_path / "root"))
    (tmp_path / "root" / "lake").rmdir()
    (tmp_path / "root" / "lake").write_text("")
    refused(run("nightly", "--data-root", tmp_path / "root"), "cannot be written")


def test_training_before_the_first_night_writes_nothing(run, tmp_path):
    refused(run("train", "--through", "2026-11-20", "--data-root", tmp_path / "root"), "openmineral nightly")
    assert not (tmp_path / "root").exists()


def test_no_command_at_all_shows_the_help(run):
    status, shown = run()
    assert (status, "nightly" in shown, shown.count("\n") > 5) == (2, True, True)


def test_sql_before_the_first_night(run, tmp_path):
    refused(run("sql", "SELECT 1", "--data-root", tmp_path / "root"), "nothing is published yet")


def test_a_deal_file_that_is_not_there(run, tmp_path):
    refused(run("deal", "value", tmp_path / "none.yaml", "--json"), "No such file")


def test_a_deal_file_with_a_mistake_names_file_field_and_expectation(run, tmp_path):
    file = tmp_path / "deal.yaml"
    file.write_text("deal_id: X\ntraded_on: soon\nmaterial: refined\nlegs: {}\n")
    refused(run("deal", "value", file, "--json"), "deal.yaml")
