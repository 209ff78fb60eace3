"""What the rules say of one deal: every rule of the catalogue in force, a finding for everyone and everything it judges."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

import polars as pl

from openmineral_dagster.compliance.catalogue import EMBARGOED_COUNTRIES, EMBARGOED_PLACES, LIST_OF_RULE, RULES, Rule
from openmineral_dagster.compliance.countries import iso_code
from openmineral_dagster.compliance.freshness import ListState
from openmineral_dagster.compliance.names import EntityType, display, tokens
from openmineral_dagster.compliance.screening import SEVERITY, Outcome, Screener, worse
from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import FINDINGS
from openmineral_dagster.reference.errors import BadInput

# Grams a tonne and parts per million are the same number.
PERCENT_OF_UNIT = {"pct": Decimal(1), "ppm": Decimal("0.0001"), "gpt": Decimal("0.0001")}
NEAR_LIMIT = Decimal("0.9")


@dataclass(frozen=True)
class Party:
    """Somebody on a deal.

    Attributes:
        role: buyer, seller, bank, owner, ... as the deal has it.
        country: ISO code or name; None where the deal does not say.
        entity_type: person, entity or vessel; None where it is not known.
    """

    name: str
    role: str
    country: str | None
    entity_type: EntityType | None = None


@dataclass(frozen=True)
class Vessel:
    """The ship of a deal, with its seven-digit ship number where the deal has it."""

    name: str
    imo: str | None = None


@dataclass(frozen=True)
class DealFacts:
    """What the rules read of a deal; None where the deal does not say.

    Attributes:
        origin, destination: ISO code or name of a country.
        load_port, discharge_port: names of ports or places.
        material: as deal files have it, such as copper_concentrate.
        assay: element and unit to a decimal number, as deal files have it: as_pct, f_ppm, au_gpt.
    """

    deal_id: str
    parties: tuple[Party, ...]
    origin: str | None
    load_port: str | None
    discharge_port: str | None
    destination: str | None
    material: str | None
    assay: Mapping[str, str | Decimal | float | None]
    vessel: Vessel | None = None


@dataclass(frozen=True)
class _Finding:
    subject: str
    outcome: Outcome
    reason: str
    evidence: Mapping[str, object]
    score: float | None = None
    list_version: str | None = None


@dataclass(frozen=True)
class _Night:
    """What every rule may ask: the deal, the screener and the night."""

    deal: DealFacts
    screener: Screener
    as_of: date


def evaluate(deal: DealFacts, screener: Screener, as_of: date) -> pl.DataFrame:
    """`compliance.findings` of one deal on the night of `as_of`, a row a rule and subject.

    A missing input, or a rule that nobody has verified in 180 days, leads to review. Where a rule judges the same subject
    twice, the worse finding stays.
    """
    night = _Night(deal, screener, as_of)
    rows: dict[tuple[str, str], dict[str, object]] = {}
    for rule in RULES:
        for finding in EVALUATORS[rule.id](rule, night) if rule.in_force(as_of) else ():
            row = _row(rule, finding, night)
            key = (rule.id, finding.subject)
            if key not in rows or SEVERITY[row["outcome"]] > SEVERITY[rows[key]["outcome"]]:  # type: ignore[index]
                rows[key] = row
    return require_valid(pl.DataFrame(list(rows.values()), schema=FINDINGS.dtypes), FINDINGS)


def overall(findings: pl.DataFrame) -> Outcome:
    """The worst outcome of `findings`; review where there are none, for then nothing was judged."""
    return worse(*findings["outcome"].to_list()) if findings.height else "review"


def _row(rule: Rule, finding: _Finding, night: _Night) -> dict[str, object]:
    expired = rule.expired(night.as_of)
    lapse = f"; the rule was last verified on {rule.last_verified}, more than 180 days before" if expired else ""
    evidence = {"rule_version": rule.version, "source": rule.source, **finding.evidence}
    return {
        "deal_id": night.deal.deal_id,
        "as_of_date": night.as_of,
        "rule_id": rule.id,
        "subject": finding.subject,
        "outcome": worse(finding.outcome, "review") if expired else finding.outcome,
        "score": finding.score,
        "reason": finding.reason + lapse,
        "evidence": json.dumps(evidence, ensure_ascii=False, allow_nan=False, default=str),
        "list_version": finding.list_version,
    }


def _screened(rule: Rule, night: _Night) -> Iterator[_Finding]:
    """SAN-01 to SAN-04: everyone on the deal against one list."""
    state = next(state for state in night.screener.states(night.as_of) if state.list == LIST_OF_RULE[rule.id])
    if not night.deal.parties:
        yield _Finding("parties", "review", "the deal names no party", {}, list_version=state.label)
    for party in night.deal.parties:
        yield _party_finding(state, night, party, None)
    if vessel := night.deal.vessel:
        yield _party_finding(state, night, Party(vessel.name, "vessel", None, "vessel"), vessel.imo)


def _party_finding(state: ListState, night: _Night, party: Party, imo: str | None) -> _Finding:
    subject = display(party.name) or "unnamed party"
    asked: dict[str, object] = {"role": party.role, "country": display(party.country) if party.country else None}
    try:
        # A country nobody knows is SAN-05's finding; here it only corroborates.
        country = iso_code(party.country)
        matches = night.screener.matches(party.name, party.entity_type, country, as_of=night.as_of, imo=imo)
    except BadInput as error:
        return _Finding(subject, "review", f"cannot be screened: {error}", asked, list_version=state.label)
    match = matches.get(state.list)
    outcome = worse(match.outcome if match else "pass", "review" if state.problem else "pass")
    answer = (
        match.reason if match and match.hit else f"no name on the {state.list} list is alike" if state.version else "not screened"
    )
    if match and match.hit:
        names = ("list", "uid", "name", "alias_kind", "entity_type", "programme", "country", "imo", "shared")
        asked["entry"] = {name: getattr(match, name) for name in names}
    if state.version:
        asked["list_sha256"] = state.version.sha256
    score = match.score if match else 0.0 if state.version else None
    return _Finding(subject, outcome, "; ".join(filter(None, (answer, state.problem))), asked, score, state.label)


def _embargoed(rule: Rule, night: _Night) -> Iterator[_Finding]:
    """SAN-05: where the goods and the parties are."""
    deal = night.deal
    for subject, country in (("origin", deal.origin), ("destination", deal.destination)):
        yield _country_finding(subject, country)
    for subject, port in (("load_port", deal.load_port), ("discharge_port", deal.discharge_port)):
        yield _port_finding(subject, port)
    for party in deal.parties:
        yield _country_finding(display(party.name) or "unnamed party", party.country)


def _country_finding(subject: str, country: str | None) -> _Finding:
    evidence = {"country": display(country) if country else None}
    if not (country or "").strip():
        return _Finding(subject, "review", "no country is given", evidence)
    shown, code = display(country or ""), iso_code(country)
    place = EMBARGOED_COUNTRIES.get(code or "") or _embargoed_place(country or "")
    if place:
        return _Finding(subject, "block", f"{shown} is under embargo ({place})", evidence)
    if code is None:
        return _Finding(subject, "review", f"{shown} is not a country known by code or name", evidence)
    return _Finding(subject, "pass", f"{code} is not under embargo", evidence)


def _port_finding(subject: str, port: str | None) -> _Finding:
    evidence = {"port": display(port) if port else None}
    if not (port or "").strip():
        return _Finding(subject, "review", "no port is given", evidence)
    place = _embargoed_place(port or "")
    if place:
        return _Finding(subject, "block", f"{display(port or '')} is in {place}, under embargo", evidence)
    return _Finding(subject, "pass", "not known as a place under embargo", evidence)


def _embargoed_place(text: str) -> str | None:
    """The embargoed region or country that `text` names by a place in it, or None."""
    try:
        words = f" {' '.join(tokens(text, 'person'))} "
    except BadInput:
        return None
    return next((region for place, region in EMBARGOED_PLACES.items() if f" {place} " in words), None)


def _copper_into_china(rule: Rule, night: _Night) -> Iterator[_Finding]:
    """CN-CU-01: an element over its limit blocks, from 90 percent of it a person looks, and so does a missing arsenic.

    The other elements are often left out of an assay where they are far from their limits; they are named as not assayed.
    """
    deal = night.deal
    if not deal.material or not deal.destination:
        yield _Finding("assay", "review", "the material or the destination is not given", {})
        return
    if deal.material != "copper_concentrate" or iso_code(deal.destination) != "CN":
        yield _Finding("assay", "pass", "not copper concentrate into China", {"material": deal.material})
        return
    found = [_limit_line(symbol, limit, deal.assay) for symbol, limit in rule.limits.items()]
    if rule.least_copper_pct is not None:
        found.append(_copper_line(rule.least_copper_pct, deal.assay))
    outcome = worse(*(outcome for outcome, _ in found))
    lines = [line for own, line in found if own == outcome] if outcome != "pass" else ["no limit is reached"]
    evidence = {
        "assay_pct": {symbol: _percent(deal.assay, symbol) for symbol in (*rule.limits, "Cu")},
        "limits_pct": dict(rule.limits),
    }
    evidence["not_assayed"] = [symbol for symbol in (*rule.limits, "Cu") if not _given(deal.assay, symbol)]
    yield _Finding("assay", outcome, "; ".join(lines), evidence)


def _limit_line(symbol: str, limit: Decimal, assay: Mapping[str, object]) -> tuple[Outcome, str]:
    value = _percent(assay, symbol)
    if value is None:
        missing: Outcome = "review" if symbol == "As" or _given(assay, symbol) else "pass"
        return missing, f"{symbol} is {'not a number' if _given(assay, symbol) else 'not assayed'}"
    if value > limit:
        return "block", f"{symbol} {value:f} % exceeds {limit} %"
    if value >= NEAR_LIMIT * limit:
        return "review", f"{symbol} {value:f} % is within a tenth of {limit} %"
    return "pass", f"{symbol} {value:f} %"


def _copper_line(least: Decimal, assay: Mapping[str, object]) -> tuple[Outcome, str]:
    value = _percent(assay, "Cu")
    if value is None:
        return ("review", "Cu is not a number") if _given(assay, "Cu") else ("pass", "Cu is not assayed")
    return ("review", f"Cu {value:f} % is below {least} %, no concentrate") if value < least else ("pass", f"Cu {value:f} %")


def _given(assay: Mapping[str, object], symbol: str) -> bool:
    return any(assay.get(f"{symbol.lower()}_{unit}") not in (None, "") for unit in PERCENT_OF_UNIT)


def _percent(assay: Mapping[str, object], symbol: str) -> Decimal | None:
    """The content of an element in percent by weight, or None where it is missing or not a non-negative number."""
    for unit, factor in PERCENT_OF_UNIT.items():
        value = assay.get(f"{symbol.lower()}_{unit}")
        if value in (None, ""):
            continue
        try:
            number = Decimal(str(value).strip())
        except InvalidOperation:
            return None
        return number * factor if number.is_finite() and number >= 0 else None
    return None


def _fresh_lists(rule: Rule, night: _Night) -> Iterator[_Finding]:
    """LIST-FRESH: each required list."""
    for state in night.screener.states(night.as_of):
        held = state.version
        evidence = {"date": held.date, "entries": held.entries, "sha256": held.sha256} if held else {}
        reason = state.problem or f"{state.label} is at most 48 hours old"
        yield _Finding(state.list, "review" if state.problem else "pass", reason, evidence, list_version=state.label)


Evaluator = Callable[[Rule, _Night], Iterable[_Finding]]
EVALUATORS: Mapping[str, Evaluator] = {
    **dict.fromkeys(LIST_OF_RULE, _screened),
    "SAN-05": _embargoed,
    "CN-CU-01": _copper_into_china,
    "LIST-FRESH": _fresh_lists,
}
