"""The published schema is the models' own, and says of a file what they say."""

import json
import re

import pytest

from openmineral_dagster.deals.schema import deal_schema
from openmineral_dagster.deals.yaml_text import read_mapping
from openmineral_dagster.lake.root import PROJECT, SAMPLE_LANDING
from openmineral_dagster_tests.conftest import SHARED
from openmineral_dagster_tests.deals.texts import CATHODE, CONCENTRATE, OPEN

SCHEMA = json.loads(deal_schema())
FILES = [*sorted((SAMPLE_LANDING / "deals").glob("*.yaml")), *sorted((SHARED / "golden" / "deals").glob("*.yaml"))]


def fits(value, schema):
    """Whether a value read as strings fits, for the few keywords the schema uses."""
    if "$ref" in schema:
        return fits(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return any(fits(value, choice) for choice in schema["anyOf"])
    if isinstance(value, dict):
        return schema.get("type") == "object" and fits_object(value, schema)
    if isinstance(value, list):
        return schema.get("type") == "array" and all(fits(item, schema["items"]) for item in value)
    return schema.get("type") == "string" and fits_text(value, schema)


def fits_object(value, schema):
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    if set(schema.get("required", [])) - set(value):
        return False
    for key, item in value.items():
        rules = [rule for pattern, rule in patterns.items() if re.search(pattern, key)]
        rule = named.get(key) or next(iter(rules), schema.get("additionalProperties", True))
        if not fits_text(key, schema.get("propertyNames", {})) or rule is False or (rule is not True and not fits(item, rule)):
            return False
    return True


def fits_text(value, schema):
    return value in schema.get("enum", [value]) and re.search(schema.get("pattern", ""), value) is not None


def test_the_published_file_is_the_schema_of_the_models():
    assert (PROJECT / "docs" / "deal.schema.json").read_text() == deal_schema()


@pytest.mark.parametrize("text", [CATHODE, CONCENTRATE, OPEN, *(file.read_text() for file in FILES)])
def test_every_deal_there_is_fits(text):
    assert fits(read_mapping(text, "x"), SCHEMA)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("incoterm: DAP", "incoterm: DAPP"),
        ("incoterm: DAP", "incotrem: DAP"),
        ('fixed_usd: "9000"', 'fixed_usd: "9,000"'),
        ("pricing: {copper: {fixed", "pricing: {coppper: {fixed"),
        ("material: refined\n", ""),
    ],
)
def test_a_mistake_does_not_fit(old, new):
    assert old in CATHODE
    assert not fits(read_mapping(CATHODE.replace(old, new), "x"), SCHEMA)


def test_bounds_are_kept_for_numbers_without_quotes():
    percent = SCHEMA["$defs"]["Quantity"]["properties"]["moisture_pct"]["anyOf"][0]
    assert percent == {"type": "number", "minimum": 0, "maximum": 100}
    assert SCHEMA["$defs"]["Quantity"]["properties"]["wmt"]["anyOf"][0] == {"type": "number", "exclusiveMinimum": 0}
