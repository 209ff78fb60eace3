"""How a fact is printed: the formats a template may name, the units each is allowed for, and half-up decimal rounding."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from openmineral_dagster.memos.facts import FRACTION, FactValue, GroundingError
from openmineral_dagster.memos.text import escaped

WEIGHTS = ("t", "dmt", "wmt", "kg", "lb", "oz")
RATE_PLACES = {"USD/t": 2, "USD/dmt": 2, "USD/wmt": 2, "USD/oz": 2, "USD/lb": 4, "USD/bbl": 2, "USD/MMBtu": 3}
"""Decimals a price or charge is quoted with."""
MONEY_UNITS = ("USD", *RATE_PLACES)
PERCENT, PERCENT_A_YEAR = "percent", "percent/year"
BEHIND = {**{unit: f" {unit}" for unit in (*MONEY_UNITS, *WEIGHTS)}, PERCENT_A_YEAR: " a year"}
"""What always stands behind a number of a unit, outside its span. Shares carry a percent sign inside it."""
LONGEST_SPAN = 32
LARGEST = 10**15


@dataclass(frozen=True)
class Format:
    """One way to print a fact: the value types and units it is for, and the text it makes of a value."""

    name: str
    types: tuple[type, ...]
    allows: Callable[[str | None], bool]
    text: Callable[[FactValue], str]


def exact(value: FactValue) -> Decimal:
    """A number as the decimal it is written as.

    Raises:
        GroundingError: text, a date, not finite, or beyond any size of the trade.
    """
    if isinstance(value, (str, date)) or not math.isfinite(value) or not -LARGEST < value < LARGEST:
        raise GroundingError(f"{value!r} is not a number that can be printed")
    return value if isinstance(value, Decimal) else Decimal(repr(value))


def rounded(value: Decimal, places: int) -> str:
    """`value` to `places` decimals, ties away from zero, thousands in commas, ASCII minus, no negative zero."""
    cut = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return f"{abs(cut) if cut == 0 else cut:,f}"


def _number(places: int) -> Callable[[FactValue], str]:
    return lambda value: rounded(exact(value), places)


def _level(value: FactValue) -> str:
    """A probability level with just the decimals it has: 95%, 97.5%."""
    percent = exact(value) * 100
    return f"{percent.to_integral_value() if percent == percent.to_integral_value() else percent.normalize():f}%"


def rate_format(unit: str) -> str:
    """The format of a price or charge per unit of weight or energy: USD/t is usd_per_t."""
    return unit.casefold().replace("/", "_per_")


def _is(*units: str | None) -> Callable[[str | None], bool]:
    return lambda unit: unit in units


def _plain(unit: str | None) -> bool:
    """Counts, days, weights and index points: whatever is neither money nor a share."""
    return unit is None or (not unit.startswith("USD") and unit not in (FRACTION, PERCENT, PERCENT_A_YEAR))


_NUMBER = (int, float, Decimal)
_FORMATS = (
    Format("usd0", _NUMBER, _is("USD"), _number(0)),
    Format("usd2", _NUMBER, _is("USD"), _number(2)),
    *(Format(rate_format(unit), _NUMBER, _is(unit), _number(places)) for unit, places in RATE_PLACES.items()),
    Format("pct1", _NUMBER, _is(FRACTION), lambda value: rounded(exact(value) * 100, 1) + "%"),
    Format("level", _NUMBER, _is(FRACTION), _level),
    Format("pct_points", _NUMBER, _is(PERCENT, PERCENT_A_YEAR), lambda value: rounded(exact(value), 2) + "%"),
    Format("number0", _NUMBER, _plain, _number(0)),
    Format("number1", _NUMBER, _plain, _number(1)),
    Format("number2", _NUMBER, lambda unit: _plain(unit) or unit == FRACTION, _number(2)),
    Format("number3", _NUMBER, lambda unit: _plain(unit) or unit == FRACTION, _number(3)),
    Format("date", (date,), _is(None), lambda value: value.isoformat() if isinstance(value, date) else str(value)),
    Format("text", (str,), _is(None), lambda value: escaped(str(value))),
)
FORMATS: dict[str, Format] = {item.name: item for item in _FORMATS}


def is_of(value: object, types: tuple[type, ...]) -> bool:
    """Whether a value is of one of `types`; a bool is no number and a time of day no date."""
    return isinstance(value, types) and not isinstance(value, (bool, datetime))


def number_of(value: FactValue) -> float | None:
    """`value` as a float; None for dates and text."""
    return float(value) if isinstance(value, _NUMBER) else None


def full_format(unit: str | None) -> str:
    """The format that prints a number of this unit with all the decimals it is quoted with."""
    if unit in RATE_PLACES:
        return rate_format(unit)
    return {"USD": "usd2", PERCENT: "pct_points", PERCENT_A_YEAR: "pct_points"}.get(unit or "", "number2")


def print_fact(value: FactValue, unit: str | None, name: str) -> str:
    """`value` in the format called `name`, without the unit that stands behind it.

    Raises:
        GroundingError: no such format, not one for this unit or type, or longer than any number of the trade.
    """
    if name not in FORMATS:
        raise GroundingError(f"unknown format {name!r}")
    chosen = FORMATS[name]
    if not is_of(value, chosen.types):
        raise GroundingError(f"format {name} does not print {type(value).__name__}")
    if not chosen.allows(unit):
        raise GroundingError(f"format {name} is not for the unit {unit or 'none'}")
    printed = chosen.text(value)
    if name != "text" and len(printed) > LONGEST_SPAN:
        raise GroundingError(f"{printed} is too long to be a figure")
    return printed


def printings(value: object, unit: str | None) -> set[str]:
    """Every way `value` may stand in a memo under its unit; empty for what cannot be printed."""
    allowed = (item for item in FORMATS.values() if is_of(value, item.types) and item.allows(unit))
    return {item.text(value) for item in allowed}  # type: ignore[arg-type]
