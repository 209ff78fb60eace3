"""Names against the sanctions lists: the likest entry of each list, what it means, and whether the lists may pass anything."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal

import polars as pl

from openmineral_dagster.compliance.countries import iso_code, iso_codes
from openmineral_dagster.compliance.freshness import ListState, list_states
from openmineral_dagster.compliance.matching import SHORT_NAME, NameIndex, Scored, Words
from openmineral_dagster.compliance.names import ENTITY_TYPES, EntityType, display, spellings
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.sources.sanctions import ListName, Lists

Outcome = Literal["pass", "review", "block"]
SEVERITY: dict[Outcome, int] = {"pass": 0, "review": 1, "block": 2}
REVIEW_SCORE = 0.85
HIGH_SCORE = 0.92


@dataclass(frozen=True)
class Match:
    """The entry of one list that a name is likest to.

    Attributes:
        score: likeness in [0, 1].
        outcome: what the name alone leads to: pass below 0.85.
        reason: why, in words.
        shared: words both names have, rarest first.
    """

    list: ListName
    uid: str
    name: str
    entity_type: str
    alias_kind: str
    programme: str | None
    country: str | None
    imo: str | None
    score: float
    outcome: Outcome
    reason: str
    shared: Words

    @property
    def hit(self) -> bool:
        """Whether the name matches, by the name alone."""
        return self.outcome != "pass"


@dataclass(frozen=True)
class ScreenResult:
    """The answer to one name.

    Attributes:
        hit: whether the name matches a list entry, by the name alone.
        score: likeness of the likest entry, in [0, 1].
        matched: the entry's name; None without a hit.
        list: its list; None without a hit.
        list_version: the matched list with its date and SHA-256, else every list with its date.
        outcome: the worse of what the name and what the lists' freshness lead to.
        reason: one line of words.
    """

    hit: bool
    score: float
    matched: str | None
    list: ListName | None
    list_version: str
    outcome: Outcome
    reason: str

    def as_json(self) -> str:
        """One JSON object on one line with exactly the attributes above."""
        return json.dumps(asdict(self), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True)
class _Query:
    """What is asked, with its name in every form it is compared in."""

    forms: tuple[Words, ...]
    entity_type: EntityType | None
    country: str | None
    imo: str | None

    @property
    def short(self) -> bool:
        return any(len(form) == 1 or len("".join(form)) <= SHORT_NAME for form in self.forms)


class _Book:
    """The entries of the list copies one night knew, indexed by name and by ship number."""

    def __init__(self, entries: pl.DataFrame) -> None:
        self.entries = entries
        rows: dict[Words, list[int]] = {}
        for position, (name, kind) in enumerate(entries.select("name", "entity_type").iter_rows()):
            for form in _forms_or_none(name, kind):
                rows.setdefault(form, []).append(position)
        self.index = NameIndex(list(rows))
        self.rows = list(rows.values())
        ships = entries.with_row_index().filter(pl.col("imo").is_not_null()).select("imo", "index")
        self.by_imo = {imo: int(position) for imo, position in ships.unique("imo", keep="first", maintain_order=True).iter_rows()}


def _forms_or_none(name: str, entity_type: EntityType) -> tuple[Words, ...]:
    """The spellings of a listed name; none where it holds no letters, so that nobody can be compared with it."""
    try:
        return spellings(name, entity_type)
    except BadInput:
        return ()


class Screener:
    """Screens names against lists read once. The index of the copies a night knew is built on its first name and kept."""

    def __init__(self, lists: Lists) -> None:
        """Screen against `lists`, as `sources.sanctions.read_lists` gives them."""
        self._lists = lists
        self._books: dict[tuple[str, ...], _Book] = {}

    def states(self, as_of: date) -> tuple[ListState, ...]:
        """The four required lists as the night of `as_of` knew them."""
        return list_states(self._lists.versions, as_of)

    def screen(
        self,
        name: str,
        entity_type: EntityType | None = None,
        country: str | None = None,
        *,
        as_of: date,
        imo: str | None = None,
    ) -> ScreenResult:
        """The worst match of `name` over all lists the night of `as_of` knew, and what it leads to.

        Args:
            country: ISO code or name of the party's country.
            imo: seven-digit ship number.

        Raises:
            BadInput: the name holds no letter or digit or is longer than 500 characters, or the type, country or ship
                number is none.
        """
        states = self.states(as_of)
        matches = self.matches(name, entity_type, country, as_of=as_of, imo=imo)
        worst = max(matches.values(), key=_rank, default=None)
        outcome: Outcome = worst.outcome if worst else "pass"
        problems = [state.problem for state in states if state.problem]
        versions = "; ".join(state.label for state in states)
        reasons = [worst.reason if worst and worst.hit else "no listed name is alike", *problems]
        if worst and worst.hit:
            versions = next(
                f"{state.label} sha256 {state.version.sha256[:12]}"
                for state in states
                if state.version and state.list == worst.list
            )
        return ScreenResult(
            hit=bool(worst and worst.hit),
            score=worst.score if worst else 0.0,
            matched=display(worst.name) if worst and worst.hit else None,
            list=worst.list if worst and worst.hit else None,
            list_version=versions,
            outcome=worse(outcome, "review" if problems else "pass"),
            reason="; ".join(reasons),
        )

    def matches(
        self,
        name: str,
        entity_type: EntityType | None = None,
        country: str | None = None,
        *,
        as_of: date,
        imo: str | None = None,
    ) -> dict[ListName, Match]:
        """The worst match of `name` in each list the night knew, by list; arguments and errors as `screen`."""
        query = _query(name, entity_type, country, imo)
        book = self._book(as_of)
        found: dict[ListName, Match] = {}
        for row, scored in _rows_alike(book, query):
            match = _match(book.entries.row(row, named=True), scored, query)
            held = found.get(match.list)
            if held is None or _rank(match) > _rank(held):
                found[match.list] = match
        return found

    def _book(self, as_of: date) -> _Book:
        known = tuple(state.version.sha256 for state in self.states(as_of) if state.version)
        if known not in self._books:
            self._books[known] = _Book(self._lists.entries.filter(pl.col("version").is_in(known)))
        return self._books[known]


def screen_names(screener: Screener, rows: Iterable[Mapping[str, str | None]], as_of: date) -> Iterator[ScreenResult]:
    """The answer to each row's `name`, with its `type` and `country` where given, in order.

    A row that cannot be screened is answered with a review that says why, so that one bad row stops no batch.
    """
    for row in rows:
        try:
            kind = (row.get("type") or "").strip().lower() or None
            yield screener.screen(row.get("name") or "", kind, (row.get("country") or "").strip() or None, as_of=as_of)  # type: ignore[arg-type]
        except BadInput as error:
            versions = "; ".join(state.label for state in screener.states(as_of))
            yield ScreenResult(False, 0.0, None, None, versions, "review", f"cannot be screened: {error}")


def worse(*outcomes: Outcome) -> Outcome:
    """The worst of `outcomes`: block before review before pass."""
    return max(outcomes, key=SEVERITY.__getitem__)


def valid_imo(number: str) -> bool:
    """Whether `number` is a ship number: seven digits, the last the check digit of the first six (weights 7 to 2)."""
    if len(number) != 7 or not (number.isascii() and number.isdigit()):
        return False
    return sum(int(digit) * weight for digit, weight in zip(number, range(7, 1, -1), strict=False)) % 10 == int(number[6])


def _query(name: str, entity_type: EntityType | None, country: str | None, imo: str | None) -> _Query:
    if entity_type is not None and entity_type not in ENTITY_TYPES:
        raise BadInput("type", "", display(entity_type), "person, entity or vessel")
    if country is not None and iso_code(country) is None:
        raise BadInput("country", "", display(country), "an ISO country code or a country's name")
    if imo is not None and not valid_imo(imo):
        raise BadInput("imo", "", display(imo), "a ship number of seven digits with its check digit")
    return _Query(spellings(name, entity_type), entity_type, iso_code(country), imo)


def _rows_alike(book: _Book, query: _Query) -> Iterator[tuple[int, Scored | None]]:
    """Rows of entries worth judging with their likeness; None where the ship number is the same."""
    if query.imo in book.by_imo:
        yield book.by_imo[query.imo], None
    best: dict[int, Scored] = {}
    for form in query.forms:
        for scored in book.index.alike(form):
            for row in book.rows[scored.name]:
                held = best.get(row)
                if held is None or (scored.equal, scored.score) > (held.equal, held.score):
                    best[row] = scored
    yield from best.items()


def _match(entry: dict[str, str | None], scored: Scored | None, query: _Query) -> Match:
    score = 1.0 if scored is None else round(scored.score, 4)
    outcome, why = ("block", "has the ship number of") if scored is None else _judge(entry, scored, query)
    reason = f"{why} the {entry['alias_kind']} name {display(entry['name'] or '')} of {entry['list']} {entry['uid']}"
    shared = scored.shared if scored else ()
    if shared:
        reason += f" (shared words: {', '.join(shared)[:120]})"
    fields = {name: value for name, value in entry.items() if name != "version"}
    return Match(**fields, score=score, outcome=outcome, reason=reason, shared=shared)  # type: ignore[arg-type]


def _judge(entry: dict[str, str | None], scored: Scored, query: _Query) -> tuple[Outcome, str]:
    """What a likeness means, and the words for it."""
    if scored.equal:
        doubt = _contradiction(entry, query)
        if entry["alias_kind"] == "weak":
            return "review", "equals"
        return ("review", f"{doubt}, yet equals") if doubt else ("block", "equals")
    if round(scored.score, 4) >= HIGH_SCORE:
        return "review", "is very like"
    if round(scored.score, 4) >= REVIEW_SCORE:
        return "review", "is like"
    return "pass", "is unlike"


def _contradiction(entry: dict[str, str | None], query: _Query) -> str:
    """What speaks against an equal name being the same party: enough to ask a person, never enough to pass."""
    if query.entity_type and query.entity_type != entry["entity_type"]:
        return f"is a {query.entity_type}, not a {entry['entity_type']}"
    if query.imo and entry["imo"] and query.imo != entry["imo"]:
        return f"has ship number {query.imo}, not {entry['imo']}"
    listed = iso_codes(entry["country"])
    if query.short and query.country and listed and query.country not in listed:
        return f"is short and of {query.country}, not {' or '.join(sorted(listed))}"
    return ""


def _rank(match: Match) -> tuple[int, float, bool, str, str]:
    return SEVERITY[match.outcome], match.score, match.alias_kind == "primary", match.uid, match.name
