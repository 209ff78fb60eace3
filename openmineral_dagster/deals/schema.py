"""The JSON schema of deal files, for editors: what the models accept, as an author writes it in YAML.

Scalars are read as they are written, so a number may stand quoted or not; what is not known is left out, never null.
"""

import json
from typing import Any

from openmineral_dagster.deals.terms import Deal

DIALECT = "https://json-schema.org/draft/2020-12/schema"
QUOTED = {
    "number": {"type": "string", "pattern": r"^-?\d{1,15}(\.\d{1,12})?$"},
    "integer": {"type": "string", "pattern": r"^\d{1,15}$"},
    "boolean": {"type": "string", "enum": ["true", "false"]},
}
"""How a value of each type looks in quotes."""
BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum"}
Node = dict[str, Any]


def deal_schema() -> str:
    """The schema as JSON text."""
    schema = _as_written(Deal.model_json_schema())
    return json.dumps({"$schema": DIALECT, **schema, "title": "Deal file of OpenMineral"}, indent=1, ensure_ascii=False) + "\n"


def _as_written(node: Any) -> Any:
    """A schema of parsed values as one of what stands in the file."""
    if isinstance(node, list):
        return [_as_written(item) for item in node]
    if not isinstance(node, dict):
        return node
    stated = _without_null({key: value for key, value in node.items() if key != "title" or isinstance(value, dict)})
    kind = _kind(stated)
    if kind in QUOTED:
        return _unquoted_or_quoted(stated, kind)
    closed = {"additionalProperties": False} if "patternProperties" in stated else {}
    return {key: _as_written(value) for key, value in stated.items()} | closed


def _without_null(node: Node) -> Node:
    """A field that may be left out: nothing stands for it, not even null."""
    choices = [choice for choice in node.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == len(node.get("anyOf", [])):
        return node
    rest = {key: value for key, value in node.items() if key not in ("anyOf", "default")}
    return {**rest, **(choices[0] if len(choices) == 1 else {"anyOf": choices})}


def _kind(node: Node) -> str:
    """The type of a value; "number" for decimals, which pydantic calls a number or a string."""
    kinds = [choice.get("type") for choice in node.get("anyOf", [])]
    return "number" if kinds == ["number", "string"] else str(node.get("type", ""))


def _unquoted_or_quoted(node: Node, kind: str) -> Node:
    """A value with its bounds, or the same in quotes."""
    bounds = {BOUNDS[key]: value for key, value in node.items() if key in BOUNDS}
    rest = {key: value for key, value in node.items() if key not in ("anyOf", "type", *BOUNDS)}
    return {**rest, "anyOf": [{"type": kind, **bounds}, QUOTED[kind]]}
