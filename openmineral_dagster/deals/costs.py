"""What the trader pays besides the goods, line by line. Source: domain reference 1.4."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from openmineral_dagster.deals.cost_terms import Costs, Finance, Hedge, Insurance, QuantityCost, Warehouse
from openmineral_dagster.deals.invoice import Invoice
from openmineral_dagster.deals.money import money, share
from openmineral_dagster.deals.terms import Deal, Leg
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.reference.instruments import find

DAYS_A_YEAR = 360
Invoices = Mapping[str, Invoice]


def cost_lines(deal: Deal, invoices: Invoices, usd_per_eur: Decimal | None = None) -> dict[str, Decimal]:
    """Every listed cost by line, to the cent, positive when paid. A hedge gives two lines.

    Args:
        usd_per_eur: the market's rate, for costs in euros that state none.

    Raises:
        BadInput: a cost refers to a leg, weight, metal or rate there is not.
    """
    lines: dict[str, Decimal] = {}
    for name in Costs.model_fields:
        cost = getattr(deal.costs, name)
        if cost is not None:
            lines |= _lines(name, cost, deal, invoices, usd_per_eur)
    return lines


def _lines(name: str, cost: object, deal: Deal, invoices: Invoices, usd_per_eur: Decimal | None) -> dict[str, Decimal]:
    where = f"costs.{name}"
    match cost:
        case Insurance():
            return {name: money(_invoice(invoices, "sell", where).net_usd * insured_share(cost))}
        case Finance():
            return {name: money(_interest(cost, _invoice(invoices, cost.leg, f"{where}.leg")))}
        case Warehouse():
            return {name: money(_tonnes(_leg(deal, cost.leg, where), where) * cost.usd_per_t_per_day * cost.days)}
        case Hedge():
            return _hedge(cost, _invoice(invoices, cost.leg, f"{where}.leg"), where)
        case QuantityCost():
            return {name: _by_quantity(cost, _leg(deal, cost.leg, where), invoices[cost.leg], usd_per_eur, where)}
    raise TypeError(f"{name} is no cost line")


def _leg(deal: Deal, name: str, where: str) -> Leg:
    legs = deal.named_legs()
    if name not in legs:
        raise BadInput("", f"{where}.leg", name, "a leg the deal has")
    return legs[name]


def _invoice(invoices: Invoices, leg: str, where: str) -> Invoice:
    if leg not in invoices:
        raise BadInput("", where, leg, "a leg the deal has")
    return invoices[leg]


def insured_share(cost: Insurance) -> Decimal:
    """Premium per USD of sale value."""
    return share(cost.uplift_pct) * share(cost.pct_of_sell)


def _interest(cost: Finance, billed: Invoice) -> Decimal:
    """Simple interest, ACT/360, on the leg's net value or on the advance."""
    financed = billed.net_usd
    if cost.advance_pct_of_gross is not None:
        financed = billed.gross_usd * share(cost.advance_pct_of_gross)
    return financed * share(cost.sofr_pct + cost.spread_pct) * cost.days / DAYS_A_YEAR


def _tonnes(leg: Leg, where: str) -> Decimal:
    if leg.quantity.t is None:
        raise BadInput("", where, "wmt or kg", "a leg in tonnes of metal for a cost per tonne")
    return leg.quantity.t


def _by_quantity(cost: QuantityCost, leg: Leg, billed: Invoice, usd_per_eur: Decimal | None, where: str) -> Decimal:
    """Lump sum, rates by quantity and share of gross, added up; euros are rounded before they are changed."""
    total = cost.usd or Decimal(0)
    if cost.usd_per_wmt is not None:
        total += cost.usd_per_wmt * _weighed(leg.quantity.wmt, f"{where}.usd_per_wmt")
    if cost.usd_per_dmt is not None:
        total += cost.usd_per_dmt * _weighed(billed.weights.dmt, f"{where}.usd_per_dmt")
    if cost.usd_per_t is not None:
        total += cost.usd_per_t * _tonnes(leg, f"{where}.usd_per_t")
    if cost.eur_per_t is not None:
        total += euros(cost, leg, where) * _rate(cost.fx_usd or usd_per_eur, f"{where}.fx_usd")
    if cost.pct_of_gross is not None:
        total += billed.gross_usd * share(cost.pct_of_gross)
    return money(total)


def needs_rate(deal: Deal) -> bool:
    """Whether a cost is in euros and the file states no rate."""
    costs = [getattr(deal.costs, name) for name in Costs.model_fields]
    return any(isinstance(cost, QuantityCost) and cost.eur_per_t is not None and cost.fx_usd is None for cost in costs)


def euros(cost: QuantityCost, leg: Leg, where: str) -> Decimal:
    """The part of a cost that is paid in euros, to the cent."""
    return money((cost.eur_per_t or Decimal(0)) * _tonnes(leg, f"{where}.eur_per_t"))


def _rate(usd_per_eur: Decimal | None, where: str) -> Decimal:
    if usd_per_eur is None:
        raise BadInput("", where, "nothing", "USD for one euro, or an ECB rate known by the night")
    return usd_per_eur


def _weighed(amount: Decimal | None, where: str) -> Decimal:
    if amount is None:
        raise BadInput("", where, "no wet tonnes", "a leg weighed in wmt")
    return amount


def _hedge(cost: Hedge, billed: Invoice, where: str) -> dict[str, Decimal]:
    """Whole lots, rounded half up; fee a lot, slippage on the hedged quantity."""
    metal = next((item for item in billed.payables if item.metal == cost.metal), None)
    instrument = find(cost.metal)
    slippage = {"t": cost.slippage_usd_per_t, "oz": cost.slippage_usd_per_oz}
    if metal is None or instrument is None or metal.unit != instrument.quantity_unit:
        raise BadInput("", f"{where}.metal", cost.metal, "a metal the leg pays for, in the unit its futures are traded in")
    if slippage[metal.unit] is None:
        raise BadInput("", f"{where}.slippage_usd_per_{metal.unit}", "nothing", "slippage per unit of the hedged metal")
    lot = Decimal(str(instrument.lot))
    lots = (metal.quantity / lot).to_integral_value(ROUND_HALF_UP)
    return {
        "hedge_fees": money(lots * cost.usd_per_lot_round_turn),
        "hedge_slippage": money(lots * lot * (slippage[metal.unit] or 0)),
    }
