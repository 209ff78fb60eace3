"""What a deal is worth: both invoices, every cost, the margin and where it breaks even, as JSON and as rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from openmineral_dagster.deals.costs import DAYS_A_YEAR, cost_lines, insured_share, needs_rate
from openmineral_dagster.deals.incoterms import flags
from openmineral_dagster.deals.invoice import Invoice, invoice
from openmineral_dagster.deals.money import HUNDRED, money
from openmineral_dagster.deals.quotes import Markets, Quote, Quotes, provisional_leg, quotes_of
from openmineral_dagster.deals.schedule import worth_on
from openmineral_dagster.deals.terms import Deal, deal_hash

Line = tuple[str, str, Decimal | None, Decimal | None, str | None]
"""leg, line, amount in USD, quantity or rate, its unit."""


@dataclass(frozen=True)
class Valuation:
    """A valued deal. Amounts are signed as contracts sign them: charges and costs positive when paid."""

    deal: Deal
    invoices: Mapping[str, Invoice]
    costs: Mapping[str, Decimal]
    quotes: Quotes = field(default_factory=dict)
    usd_per_eur: Decimal | None = None

    @property
    def total_costs(self) -> Decimal:
        """All cost lines together."""
        return sum(self.costs.values(), Decimal(0))

    @property
    def gross_margin(self) -> Decimal | None:
        """Sale less purchase; None for a single leg."""
        both = self.invoices.get("buy"), self.invoices.get("sell")
        return both[1].net_usd - both[0].net_usd if both[0] and both[1] else None

    @property
    def net_margin(self) -> Decimal | None:
        """Gross margin less costs; None for a single leg."""
        return None if self.gross_margin is None else self.gross_margin - self.total_costs

    @property
    def flags(self) -> list[str]:
        """Inconsistencies with the Incoterms, and what open prices rest on."""
        priced = (line for (leg, metal), quote in self.quotes.items() for line in quote.flags(f"{metal} ({leg})"))
        return [*flags(self.deal), *priced]

    @property
    def result_usd(self) -> Decimal:
        """What the deal makes: its net margin, the netback of a sale alone, less the landed cost of a purchase alone."""
        last = list(self.totals().values())[-1]
        return -last if "landed_cost" in self.totals() else last

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

    def break_evens(self) -> dict[str, tuple[Decimal, str]]:
        """The sale's premium or treatment charge, and the freight, at which the margin is zero: solved, all else equal."""
        margin, sell = self.net_margin, self.deal.legs.sell
        if margin is None or sell is None:
            return {}
        kept = 1 - (insured_share(self.deal.costs.insurance) if self.deal.costs.insurance else Decimal(0))
        found: dict[str, tuple[Decimal, str]] = {}
        if sell.quantity.t is not None:
            premium = next(iter(sell.pricing.values())).premium_usd
            found["break_even_sell_premium"] = (money(premium - margin / (sell.quantity.t * kept)), "USD/t")
        if self.invoices["sell"].weights.dmt:
            rate = sell.treatment_charge.usd_per_dmt if sell.treatment_charge else Decimal(0)
            found["break_even_sell_treatment_charge"] = (
                money(rate + margin / (self.invoices["sell"].weights.dmt * kept)),
                "USD/dmt",
            )
        return found | self._freight_break_even(margin)

    def _freight_break_even(self, margin: Decimal) -> dict[str, tuple[Decimal, str]]:
        freight = self.deal.costs.freight
        if freight is None:
            return {}
        quantity = self.deal.named_legs()[freight.leg].quantity
        for rate, amount, unit in ((freight.usd_per_wmt, quantity.wmt, "USD/wmt"), (freight.usd_per_t, quantity.t, "USD/t")):
            if rate is not None and amount:
                return {"break_even_freight": (money(rate + margin / amount), unit)}
        return {}

    def as_json(self) -> dict[str, Any]:
        """The valuation with decimals as strings."""
        return {
            "deal_id": self.deal.deal_id,
            "deal_hash": deal_hash(self.deal),
            "legs": {name: leg_json(billed) | self._open_prices(name) for name, billed in self.invoices.items()},
            "costs_usd": {name: str(amount) for name, amount in self.costs.items()} | {"total": str(self.total_costs)},
            **{f"{name}_usd": str(amount) for name, amount in self.totals().items()},
            **{name: str(amount) for name, (amount, _) in (self.ratios() | self.break_evens()).items()},
            "flags": self.flags,
        }

    def _open_prices(self, leg: str) -> dict[str, Any]:
        """How each price that is open was come by."""
        held = {metal: quote_json(quote) for (name, metal), quote in self.quotes.items() if name == leg}
        return {"open_prices": held} if held else {}

    def lines(self) -> Iterator[Line]:
        """The valuation line by line, as `deals.valuation` has it."""
        for name, billed in self.invoices.items():
            yield from leg_lines(name, billed)
        for name, amount in self.costs.items():
            yield "costs", name, amount, None, None
        yield "costs", "total", self.total_costs, None, None
        for name, amount in self.totals().items():
            yield "deal", name, amount, None, None
        for name, (amount, unit) in (self.ratios() | self.break_evens()).items():
            yield "deal", name, None, amount, unit


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
    return value_deal(deal, quotes_of(deal, market, night), market(night).usd_per_eur() if needs_rate(deal) else None)


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


