"""What a deal is worth: both invoices, every cost, the margin and where it breaks even, as JSON and as rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from openmineral_dagster.deals.costs import DAYS_A_YEAR, cost_lines, insured_share
from openmineral_dagster.deals.incoterms import flags
from openmineral_dagster.deals.invoice import Invoice, Prices, invoice
from openmineral_dagster.deals.money import HUNDRED, money
from openmineral_dagster.deals.terms import Deal, deal_hash
from openmineral_dagster.lake.tables import VALUATION

Line = tuple[str, str, Decimal | None, Decimal | None, str | None]
"""leg, line, amount in USD, quantity or rate, its unit."""


@dataclass(frozen=True)
class Valuation:
    """A valued deal. Amounts are signed as contracts sign them: charges and costs positive when paid."""

    deal: Deal
    invoices: Mapping[str, Invoice]
    costs: Mapping[str, Decimal]

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
        """Inconsistencies with the Incoterms."""
        return flags(self.deal)

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
            "legs": {name: leg_json(billed) for name, billed in self.invoices.items()},
            "costs_usd": {name: str(amount) for name, amount in self.costs.items()} | {"total": str(self.total_costs)},
            **{f"{name}_usd": str(amount) for name, amount in self.totals().items()},
            **{name: str(amount) for name, (amount, _) in (self.ratios() | self.break_evens()).items()},
            "flags": self.flags,
        }

    def rows(self) -> pl.DataFrame:
        """One row a line, in the columns of `deals.valuation` without the night."""
        identity = (self.deal.deal_id, deal_hash(self.deal))
        columns = {name: dtype for name, dtype in VALUATION.dtypes.items() if name != "as_of_date"}
        return pl.DataFrame([(*identity, *line) for line in self._lines()], schema=columns, orient="row")

    def _lines(self) -> Iterator[Line]:
        for name, billed in self.invoices.items():
            yield from leg_lines(name, billed)
        for name, amount in self.costs.items():
            yield "costs", name, amount, None, None
        yield "costs", "total", self.total_costs, None, None
        for name, amount in self.totals().items():
            yield "deal", name, amount, None, None
        for name, (amount, unit) in (self.ratios() | self.break_evens()).items():
            yield "deal", name, None, amount, unit


def value_deal(deal: Deal, prices: Prices | None = None) -> Valuation:
    """Value a deal.

    Args:
        prices: price by (leg, metal) for what the deal does not fix, USD/t or USD/oz.

    Raises:
        BadInput: a term is missing that the value needs; the file is left for the caller to name.
    """
    invoices = {name: invoice(name, leg, prices or {}) for name, leg in deal.named_legs().items()}
    return Valuation(deal, invoices, cost_lines(deal, invoices))


def _payable_tonnes(billed: Invoice) -> Decimal | None:
    return next((item.quantity for item in billed.payables if item.unit == "t" and item.quantity), None)


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
