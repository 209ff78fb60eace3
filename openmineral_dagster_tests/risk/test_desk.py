"""The files of the desk: read from the landing, shipped where absent, and named where they cannot be used."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables.risk import EXCLUDED
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.risk.desk import MODELS, parse, read_desk, schema_text, shipped
from openmineral_dagster.risk.limit_terms import MEASURE_NAMES, Limits
from openmineral_dagster.risk.liquidity import Margins
from openmineral_dagster.risk.shocks import Scenarios
from openmineral_dagster_tests.sources.landings import LME_HEADER, lines, read, rows

NIGHT = date(2024, 6, 28)
PROJECT = Path(__file__).parents[2]
LIMITS = "limits:\n  - {id: A, portfolio: ALL, measure: var, limit: 1000}\n"
BOMB = "\n".join(
    ['a0: &a0 ["x", "x", "x", "x", "x", "x", "x", "x", "x"]']
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
)


def desk(folder, **texts):
    (folder / "desk").mkdir()
    for name, text in texts.items():
        file = folder / "desk" / f"{name}.yaml"
        file.write_bytes(text) if isinstance(text, bytes) else file.write_text(text)
    return read_desk(folder, NIGHT)


def excluded(found):
    return require_valid(found.excluded, EXCLUDED).select("portfolio", "item", "field", "value").rows()


def test_without_files_the_shipped_ones_are_in_force(tmp_path):
    found = read_desk(tmp_path, NIGHT)
    assert (found.scenarios, found.margins, found.limits) == (shipped(Scenarios), shipped(Margins), shipped(Limits))
    assert excluded(found) == []


def test_a_file_takes_the_place_of_the_shipped_one(tmp_path):
    found = desk(tmp_path, limits=LIMITS, margins="rates: [{instrument: CU, usd_per_unit: 450}]")
    assert [limit.id for limit in found.limits.limits] == ["A"]
    assert found.margins.rates[0].per_unit == 450.0
    assert found.scenarios == shipped(Scenarios)
    assert excluded(found) == []


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", ""),
        ("- 1", ""),
        ("limits: [", ""),
        ("limits: 5", "limits"),
        ("limits: []", "limits"),
        ("limits: [{id: A, portfolio: ALL, measure: var, limit: 1000}]\nlimit: 3", "limit"),
        ("limits: 1\nlimits: 2", ""),
        ("!!python/object/apply:os.system [id]", ""),
        (BOMB, ""),
        ("#" * 1_000_000, ""),
        (b"\xff\xfe\x00limits", ""),
        (LIMITS + LIMITS.removeprefix("limits:\n"), ""),
        ("limits: [{id: A, portfolio: ALL, measure: var, limit: -1}]", "limits.0.var.limit"),
    ],
)
def test_a_file_that_cannot_be_used_leaves_the_shipped_one_in_force(tmp_path, text, field):
    found = desk(tmp_path, limits=text)
    assert found.limits == shipped(Limits)
    assert field in {row[2] for row in excluded(found)}
    assert {row[:2] for row in excluded(found)} == {("ALL", "desk/limits.yaml")}
    assert found.excluded["reason"].str.contains("the shipped file is used").any()


@pytest.mark.parametrize(
    ("entry", "field", "value"),
    [
        ("{id: B, portfolio: ALL, measure: luck, limit: 1}", "limits.1.measure", "luck"),
        ("{id: B, portfolio: ALL, limit: 1}", "limits.1.measure", ""),
        ("{id: B, portfolio: ALL, measure: var, limit: -5}", "limits.1.var.limit", "-5"),
        ("{id: B, portfolio: ALL, measure: var, limit: 0}", "limits.1.var.limit", "0"),
        ("{id: B, portfolio: ALL, measure: var, limit: .nan}", "limits.1.var.limit", ".nan"),
        ("{id: B, portfolio: ALL, measure: var, limit: 1e9}", "limits.1.var.limit", "1e9"),
        ("{id: B, portfolio: ALL, measure: var, confidence: 0.5, limit: 1}", "limits.1.var.confidence", "0.5"),
        ("{id: B, portfolio: ALL, measure: var, horizon_days: 5, limit: 1}", "limits.1.var.horizon_days", "5"),
        ("{id: B, portfolio: ALL, measure: var, limit: 1, note: x}", "limits.1.var.note", "x"),
        ("{id: B, portfolio: ALL, measure: concentration, limit: 1.5}", "limits.1.concentration.limit", "1.5"),
        (
            "{id: B, portfolio: ALL, measure: net_quantity, instrument: XX, unit: t, limit: 1}",
            "limits.1.net_quantity.instrument",
            "XX",
        ),
        ("{id: B, portfolio: ALL, measure: net_quantity, instrument: CU, unit: lb, limit: 1}", "limits.1.net_quantity", "dict"),
        ("just words", "limits.1", "just words"),
    ],
)
def test_an_entry_that_cannot_be_used_is_named_and_the_others_stay(tmp_path, entry, field, value):
    found = desk(tmp_path, limits=f"{LIMITS}  - {entry}\n")
    assert [limit.id for limit in found.limits.limits] == ["A"]
    assert excluded(found) == [("ALL", "desk/limits.yaml", field, value)]
    assert found.excluded["reason"][0].endswith("left out")


def test_a_misspelt_name_does_not_go_unnoticed(tmp_path):
    found = desk(tmp_path, limit=LIMITS)
    assert found.limits == shipped(Limits)
    assert excluded(found) == [("ALL", "desk/limit.yaml", "", "limit.yaml")]


def test_a_link_out_of_the_landing_is_not_followed(tmp_path):
    landing = tmp_path / "landing"
    (landing / "desk").mkdir(parents=True)
    (tmp_path / "secret.yaml").write_text(LIMITS)
    (landing / "desk" / "limits.yaml").symlink_to(tmp_path / "secret.yaml")
    found = read_desk(landing, NIGHT)
    assert found.limits == shipped(Limits)
    assert [row[1] for row in excluded(found)] == ["desk/limits.yaml"]


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path):
    (tmp_path / "desk" / "margins.yaml").mkdir(parents=True)
    assert [row[1] for row in excluded(read_desk(tmp_path, NIGHT))] == ["desk/margins.yaml"]


def test_the_reader_of_market_data_passes_over_the_folder_of_the_desk(tmp_path):
    copper = lines(LME_HEADER, "2024-01-02,8430.5,8534.0,167825.0")
    landing = read(tmp_path, {"desk/limits.yaml": LIMITS, "desk/scenarios.yaml": "::", "lme/copper.csv": copper})
    assert landing.faults.is_empty()
    assert landing.notices == ()
    assert rows(landing, "market.prices").height == 2
    assert "desk/limits.yaml" in {file for file, _, _ in landing.files}


@pytest.mark.parametrize("name", MODELS)
def test_the_published_schema_is_that_of_the_model(name):
    published = (PROJECT / "docs" / "schemas" / f"{name}.json").read_text()
    assert published == schema_text(MODELS[name]), "write openmineral_dagster.risk.desk.schema_text there"
    assert json.loads(published)["additionalProperties"] is False


def test_every_measure_is_named_in_the_schema_and_in_the_shipped_file_or_its_comments():
    tags = json.loads(schema_text(Limits))["properties"]["limits"]["items"]["discriminator"]["mapping"]
    assert set(tags) == set(MEASURE_NAMES)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_no_text_does_more_than_be_refused(text):
    for model in MODELS.values():
        try:
            parse(text, "desk/x.yaml", model)
        except BadInput as fault:
            assert "\n" not in str(fault)
