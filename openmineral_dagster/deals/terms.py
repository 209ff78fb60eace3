"""What a deal file may say: closed models of its terms, read from strings, and the hash that tells one version from another."""

import hashlib
import json
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from openmineral_dagster.deals.cost_terms import Costs
from openmineral_dagster.deals.fields import (
    AssayName,
    Assays,
    Day,
    Days,
    Incoterm,
    Metal,
    NotNegative,
    Number,
    Percent,
    Positive,
    Terms,
    Text,
)
from openmineral_dagster.deals.yaml_text import bad_input, read_mapping


class Owner(Terms):
    """Who owns a counterparty, and how much of it."""

    name: Text
    country: Text | None = None
    pct: Percent | None = None


class Counterparty(Terms):
    """The other side of a leg. `country` is an ISO code."""

    name: Text
    country: Text | None = None
    owners: tuple[Owner, ...] = ()


class Party(Terms):
    """Someone else on the deal: bank, agent, mine, vessel owner."""

    name: Text
    role: Text
    country: Text | None = None


class Quantity(Terms):
    """Wet tonnes with moisture (concentrates), tonnes (metal), or kilograms with melt loss (dore)."""

    wmt: Positive | None = None
    moisture_pct: Percent | None = None
    t: Positive | None = None
    kg: Positive | None = None
    melt_loss_pct: Percent | None = None

    @model_validator(mode="after")
    def _one_way_of_weighing(self) -> "Quantity":
        given = {name for name, value in self if value is not None}
        if given not in ({"wmt", "moisture_pct"}, {"t"}, {"kg", "melt_loss_pct"}):
            raise ValueError("wmt with moisture_pct, or t, or kg with melt_loss_pct")
        return self


class Tier(Terms):
    """From this assay on, this share of the whole assay is paid."""

    lower: Annotated[NotNegative, Field(alias="from")]
    pct: Percent


class Payable(Terms):
    """How much of one metal is paid for. Methods as in the domain reference, section 1.1."""

    metal: Metal
    assay: AssayName
    method: Literal["pct_min_deduction", "deduction_then_pct", "pct_if_above", "pct_of_contained"]
    pct: Percent | None = None
    deduction: NotNegative | None = None
    tiers: tuple[Tier, ...] = ()

    @model_validator(mode="after")
    def _has_what_its_method_needs(self) -> "Payable":
        needed = {"pct_if_above": {"tiers"}, "pct_of_contained": {"pct"}}.get(self.method, {"pct", "deduction"})
        given = {name for name in ("pct", "deduction", "tiers") if getattr(self, name) not in (None, ())}
        if given != needed:
            raise ValueError(f"{' and '.join(sorted(needed))} for {self.method}")
        if len({tier.lower for tier in self.tiers}) < len(self.tiers):
            raise ValueError("tiers that start at different assays")
        return self


class EscalatorBand(Terms):
    """Part of a price participation: above a price, up to a cap, or below one. Rates in USD of charge per USD of price."""

    above_usd: NotNegative | None = None
    to_usd: NotNegative | None = None
    add_per_usd: Number | None = None
    below_usd: NotNegative | None = None
    subtract_per_usd: Number | None = None

    @model_validator(mode="after")
    def _above_or_below(self) -> "EscalatorBand":
        given = {name for name, value in self if value is not None}
        if given - {"to_usd"} != {"above_usd", "add_per_usd"} and given != {"below_usd", "subtract_per_usd"}:
            raise ValueError("above_usd with add_per_usd (and to_usd), or below_usd with subtract_per_usd")
        if self.to_usd is not None and self.above_usd is not None and self.to_usd <= self.above_usd:
            raise ValueError("to_usd above above_usd")
        return self


class Escalator(Terms):
    """Price participation in the treatment charge."""

    metal: Metal
    bands: Annotated[tuple[EscalatorBand, ...], Field(min_length=1)]


class TreatmentCharge(Terms):
    """USD per dry tonne; negative when the smelter pays."""

    usd_per_dmt: Number
    escalator: Escalator | None = None


class RefiningCharge(Terms):
    """US cents per pound, or USD per ounce; negative when the refiner pays."""

    usc_per_lb: Number | None = None
    usd_per_oz: Number | None = None

    @model_validator(mode="after")
    def _one_unit(self) -> "RefiningCharge":
        if (self.usc_per_lb is None) == (self.usd_per_oz is None):
            raise ValueError("either usc_per_lb or usd_per_oz")
        return self


