"""What the rules read of a deal file: everyone named in it, its route, its material and its assays."""

from collections.abc import Iterator

from openmineral_dagster.compliance.rules import DealFacts, Party, Vessel
from openmineral_dagster.deals.terms import Deal


def facts_of(deal: Deal) -> DealFacts:
    """The deal as the rules see it; the sale's assay where there is one, for that is what is imported."""
    leg = deal.legs.sell or deal.legs.buy
    route = deal.route
    return DealFacts(
        deal_id=deal.deal_id,
        parties=tuple(_parties(deal)),
        origin=route.origin,
        load_port=route.load_port,
        discharge_port=route.discharge_port,
        destination=route.destination,
        material=deal.material,
        assay=dict(leg.assay) if leg else {},
        vessel=Vessel(route.vessel) if route.vessel else None,
    )


def _parties(deal: Deal) -> Iterator[Party]:
    """Counterparties with their owners, then everyone else the file names."""
    for name, leg in deal.named_legs().items():
        role = "seller" if name == "buy" else "buyer"
        yield Party(leg.counterparty.name, role, leg.counterparty.country)
        for owner in leg.counterparty.owners:
            yield Party(owner.name, f"owner of {role}", owner.country)
    for party in deal.parties:
        yield Party(party.name, party.role, party.country)
