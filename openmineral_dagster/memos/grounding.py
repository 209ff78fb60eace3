"""Grounding: templates that name facts instead of typing figures, their rendering into spans, and the checks of a memo.

A template is Markdown with citations `{{fact_id|format}}`. Its own words print no number, neither in digits nor in
words. Every printed fact becomes one span, or several touching ones where its text is longer than a span may be.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

import polars as pl

from openmineral_dagster.memos.facts import FACT_ID, FRACTION, SOURCES, Fact, GroundingError, Ledger
from openmineral_dagster.memos.formats import BEHIND, LONGEST_SPAN, print_fact, printings
from openmineral_dagster.memos.text import prints_a_number
from openmineral_dagster.memos.wording import refuse_markup, refuse_numbers

_TOKEN = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_MAY_PRECEDE = re.compile(r"[\s(|*]")
_MAY_FOLLOW = re.compile(r"[\s).,;:|*?]")
_SIGN_BEFORE = re.compile(r"\S.*[-+\u2010-\u2015\u2212\u00b1]\s*$")


@dataclass(frozen=True)
class Citation:
    """A named fact in a template and the format it is printed in."""

    fact_id: str
    format: str

    def __str__(self) -> str:
        return self.fact_id


@dataclass(frozen=True)
class Span:
    """One printed piece of a fact: half-open code points of the memo, at most 32 of them."""

    start: int
    end: int
    value: str
    fact: Fact


Part = str | Citation


def parse(template: str) -> list[Part]:
    """The words and citations of a template, in order.

    Raises:
        GroundingError: malformed braces, a citation glued to a letter, sign or other citation, words that print
            a number in digits or words, markup that only outside text would need, or letters outside a to z.
    """
    parts: list[Part] = []
    at = 0
    for found in _TOKEN.finditer(template):
        parts += [_words(template[at : found.start()]), _citation(found.group(1))]
        at = found.end()
    parts.append(_words(template[at:]))
    _refuse_glue(parts)
    words = " ".join(part for part in parts if isinstance(part, str))
    refuse_numbers(words)
    refuse_markup(words)
    return parts


def _words(text: str) -> str:
    if "{" in text or "}" in text:
        raise GroundingError(f"malformed braces near {text.strip()[-40:]!r}")
    return text


def _citation(inner: str) -> Citation:
    fact_id, bar, name = inner.partition("|")
    if not bar or not FACT_ID.fullmatch(fact_id) or not re.fullmatch(r"[a-z0-9_]+", name):
        raise GroundingError(f"malformed citation {inner[:60]!r}: expected fact_id|format")
    return Citation(fact_id, name)


def _refuse_glue(parts: Sequence[Part]) -> None:
    """A sign, letter or other figure that touches a citation would change what its figure says."""
    for at in range(1, len(parts), 2):
        before, named, after = str(parts[at - 1]), parts[at], str(parts[at + 1])
        starts, ends = at == 1 and not before, at == len(parts) - 2 and not after
        if not (starts or _MAY_PRECEDE.match(before[-1:])) or _SIGN_BEFORE.search(before.rpartition("\n")[2]):
            raise GroundingError(f"{before[-8:]!r} before {named} would change its figure")
        if not (ends or _MAY_FOLLOW.match(after[:1])):
            raise GroundingError(f"{after[:8]!r} after {named} would change its figure")


def render(template: str, ledger: Ledger) -> tuple[str, list[Span]]:
    """The memo's Markdown and its spans, in order.

    Raises:
        GroundingError: the template is refused, names an unknown fact or a format not meant for it, or, on the second
            and independent look at the result, a digit lies outside every span.
    """
    markdown, spans = "", []
    for part in parse(template):
        if isinstance(part, str):
            markdown += part
            continue
        fact = ledger.lookup(part.fact_id)
        for piece in _pieces(print_fact(fact.value, fact.unit, part.format)):
            spans.append(Span(len(markdown), len(markdown) + len(piece), piece, fact))
            markdown += piece
        markdown += BEHIND.get(fact.unit or "", "")
    faults = _placement_faults(markdown, [(span.start, span.end, span.value) for span in spans])
    if faults:
        raise GroundingError("; ".join(faults))
    return markdown, spans


def _pieces(printed: str) -> Iterator[str]:
    """A printed fact in the fewest pieces a span can hold; they touch, so that together they are the fact again."""
    return (printed[at : at + LONGEST_SPAN] for at in range(0, len(printed), LONGEST_SPAN))


def _placement_faults(markdown: str, spans: Sequence[tuple[int, int, str]]) -> list[str]:
    """Which spans do not say what the memo says, overlap or are too long, and which digits lie in none."""
    found, covered = [], [0] * len(markdown)
    for start, end, value in spans:
        if not 0 <= start < end <= len(markdown) or end - start > LONGEST_SPAN:
            found.append(f"span {start} to {end} is empty, too long or outside the memo")
        elif markdown[start:end] != value:
            found.append(f"span {start} to {end} reads {markdown[start:end]!r}, not {value!r}")
        for position in range(max(start, 0), min(end, len(markdown))):
            covered[position] += 1
    if any(count > 1 for count in covered):
        found.append("spans overlap")
    bare = [at for at, character in enumerate(markdown) if not covered[at] and prints_a_number(character)]
    return found + [f"digit {markdown[at]!r} at {at} lies in no span" for at in bare[:5]]


def check_figures(memo_markdown: str, figures: pl.DataFrame) -> list[str]:
    """What is wrong with a memo's figures, a line each; empty when every digit can be followed to a row.

    Args:
        figures: the `memos.figures` of this memo.

    Checked: spans as the contract has them, every digit in exactly one, the printed number against `value_num` at its
    printed precision, the unit behind it, and that table, column and row keys are those of the contract.
    """
    rows = list(figures.iter_rows(named=True))
    found = _placement_faults(memo_markdown, [(row["span_start"], row["span_end"], row["value"]) for row in rows])
    for row in rows:
        found += [f"{row['fact_id']}: {fault}" for fault in (*_number_faults(memo_markdown, row), *_source_faults(row))]
    return found


def _number_faults(markdown: str, row: Mapping[str, Any]) -> Iterator[str]:
    number, unit, behind = row["value_num"], row["unit"], markdown[row["span_end"] :]
    if number is None:
        return
    printed = _read(row["value"], unit)
    if printed is None:
        yield f"{row['value']!r} does not read as a number"
    elif abs(printed[0] - Decimal(repr(number))) > printed[1] / 2 + Decimal("1e-12"):
        yield f"prints {row['value']} for {number}"
    if unit in BEHIND and not re.match(re.escape(BEHIND[unit]) + r"(?![\w/])", behind):
        yield f"{row['value']} does not stand before its unit {unit}"


def _read(printed: str, unit: object) -> tuple[Decimal, Decimal] | None:
    """A printed number in the fact's own unit, and the size of its last printed place."""
    try:
        value = Decimal(printed.removesuffix("%").replace(",", ""))
    except InvalidOperation:
        return None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        return None
    scale = Decimal("0.01") if unit == FRACTION and printed.endswith("%") else Decimal(1)
    return value * scale, Decimal(1).scaleb(exponent) * scale


