"""When things fall due on a leg: its quotational periods, its invoices, and the day nothing can change any more."""

from datetime import date, timedelta

from openmineral_dagster.deals.terms import Deal, Leg
from openmineral_dagster.market.averages import quotational_month
from openmineral_dagster.reference.errors import BadInput


def period_of(leg: Leg, metal: str, where: str) -> tuple[date, date]:
    """First and last day of a metal's quotational period: M+n of the month of shipment or arrival.

    Raises:
        BadInput: the leg states neither price nor period, or not the date the period counts from.
    """
    terms = leg.pricing[metal]  # type: ignore[index]
    if terms.quotational_period is None:
        raise BadInput("", f"{where}.pricing.{metal}.fixed_usd", "nothing", "a fixed price in USD, or a quotational_period")
    counted_from = leg.shipment if terms.basis == "shipment" else leg.arrival
    if counted_from is None:
        expected = f"a date, for pricing.{metal} has no fixed_usd and its quotational period counts from {terms.basis}"
        raise BadInput("", f"{where}.{terms.basis}", "nothing", expected)
    return quotational_month(counted_from, int(terms.quotational_period.removeprefix("M").removeprefix("+") or 0))


def provisional_on(leg: Leg) -> date | None:
    """The day the provisional invoice is paid: `provisional_days` after shipment; None where the file does not say."""
    payment = leg.payment
    if payment is None or payment.provisional_pct is None or payment.provisional_days is None or leg.shipment is None:
        return None
    return leg.shipment + timedelta(days=payment.provisional_days)


def delivered_on(leg: Leg) -> date | None:
    """The day the goods are there: arrival, else shipment."""
    return leg.arrival or leg.shipment


def priced_on(leg: Leg, traded_on: date, where: str) -> date:
    """The last pricing day of a leg: the end of its last open period, or the day it was traded with all prices fixed."""
    ends = [period_of(leg, metal, where)[1] for metal, terms in leg.pricing.items() if terms.fixed_usd is None]
    return max([traded_on, *ends])


def final_on(leg: Leg, traded_on: date, where: str) -> date | None:
    """The day the final invoice is paid: `final_days` after the goods are there and priced; None where the file does not say."""
    delivered = delivered_on(leg)
    if delivered is None or leg.payment is None or leg.payment.final_days is None:
        return None
    return max(delivered, priced_on(leg, traded_on, where)) + timedelta(days=leg.payment.final_days)


def closed_on(deal: Deal) -> date | None:
    """The day the last final invoice is paid and the deal is worth what it is; None where a leg does not say."""
    days = [final_on(leg, deal.traded_on, f"legs.{name}") for name, leg in deal.named_legs().items()]
    known = [day for day in days if day is not None]
    return max(known) if len(known) == len(days) else None


def worth_on(deal: Deal, as_of: date) -> date:
    """The night whose market a deal is valued on: `as_of`, or the one it closed on; what is corrected later changes nothing."""
    closing = closed_on(deal)
    return as_of if closing is None else min(as_of, closing)
