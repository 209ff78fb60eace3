"""How far assays, moisture and freight may come out elsewhere than a deal file says, as standard deviations.

A file states its own under `uncertainty`. Where it does not, the desk's standards below hold: trade practice, not measured.
"""

from dataclasses import dataclass
from decimal import Decimal

from openmineral_dagster.deals.terms import Deal

SPLITTING_LIMITS = {"cu_pct": 0.25, "zn_pct": 0.40, "pb_pct": 0.50, "ag_gpt": 30.0, "au_gpt": 0.50}
"""Difference of two laboratories within which their mean is settled on. Source: domain reference 1.1."""
WITHIN_LIMIT = 1.96
"""Nineteen exchanges of twenty lie within the limit, in standard deviations."""
MATERIAL_SHARE = 0.5
"""The goods themselves against the assay of the term sheet, as a share of the splitting limit: the desk's standard."""
MOISTURE_PCT, FREIGHT_PCT = 0.5, 5.0
"""Points of moisture, and percent of the freight: the desk's standards."""


@dataclass(frozen=True)
class Spread:
    """Standard deviations.

    Attributes:
        material: of the goods' own assays, by assay name and in its unit: the same goods on every leg.
        laboratory: of the assay a leg is settled on around that of the goods, by assay name: each leg has its own exchange.
        moisture_pct: points.
        freight_pct: percent of the freight.
    """

    material: dict[str, float]
    laboratory: dict[str, float]
    moisture_pct: float
    freight_pct: float


def spread_of(deal: Deal) -> Spread:
    """The standard deviations of a deal: those its file states, else the desk's."""
    stated = deal.uncertainty
    names = {name for leg in deal.named_legs().values() for name in leg.assay}
    limits = {name: limit for name, limit in SPLITTING_LIMITS.items() if name in names}
    material = {name: MATERIAL_SHARE * limit for name, limit in limits.items()}
    return Spread(
        material=material | {name: float(value) for name, value in stated.assay.items()},
        laboratory={name: limit / (2 * WITHIN_LIMIT) for name, limit in limits.items()},
        moisture_pct=_stated(stated.moisture_pct, MOISTURE_PCT),
        freight_pct=_stated(stated.freight_pct, FREIGHT_PCT),
    )


def _stated(value: Decimal | None, standard: float) -> float:
    return standard if value is None else float(value)
