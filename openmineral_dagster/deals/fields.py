"""The kinds of value a deal file holds: plain decimals, dates, lines of text and the words of the trade."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


def plain_number(value: object) -> object:
    """Only a number written out in digits: no exponents, infinities, separators or spaces."""
    if isinstance(value, str) and not (value.isascii() and _is_plain(value)):
        raise ValueError("a number in plain digits, such as 9850.00")
    return value


def _is_plain(value: str) -> bool:
    whole, _, cents = value.removeprefix("-").partition(".")
    return whole.isdigit() and len(whole) <= 15 and len(cents) <= 12 and (cents.isdigit() or "." not in value)


def _iso(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"(19[7-9]|20\d)\d-\d\d-\d\d", value, re.ASCII):
        raise ValueError("a date as YYYY-MM-DD, from 1970 to 2099")
    return value


def _within_the_whole(assay: dict[str, Decimal]) -> dict[str, Decimal]:
    for name, found in assay.items():
        if found > (100 if name.endswith("_pct") else 1_000_000):
            raise ValueError(f"{name} of at most the whole: 100 percent, 1,000,000 g/t or ppm")
    return assay


def _one_line(value: str) -> str:
    if not value.strip() or any(ord(sign) < 32 for sign in value):
        raise ValueError("one line of text")
    return value


Number = Annotated[Decimal, BeforeValidator(plain_number)]
NotNegative = Annotated[Number, Field(ge=0)]
Positive = Annotated[Number, Field(gt=0)]
Percent = Annotated[Number, Field(ge=0, le=100)]
Day = Annotated[date, BeforeValidator(_iso)]
Days = Annotated[int, BeforeValidator(plain_number), Field(ge=0, le=3650)]
Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
Metal = Literal["copper", "zinc", "lead", "nickel", "tin", "aluminium", "gold", "silver", "platinum", "palladium"]
AssayName = Annotated[str, Field(pattern=r"^[a-z0-9_]+_(pct|ppm|gpt)$")]
Assays = Annotated[dict[AssayName, NotNegative], AfterValidator(_within_the_whole)]
Incoterm = Literal["EXW", "FCA", "FAS", "FOB", "CFR", "CIF", "CPT", "CIP", "DAP", "DPU", "DDP"]
LegName = Literal["buy", "sell"]


class Terms(BaseModel):
    """Base of every part of a deal: fixed once read, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
