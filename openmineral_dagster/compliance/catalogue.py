"""The rule catalogue as data: what each rule asks, since when, on whose authority, and when somebody last checked it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

from openmineral_dagster.sources.sanctions import ListName

# A rule nobody has checked for this long asks for a person.
EXPIRES_AFTER = timedelta(days=180)
ALWAYS, NEVER = date.min, date.max


@dataclass(frozen=True)
class Rule:
    """One version of one rule.

    Attributes:
        effective_from, effective_to: first and last night it applies to.
        jurisdiction: whose rule it is.
        inputs: what of a deal it reads.
        worst: the worst outcome it can lead to.
        reason: what it guards against.
        source: where it can be read.
        last_verified: the day somebody last compared it with its source.
        limits: percent by weight by chemical symbol, where the rule has any.
        least_copper_pct: copper below which the material is no concentrate in the rule's sense.
    """

    id: str
    version: int
    effective_from: date
    effective_to: date
    jurisdiction: str
    inputs: tuple[str, ...]
    worst: str
    reason: str
    source: str
    last_verified: date
    limits: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    least_copper_pct: Decimal | None = None

    def in_force(self, as_of: date) -> bool:
        """Whether the rule applies to the night of `as_of`."""
        return self.effective_from <= as_of <= self.effective_to

    def expired(self, as_of: date) -> bool:
        """Whether nobody has checked the rule in the 180 days before `as_of`."""
        return as_of - self.last_verified > EXPIRES_AFTER


_VERIFIED = date(2026, 11, 22)
_CONCENTRATE_LIMITS = MappingProxyType(
    {symbol: Decimal(limit) for symbol, limit in {"As": "0.50", "Pb": "6.00", "F": "0.10", "Cd": "0.05", "Hg": "0.01"}.items()}
)
_LISTS: tuple[tuple[str, ListName, str, str], ...] = (
    ("SAN-01", "OFAC", "US", "https://sanctionslist.ofac.treas.gov"),
    ("SAN-02", "EU", "EU", "https://webgate.ec.europa.eu/fsd/fsf"),
    ("SAN-03", "UN", "UN", "https://scsanctions.un.org"),
    ("SAN-04", "UK", "UK", "https://sanctionslist.fcdo.gov.uk"),
)
LIST_OF_RULE: Mapping[str, ListName] = MappingProxyType({rule: name for rule, name, _, _ in _LISTS})

RULES: tuple[Rule, ...] = (
    *(
        Rule(
            id=rule,
            version=1,
            effective_from=ALWAYS,
            effective_to=NEVER,
            jurisdiction=jurisdiction,
            inputs=("parties", "vessel"),
            worst="block",
            reason=f"dealing with a party on the {name} list",
            source=source,
            last_verified=_VERIFIED,
        )
        for rule, name, jurisdiction, source in _LISTS
    ),
    Rule(
        id="SAN-05",
        version=1,
        effective_from=ALWAYS,
        effective_to=NEVER,
        jurisdiction="US",
        inputs=("origin", "load_port", "discharge_port", "destination", "parties.country"),
        worst="block",
        reason="trade with an embargoed country or region",
        source="https://ofac.treasury.gov/sanctions-programs-and-country-information",
        last_verified=_VERIFIED,
    ),
    Rule(
        id="CN-CU-01",
        version=1,
        effective_from=date(2006, 6, 1),
        effective_to=date(2017, 12, 7),
        jurisdiction="CN",
        inputs=("material", "destination", "assay"),
        worst="block",
        reason="harmful elements in copper concentrate brought into China",
        source="AQSIQ, MOFCOM and SEPA announcement 49 of 2006, HS 2603",
        last_verified=_VERIFIED,
        limits=_CONCENTRATE_LIMITS,
    ),
    Rule(
        id="CN-CU-01",
        version=2,
        effective_from=date(2017, 12, 8),
        effective_to=NEVER,
        jurisdiction="CN",
        inputs=("material", "destination", "assay"),
        worst="block",
        reason="harmful elements in copper concentrate brought into China",
        source="AQSIQ, MEP and MOFCOM announcement 106 of 2017, HS 2603",
        last_verified=_VERIFIED,
        limits=_CONCENTRATE_LIMITS,
        least_copper_pct=Decimal("13"),
    ),
    Rule(
        id="LIST-FRESH",
        version=1,
        effective_from=ALWAYS,
        effective_to=NEVER,
        jurisdiction="house",
        inputs=("lists",),
        worst="review",
        reason="screening against a list that is missing, empty, undated or more than 48 hours old",
        source="house rule",
        last_verified=_VERIFIED,
    ),
)

EMBARGOED_COUNTRIES: Mapping[str, str] = MappingProxyType({"CU": "Cuba", "IR": "Iran", "KP": "North Korea"})
# Regions and ports by the words a document names them with; a country code cannot tell these regions from the rest of Ukraine.
EMBARGOED_PLACES: Mapping[str, str] = MappingProxyType(
    {
        place: region
        for region, places in {
            "Crimea": "crimea|krym|sevastopol|kerch|feodosia|feodosiya|yalta|yevpatoria|simferopol",
            "Donetsk": "donetsk|donetsk peoples republic|dnr|mariupol",
            "Luhansk": "luhansk|lugansk|luhansk peoples republic|lnr",
            "Cuba": "havana|mariel|cienfuegos|santiago de cuba|moa|nuevitas",
            "Iran": "bandar abbas|bandar imam khomeini|bandar e imam khomeini|shahid rajaee|chabahar|bushehr|assaluyeh|kharg",
            "North Korea": "nampo|chongjin|rajin|rason|wonsan|hungnam|haeju",
        }.items()
        for place in places.split("|")
    }
)
