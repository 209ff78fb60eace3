"""One leg as an invoice: payables less charges and penalties, final and provisional."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from openmineral_dagster.deals.charges import penalty_rate, refining_charges, treatment_rate
from openmineral_dagster.deals.money import money, share
from openmineral_dagster.deals.payables import PayableMetal, Weights, payable_metals, weights
from openmineral_dagster.deals.quotes import PROVISIONAL, provisional_leg
from openmineral_dagster.deals.schedule import provisional_on
from openmineral_dagster.deals.terms import Leg
from openmineral_dagster.reference.errors import BadInput

Prices = Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True)
class Invoice:
    """What a leg is worth, to the cent. `net_usd` is what the buyer of the leg pays its seller.

    Attributes:
        provisional_usd: what is paid on the provisional invoice, None without one; `balance_usd` is still due on the
            final one, negative when the seller refunds.
    """

    weights: Weights
    payables: list[PayableMetal]
    treatment_rate: Decimal
    penalty_rate: Decimal
    refining_usd: dict[str, Decimal]
    provisional_usd: Decimal | None = None

    @cached_property
    def gross_usd(self) -> Decimal:
        """Value of everything paid for."""
        return sum((item.value_usd for item in self.payables), Decimal(0))

    @cached_property
    def treatment_usd(self) -> Decimal:
        """Treatment charge."""
        return money(self.treatment_rate * (self.weights.dmt or 0))

    @cached_property
    def penalties_usd(self) -> Decimal:
        """Penalties."""
        return money(self.penalty_rate * (self.weights.dmt or 0))

    @cached_property
    def net_usd(self) -> Decimal:
        """Gross less treatment, refining and penalties."""
        return self.gross_usd - self.treatment_usd - sum(self.refining_usd.values(), Decimal(0)) - self.penalties_usd

    @cached_property
    def balance_usd(self) -> Decimal | None:
        """Final value less what was paid provisionally."""
        return None if self.provisional_usd is None else self.net_usd - self.provisional_usd


def invoice(name: str, leg: Leg, prices: Prices) -> Invoice:
    """The final invoice of a leg, with what was paid provisionally where the leg says so.

    Args:
        name: "buy" or "sell".
        prices: price by (leg, metal) where the leg itself fixes none, USD/t or USD/oz; PROVISIONAL behind the leg for
            its provisional invoice.

    Raises:
        BadInput: a price, an assay or a share is missing; the file is left for the caller to name.
    """
    final = _invoice(name, leg, prices, name)
    if leg.provisional is None and provisional_on(leg) is None:
        return final
    if leg.payment is None or leg.payment.provisional_pct is None:
        raise BadInput("", f"legs.{name}.payment.provisional_pct", "nothing", "the share the provisional invoice pays")
    first = _invoice(name, provisional_leg(leg), prices, name + PROVISIONAL)
    return replace(final, provisional_usd=money(share(leg.payment.provisional_pct) * first.net_usd))


def _invoice(name: str, leg: Leg, prices: Prices, priced_as: str) -> Invoice:
    where = f"legs.{name}"
    for number, terms in enumerate(leg.payables):
        if terms.metal not in leg.pricing:
            raise BadInput("", f"{where}.payables.{number}.metal", terms.metal, f"a metal that {where}.pricing prices")
    flat: dict[str, Decimal] = {metal: _flat_price(name, metal, leg, prices.get((priced_as, metal))) for metal in leg.pricing}
    net: dict[str, Decimal] = {
        metal: (flat[metal] + terms.premium_usd) * (1 - share(terms.discount_pct)) for metal, terms in leg.pricing.items()
    }
    metals, held = payable_metals(leg, net, where), weights(leg)
    if not metals:
        raise BadInput("", f"{where}.payables", "nothing", "at least one payable metal")
    return Invoice(
        weights=held,
        payables=metals,
        treatment_rate=treatment_rate(leg, flat, where),
        penalty_rate=penalty_rate(leg, where),
        refining_usd=refining_charges(leg, metals, held, where),
    )


def _flat_price(name: str, metal: str, leg: Leg, quoted: Decimal | None) -> Decimal:
    """The price before premium and discount."""
    fixed = leg.pricing[metal].fixed_usd  # type: ignore[index]
    price = fixed if fixed is not None else quoted
    if price is None:
        raise BadInput("", f"legs.{name}.pricing.{metal}.fixed_usd", "nothing", "a fixed price in USD")
    return price