def _source_faults(row: Mapping[str, Any]) -> Iterator[str]:
    source = SOURCES.get(row["source_table"])
    if source is None:
        yield f"no table {row['source_table']!r}"
        return
    if row["source_column"] not in source.table.dtypes:
        yield f"{source.name} has no column {row['source_column']!r}"
    if _keys(row["source_row"]) != set(source.key):
        yield f"{source.name} is not selected by {row['source_row']}"


def _keys(source_row: str) -> set[str]:
    """The key columns a source row names; none where it is not a JSON object."""
    try:
        found = json.loads(source_row)
    except json.JSONDecodeError:
        return set()
    return set(found) if isinstance(found, dict) else set()


Select = Callable[[str, str, dict[str, Any]], object]


def reselect(figures: pl.DataFrame, select: Select) -> list[str]:
    """Follow every figure to its row; a line for each that no longer prints what the row holds.

    Args:
        figures: `memos.figures` of one memo.
        select: the value of (table, column, key columns of one row), or None where there is no such row.
    """
    found = []
    for value, row in _printed_facts(figures):
        held = select(row["source_table"], row["source_column"], json.loads(row["source_row"]))
        where = f"{row['fact_id']} ({row['source_table']}.{row['source_column']})"
        if held is None:
            found.append(f"{where}: no such value")
        elif value not in _printings(held, row["unit"]):
            found.append(f"{where}: the memo prints {value!r}, the row holds {str(held)[:60]!r}")
    return found


def _printings(held: object, unit: str | None) -> set[str]:
    """Every way the memo may print what a row holds; none for a number that cannot be printed."""
    try:
        return printings(held, unit)
    except GroundingError:
        return set()


def _printed_facts(figures: pl.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
    """Printed text and figure of each fact as it was printed, touching pieces put together again."""
    rows = figures.sort("span_start").rows(named=True)
    starts = [0] + [at for at, (one, next_one) in enumerate(pairwise(rows), 1) if not _touch(one, next_one)] if rows else []
    for start, end in pairwise([*starts, len(rows)]):
        yield "".join(row["value"] for row in rows[start:end]), rows[start]


def _touch(one: Mapping[str, Any], next_one: Mapping[str, Any]) -> bool:
    return one["span_end"] == next_one["span_start"] and one["fact_id"] == next_one["fact_id"]
