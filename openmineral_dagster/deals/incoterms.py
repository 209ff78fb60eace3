"""Incoterms 2020: who pays what, and where a deal's listed costs do not fit them. Source: domain reference 1.3."""

from openmineral_dagster.deals.cost_terms import Costs
from openmineral_dagster.deals.terms import Deal

SELLER_PAYS: dict[str, frozenset[str]] = {
    "EXW": frozenset(),
    "FCA": frozenset({"export"}),
    "FAS": frozenset({"origin", "export"}),
    "FOB": frozenset({"origin", "export", "loading"}),
    **dict.fromkeys(("CFR", "CPT", "DAP"), frozenset({"origin", "export", "loading", "freight"})),
    **dict.fromkeys(("CIF", "CIP"), frozenset({"origin", "export", "loading", "freight", "insurance"})),
    "DPU": frozenset({"origin", "export", "loading", "freight", "discharge"}),
    "DDP": frozenset({"origin", "export", "loading", "freight", "discharge", "import", "destination"}),
}
COMPONENT_OF = {
    "inland_origin": "origin",
    "loading": "loading",
    "freight": "freight",
    "discharge": "discharge",
    "inland_destination": "destination",
    "destination": "destination",
}
"""Cost line -> component. Insurance is not judged: the trader insures while he bears the risk."""


def flags(deal: Deal) -> list[str]:
    """Where the Incoterms put a listed cost on another party, or leave the trader paying for one twice. Nothing is recharged."""
    listed = [line for line in Costs.model_fields if line in COMPONENT_OF and getattr(deal.costs, line) is not None]
    found = [
        f"{line} is listed, but {_terms(deal)} put it on another party" for line in listed if not _bears(deal, COMPONENT_OF[line])
    ]
    return found + [f"{component} is in the purchase price, but not in the sale's" for component in sorted(_embedded(deal))]


def _terms(deal: Deal) -> str:
    return " and ".join(f"{leg.incoterm} ({name})" for name, leg in deal.named_legs().items())


def _bears(deal: Deal, component: str) -> bool:
    """Whether the trader pays a component: his sale includes it and his purchase does not."""
    legs = deal.legs
    sold = legs.sell is None or component in SELLER_PAYS[legs.sell.incoterm]
    return sold and (legs.buy is None or component not in SELLER_PAYS[legs.buy.incoterm])


def _embedded(deal: Deal) -> frozenset[str]:
    legs = deal.legs
    if legs.buy is None or legs.sell is None:
        return frozenset()
    return SELLER_PAYS[legs.buy.incoterm] - SELLER_PAYS[legs.sell.incoterm]