class Penalty(Terms):
    """USD per dry tonne for each step of an assay above its threshold; pro rata unless `whole_steps`."""

    assay: AssayName
    threshold: NotNegative
    step: Positive
    usd_per_step: NotNegative
    whole_steps: bool = False


class Pricing(Terms):
    """The price of one metal on a leg. Without `fixed_usd` it is the average over the quotational period."""

    reference: Text | None = None
    quotational_period: Annotated[str, Field(pattern=r"^M(\+\d{1,2})?$")] | None = None
    basis: Literal["shipment", "arrival"] = "shipment"
    fixed_usd: Positive | None = None
    premium_usd: Number = Decimal(0)
    discount_pct: Percent = Decimal(0)


class Payment(Terms):
    """When and how much is paid before the final invoice."""

    provisional_pct: Percent | None = None
    provisional_days: Days | None = None
    final_days: Days | None = None


class Provisional(Terms):
    """What the provisional invoice is made on, where it differs from the final one."""

    quantity: Quantity | None = None
    assay: Assays | None = None
    pricing: dict[Metal, Pricing] | None = None


class Leg(Terms):
    """One side of a deal. Assays are on a dry basis."""

    counterparty: Counterparty
    incoterm: Incoterm
    quantity: Quantity
    assay: Assays = Field(default_factory=dict)
    payables: tuple[Payable, ...] = ()
    treatment_charge: TreatmentCharge | None = None
    refining_charges: dict[Metal | Literal["after_melt"], RefiningCharge] = Field(default_factory=dict)
    penalties: tuple[Penalty, ...] = ()
    pricing: Annotated[dict[Metal, Pricing], Field(min_length=1)]
    shipment: Day | None = None
    arrival: Day | None = None
    payment: Payment | None = None
    provisional: Provisional | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "Leg":
        metals = [terms.metal for terms in self.payables]
        if len(set(metals)) < len(metals):
            raise ValueError("payables with each metal once")
        if self.shipment is not None and self.arrival is not None and self.arrival < self.shipment:
            raise ValueError("an arrival on or after the shipment")
        return self


class Legs(Terms):
    """A purchase, a sale, or both."""

    buy: Leg | None = None
    sell: Leg | None = None

    @model_validator(mode="after")
    def _at_least_one(self) -> "Legs":
        if self.buy is None and self.sell is None:
            raise ValueError("a buy leg, a sell leg, or both")
        return self


class Route(Terms):
    """Where the goods come from and go to; origin and destination are ISO country codes."""

    origin: Text | None = None
    load_port: Text | None = None
    discharge_port: Text | None = None
    destination: Text | None = None
    vessel: Text | None = None


class Uncertainty(Terms):
    """Standard deviations of what may come out otherwise: assays in their own unit, points of moisture, percent of freight."""

    assay: Assays = Field(default_factory=dict)
    moisture_pct: Percent | None = None
    freight_pct: Percent | None = None


class Deal(Terms):
    """One deal file."""

    deal_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
    traded_on: Day
    material: Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,63}$")]
    route: Route = Route()
    legs: Legs
    costs: Costs = Costs()
    parties: tuple[Party, ...] = ()
    uncertainty: Uncertainty = Uncertainty()

    @model_validator(mode="after")
    def _is_uncertain_of_what_it_states(self) -> "Deal":
        unknown = set(self.uncertainty.assay) - {assay for leg in self.named_legs().values() for assay in leg.assay}
        if unknown:
            raise ValueError(f"uncertainty.assay of assays that a leg gives, not of {', '.join(sorted(unknown))}")
        return self

    def named_legs(self) -> dict[str, Leg]:
        """The legs there are, purchase first."""
        return {name: leg for name, leg in (("buy", self.legs.buy), ("sell", self.legs.sell)) if leg is not None}


def parse_deal(text: str, file: str) -> Deal:
    """The deal a file's text states.

    Raises:
        BadInput: naming the first field that is not as expected.
    """
    try:
        return Deal.model_validate(read_mapping(text, file))
    except ValidationError as error:
        raise bad_input(file, error.errors()[0]) from error


def deal_hash(deal: Deal) -> str:
    """SHA-256 of the terms that are stated: comments, key order, layout and terms a later release knows do not change it."""
    return hashlib.sha256(json.dumps(deal.model_dump(mode="json", exclude_defaults=True), sort_keys=True).encode()).hexdigest()
