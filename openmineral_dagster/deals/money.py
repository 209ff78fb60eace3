"""Rounding as invoices do: half up, money and pounds to two places, tonnes and ounces to three, rates not at all."""

from decimal import ROUND_HALF_UP, Decimal

CENT, MILLI = Decimal("0.01"), Decimal("0.001")
HUNDRED = Decimal(100)


def money(amount: Decimal) -> Decimal:
    """To the cent, half up; nothing is nothing, without a sign."""
    return amount.quantize(CENT, ROUND_HALF_UP) + 0


def weight(amount: Decimal) -> Decimal:
    """Tonnes and ounces to three places, half up."""
    return amount.quantize(MILLI, ROUND_HALF_UP)


def share(percent: Decimal) -> Decimal:
    """A percentage as a fraction."""
    return percent / HUNDRED
