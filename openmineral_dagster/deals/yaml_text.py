"""YAML files people write into plain mappings of strings: no types guessed, no tags, no repeated keys, no bombs."""

from typing import Any

import yaml
from pydantic_core import ErrorDetails

from openmineral_dagster.reference.errors import BadInput

LARGEST_FILE = 256 * 1024
MOST_NODES = 20_000
DEEPEST = 32


class _StringLoader(yaml.CBaseLoader):
    """Every scalar is a string: NO stays a country, on stays a word, 9850.00 keeps its cents."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        repeated = {key for key in keys if keys.count(key) > 1}
        if repeated or len(keys) != len(node.value):
            raise yaml.constructor.ConstructorError(
                None, None, f"plain keys, each once; {', '.join(sorted(repeated))}", node.start_mark
            )
        return super().construct_mapping(node, deep=deep)


def read_mapping(text: str, file: str, keys: str = "deal_id, traded_on, material and legs") -> dict[str, Any]:
    """The mapping a YAML text holds, all scalars as strings.

    Args:
        keys: what the mapping should hold, for the message.

    Raises:
        BadInput: not YAML, not a mapping, repeated keys, or larger than such a file can be, aliases expanded.
    """
    if len(text) > LARGEST_FILE:
        raise BadInput(file, "", f"{len(text):,} characters", f"a file of at most {LARGEST_FILE:,} characters")
    try:
        if _depth(text) > DEEPEST:
            raise BadInput(file, "", "deeper nesting", f"at most {DEEPEST} levels")
        content = yaml.load(text, Loader=_StringLoader)  # noqa: S506 a base loader: strings, lists and mappings only
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BadInput(file, "", _place(error), "valid YAML with each key once") from error
    if not isinstance(content, dict):
        raise BadInput(file, "", type(content).__name__, f"a mapping with {keys}")
    if _nodes(content, 0) > MOST_NODES:
        raise BadInput(file, "", "aliases that expand without end", f"a file of at most {MOST_NODES:,} values")
    return content


def _depth(text: str) -> int:
    """How deep a text nests, told before it is composed: that recurses in C, where too deep a text ends the process."""
    depth = deepest = 0
    for event in yaml.parse(text, Loader=yaml.CBaseLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        deepest = max(deepest, depth)
        if deepest > DEEPEST:
            break
    return deepest


def bad_input(file: str, fault: ErrorDetails) -> BadInput:
    """A field that is not as a model expects, in the words of the house."""
    found = fault["input"] if isinstance(fault["input"], str) else type(fault["input"]).__name__
    return BadInput(file, ".".join(map(str, fault["loc"])), found, _expectation(fault["type"], fault["msg"]))


def _expectation(kind: str, message: str) -> str:
    """Pydantic's words as an expectation."""
    known = {"missing": "a value", "extra_forbidden": "no such key (unknown keys are refused)"}
    return known.get(kind, message.removeprefix("Value error, ").removeprefix("Input should be "))


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or type(error).__name__
    return f"{problem} in line {mark.line + 1}" if mark else str(problem)


def _nodes(value: Any, counted: int) -> int:
    """Values in the expanded tree; stops counting once there are too many."""
    counted += 1
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        if counted > MOST_NODES:
            return counted
        counted = _nodes(child, counted)
    return counted
