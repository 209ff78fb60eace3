"""What the commands print when all is well."""

import json
import sys

import pytest

from openmineral_dagster.cli import main
from openmineral_dagster.lake.root import SAMPLE_LANDING
from openmineral_dagster_tests.deals.texts import CATHODE

ANSWER = {"hit", "score", "matched", "list", "list_version", "outcome", "reason"}


@pytest.fixture
def run(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["openmineral", *map(str, arguments)])
        main()
        return capsys.readouterr().out

    return call


def test_a_deal_is_printed_as_json_with_decimals_as_strings(run, tmp_path):
    (tmp_path / "deal.yaml").write_text(CATHODE)
    found = json.loads(run("deal", "value", tmp_path / "deal.yaml", "--json"))
    assert found["netback_usd"] == "900900.00"
    assert found["legs"]["sell"]["payables"]["copper"] == {"quantity": "100.000", "unit": "t", "value_usd": "900900.00"}


def test_a_deal_is_printed_as_a_table(run, tmp_path):
    (tmp_path / "deal.yaml").write_text(CATHODE)
    assert "900,900.00" in run("deal", "value", tmp_path / "deal.yaml")


def test_a_name_is_screened_into_one_json_object(run):
    found = json.loads(run("screen", "Nobody At All Ltd", "--country", "CL", "--as-of", "2026-11-20", "--json"))
    assert set(found) == ANSWER
    assert (found["hit"], found["outcome"]) == (False, "pass")


def test_stale_lists_pass_nothing(run):
    found = json.loads(run("screen", "Nobody At All Ltd", "--country", "CL", "--as-of", "2026-11-25", "--json"))
    assert (found["hit"], found["outcome"]) == (False, "review")


def test_a_file_of_names_gives_a_json_object_a_line(run, tmp_path):
    names = tmp_path / "names.csv"
    names.write_text("name,type,country\nNobody At All Ltd,entity,CL\n,,\n")
    lines = run("screen", "--file", names, "--as-of", "2026-11-20").splitlines()
    assert [set(json.loads(line)) for line in lines] == [ANSWER, ANSWER]


@pytest.mark.xdist_group("night")
def test_a_statement_is_answered_as_a_table_that_says_sample(run, sample_night):
    printed = run("sql", "SELECT deal_id FROM memos.memos ORDER BY ALL", "--data-root", sample_night.path)
    assert "CU-CONC-201" in printed
    assert "SAMPLE DATA" in printed


@pytest.mark.xdist_group("night")
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("", "found none"),
        ("SELECT 1; SELECT 2", "expected one statement"),
        ("COPY (SELECT 1) TO 'lake/mine.csv'", "a statement that reads"),
        ("EXPLAIN ANALYZE COPY (SELECT 1) TO 'lake/mine.csv'", "a statement that reads"),
        ("SELECT * FROM read_csv('/etc/passwd')", "disabled by configuration"),
        ("SELECT * FROM market.pricesx", 'Did you mean "prices"'),
    ],
)
def test_a_statement_reads_the_lake_and_nothing_else(sample_night, monkeypatch, capsys, statement, words):
    monkeypatch.setattr(sys, "argv", ["openmineral", "sql", statement, "--data-root", str(sample_night.path)])
    with pytest.raises(SystemExit) as stopped:
        main()
    said = capsys.readouterr().err
    assert (stopped.value.code, said.count("\n")) == (2, 1)
    assert words in said


def test_a_night_says_what_it_produced_from_what_and_what_to_type_next(run, sample_night):
    printed = run("nightly", "--data-root", sample_night.path)
    for words in (
        "Night of 2026-11-20",
        "SAMPLE DATA",
        "forecasts · price distribution",
        "rows",
        "memos.memos",
        "lme",
        "make ui",
    ):
        assert words in printed
    assert str(SAMPLE_LANDING) in printed