def quote_json(quote: Quote) -> dict[str, Any]:
    """One open price with decimals as strings."""
    return {
        "price_usd": str(quote.price),
        "instrument": quote.series[0],
        "tenor": quote.series[1],
        "period_start": quote.start.isoformat(),
        "period_end": quote.end.isoformat(),
        "fixed_days": quote.average.fixed_days,
        "forward_days": quote.average.forward_days,
        "missing_days": len(quote.average.missing_days),
        "extrapolated_days": quote.extrapolated_days,
        "unpriced": str(quote.unpriced),
    }


def leg_json(billed: Invoice) -> dict[str, Any]:
    """One leg with decimals as strings; only what applies to the way it is weighed."""
    shown: dict[str, Any] = {name: str(value) for name, value in vars(billed.weights).items() if value is not None}
    shown["payables"] = {
        item.metal: {
            **({"grade": str(item.grade)} if item.grade is not None else {}),
            "quantity": str(item.quantity),
            "unit": item.unit,
            **({"quantity_lb": str(item.quantity_lb)} if item.quantity_lb is not None else {}),
            "value_usd": str(item.value_usd),
        }
        for item in billed.payables
    }
    shown["gross_usd"] = str(billed.gross_usd)
    dmt = billed.weights.dmt
    if dmt is not None:
        shown["treatment_charge_usd_per_dmt"] = str(billed.treatment_rate)
        shown["treatment_charge_usd"] = str(billed.treatment_usd)
    if dmt is not None or billed.refining_usd:
        shown["refining_charges_usd"] = {name: str(amount) for name, amount in billed.refining_usd.items()}
    if dmt is not None:
        shown["penalties_usd_per_dmt"] = str(billed.penalty_rate)
        shown["penalties_usd"] = str(billed.penalties_usd)
    shown["net_usd"] = str(billed.net_usd)
    if dmt:
        shown["net_usd_per_dmt"] = str(money(billed.net_usd / dmt))
    if billed.provisional_usd is not None:
        shown |= {"provisional_usd": str(billed.provisional_usd), "balance_usd": str(billed.balance_usd)}
    return shown


def leg_lines(name: str, billed: Invoice) -> Iterator[Line]:
    """One leg as rows."""
    for weighed, amount in vars(billed.weights).items():
        if amount is not None:
            yield name, weighed, None, amount, "dmt" if weighed == "dmt" else "oz"
    for item in billed.payables:
        yield name, f"payable.{item.metal}", item.value_usd, item.quantity, item.unit
        yield name, f"price.{item.metal}", None, item.price_usd, f"USD/{item.unit}"
    yield name, "gross", billed.gross_usd, None, None
    if billed.weights.dmt is not None:
        yield name, "treatment_charge", billed.treatment_usd, billed.treatment_rate, "USD/dmt"
        yield name, "penalties", billed.penalties_usd, billed.penalty_rate, "USD/dmt"
    for metal, charged in billed.refining_usd.items():
        yield name, f"refining_charge.{metal}", charged, None, None
    yield name, "net", billed.net_usd, None, None
    if billed.weights.dmt:
        yield name, "net_per_dmt", None, money(billed.net_usd / billed.weights.dmt), "USD/dmt"
    if billed.provisional_usd is not None:
        yield name, "provisional", billed.provisional_usd, None, None
        yield name, "balance", billed.balance_usd, None, None
