"""What a deal is worth: both invoices, every cost and the margin."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from openmineral_dagster.deals.costs import DAYS_A_YEAR, cost_lines, needs_rate
from openmineral_dagster.deals.incoterms import flags
from openmineral_dagster.deals.invoice import Invoice, invoice
from openmineral_dagster.deals.money import HUNDRED, money
from openmineral_dagster.deals.quotes import Markets, Quotes, provisional_leg, quotes_of
from openmineral_dagster.deals.schedule import worth_on
from openmineral_dagster.deals.terms import Deal


@dataclass(frozen=True)
class Valuation:
    """A valued deal. Amounts are signed as contracts sign them: charges and costs positive when paid.

    Attributes:
        quotes: what the deal leaves open, as it was priced.
        usd_per_eur: the market's rate, for costs in euros that state none.
        notes: what a reader should know of that rate.
    """

    deal: Deal
    invoices: Mapping[str, Invoice]
    costs: Mapping[str, Decimal]
    quotes: Quotes = field(default_factory=dict)
    usd_per_eur: Decimal | None = None
    notes: tuple[str, ...] = ()

    @cached_property
    def total_costs(self) -> Decimal:
        """All cost lines together."""
        return sum(self.costs.values(), Decimal(0))

    @cached_property
    def gross_margin(self) -> Decimal | None:
        """Sale less purchase; None for a single leg."""
        both = self.invoices.get("buy"), self.invoices.get("sell")
        return both[1].net_usd - both[0].net_usd if both[0] and both[1] else None

    @cached_property
    def net_margin(self) -> Decimal | None:
        """Gross margin less costs; None for a single leg."""
        return None if self.gross_margin is None else self.gross_margin - self.total_costs

    @property
    def flags(self) -> list[str]:
        """Inconsistencies with the Incoterms, and what open prices rest on."""
        priced = (line for (leg, metal), quote in self.quotes.items() for line in quote.flags(f"{metal} ({leg})"))
        return [*flags(self.deal), *priced, *self.notes]

    @cached_property
    def result_usd(self) -> Decimal:
        """What the deal makes: its net margin, the netback of a sale alone, less the landed cost of a purchase alone."""
        *_, (name, last) = self.totals().items()
        return -last if name == "landed_cost" else last

    def totals(self) -> dict[str, Decimal]:
        """Margins of a deal with both legs, the netback of a sale alone, the landed cost of a purchase alone."""
        if self.gross_margin is not None and self.net_margin is not None:
            return {"gross_margin": self.gross_margin, "net_margin": self.net_margin}
        if "sell" in self.invoices:
            return {"netback": self.invoices["sell"].net_usd - self.total_costs}
        return {"landed_cost": self.invoices["buy"].net_usd + self.total_costs}

    def ratios(self) -> dict[str, tuple[Decimal, str]]:
        """The net margin by what the desk compares it with: value and unit; empty for a single leg."""
        margin, bought = self.net_margin, self.invoices.get("buy")
        if margin is None or bought is None:
            return {}
        quantity = self.deal.named_legs()["buy"].quantity
        bases = {"dmt": bought.weights.dmt, "wmt": quantity.wmt, "t": _payable_tonnes(bought), "oz": bought.weights.after_melt_oz}
        found = {f"net_margin_per_{unit}": (money(margin / base), f"USD/{unit}") for unit, base in bases.items() if base}
        if bought.net_usd > 0:
            of_buy = margin / bought.net_usd * HUNDRED
            found["net_margin_pct_of_buy"] = (of_buy.quantize(Decimal("0.0001")), "percent")
            if self.deal.costs.finance is not None and self.deal.costs.finance.days:
                annual = of_buy * DAYS_A_YEAR / self.deal.costs.finance.days
                found["roi_annualised_pct"] = (annual.quantize(Decimal("0.01")), "percent/year")
        return found


def value_deal(deal: Deal, quotes: Quotes | None = None, usd_per_eur: Decimal | None = None) -> Valuation:
    """Value a deal.

    Args:
        quotes: what the deal leaves open, as `quotes_of` finds it.
        usd_per_eur: the market's rate, for costs in euros that state none.

    Raises:
        BadInput: a term is missing that the value needs; the file is left for the caller to name.
    """
    held = quotes or {}
    prices = {key: quote.price for key, quote in held.items()}
    invoices = {name: invoice(name, leg, prices) for name, leg in deal.named_legs().items()}
    return Valuation(deal, invoices, cost_lines(deal, invoices, usd_per_eur), held, usd_per_eur)


def value_in(deal: Deal, market: Markets, as_of: date) -> Valuation:
    """Value a deal on the market of a night, that of its closing once it is closed; prices the deal fixes need no market.

    Args:
        market: what the night of a date knew.

    Raises:
        BadInput: as `value_deal` and `quotes_of`.
    """
    night = worth_on(deal, as_of)
    quotes = quotes_of(deal, market, night)
    if not needs_rate(deal):
        return value_deal(deal, quotes)
    return replace(value_deal(deal, quotes, market(night).usd_per_eur()), notes=tuple(market(night).rate_flags()))


def needs_market(deal: Deal) -> bool:
    """Whether a price or an exchange rate is left to the market."""
    open_legs = (
        pricing.fixed_usd is None
        for leg in deal.named_legs().values()
        for priced in (leg, provisional_leg(leg))
        for pricing in priced.pricing.values()
    )
    return needs_rate(deal) or any(open_legs)


def _payable_tonnes(billed: Invoice) -> Decimal | None:
    return next((item.quantity for item in billed.payables if item.unit == "t" and item.quantity), None)
