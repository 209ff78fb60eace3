"""Prices and masses from one unit to another, as exact decimals; what is not said is refused, never assumed.

Source: conventions of LME, COMEX, LBMA and SHFE contracts. A troy ounce is "oz", a short ton "st", a hundredth of a dollar
"USc". Chinese prices carry 13 percent value-added tax on base metals and silver and none on gold: it must be said.
"""

from decimal import Decimal
from fractions import Fraction

from openmineral_dagster.reference.errors import UsageFault
from openmineral_dagster.reference.units import GRAMS_PER_OUNCE, LB_PER_TONNE

GRAMS = {
    "t": Fraction(1_000_000),
    "kg": Fraction(1_000),
    "g": Fraction(1),
    "lb": Fraction(1_000_000) / Fraction(LB_PER_TONNE),
    "oz": Fraction(GRAMS_PER_OUNCE),
    "st": Fraction(Decimal("907184.74")),
}
"""Grams in one of each unit of mass."""
HUNDREDTHS = {"USc": "USD", "GBX": "GBP"}
TAXED = ("CNY", "CNH")
"""Currencies whose metal prices are quoted with value-added tax or without."""
CURRENCIES = ("USD", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "CNY", "CNH", "INR", "KRW", "BRL", "CLP", "PEN", "ZAR", "MXN")
"""ISO codes (and CNH, the renminbi traded offshore) metals are priced in; RMB is no code and is refused."""


def convert_mass(value: Decimal, unit: str, wanted: str) -> Decimal:
    """`value` in `unit` as `wanted`.

    Raises:
        UsageFault: either is no unit of mass, or the value is no finite decimal.
    """
    return _decimal(_exact(value) * _grams(unit) / _grams(wanted))


def convert_price(value: Decimal, quoted: str, wanted: str, rate: Decimal | None = None, tax: Decimal | None = None) -> Decimal:
    """A price quoted per mass, such as "USc/lb", in another currency and mass, such as "USD/t"; the wanted one without tax.

    Args:
        rate: units of the quoted currency for one of the wanted; must be given where they differ, and only then.
        tax: value-added tax in the quoted price as a fraction, zero where there is none; must be given for CNY.

    Raises:
        UsageFault: a unit is unknown, a number is no finite decimal, or rate or tax is missing, superfluous or not above
            (tax: below) zero.
    """
    currency, mass, hundredths = _quoted(quoted)
    wanted_currency, wanted_mass, wanted_hundredths = _quoted(wanted)
    per_gram = _exact(value) * hundredths / _grams(mass)
    net = per_gram / (1 + _tax(currency, tax)) / _rate(currency, wanted_currency, rate)
    return _decimal(net * _grams(wanted_mass) / wanted_hundredths)


def _exact(value: Decimal) -> Fraction:
    """The number as it is; a float is refused, for its digits are not those that were written."""
    if not isinstance(value, Decimal) or not value.is_finite():
        raise UsageFault(f"{value!r}: expected a finite decimal number")
    return Fraction(value)


def _quoted(unit: str) -> tuple[str, str, Fraction]:
    """Currency, mass, and what one of the quoted is of the currency."""
    currency, slash, mass = unit.partition("/")
    whole = HUNDREDTHS.get(currency, currency)
    if not slash or mass not in GRAMS or whole not in CURRENCIES:
        raise UsageFault(
            f"{unit!r}: expected a currency and a mass, such as USD/t; masses: {', '.join(GRAMS)}; "
            f"currencies: {', '.join((*CURRENCIES, *HUNDREDTHS))}"
        )
    return whole, mass, Fraction(1, 100) if currency in HUNDREDTHS else Fraction(1)


def _grams(unit: str) -> Fraction:
    if unit not in GRAMS:
        raise UsageFault(f"{unit!r}: expected a unit of mass: {', '.join(GRAMS)}")
    return GRAMS[unit]


def _rate(currency: str, wanted: str, rate: Decimal | None) -> Fraction:
    if currency == wanted:
        if rate is not None:
            raise UsageFault(f"a rate from {currency} to itself: expected none")
        return Fraction(1)
    if rate is None or _exact(rate) <= 0:
        raise UsageFault(f"{currency} to {wanted}: expected a rate above zero, in {currency} for one {wanted}")
    return _exact(rate)


def _tax(currency: str, tax: Decimal | None) -> Fraction:
    if tax is None:
        if currency in TAXED:
            raise UsageFault(f"a price in {currency}: expected the value-added tax in it, 0.13 or 0")
        return Fraction(0)
    if not 0 <= _exact(tax) < 1:
        raise UsageFault(f"value-added tax {tax}: expected a fraction from 0 to below 1")
    return _exact(tax)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
