"""What a limits file may say: one closed model a measure, told apart by `measure`."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from openmineral_dagster.deals.fields import Terms, Text, plain_number
from openmineral_dagster.reference.conversion import CURRENCIES
from openmineral_dagster.reference.instruments import find
from openmineral_dagster.risk.book import BY_SYMBOL
from openmineral_dagster.risk.shocks import Name, Portfolio, PositiveFigure

MEASURE_NAMES = (
    *("var", "es", "stress", "net_quantity", "month_quantity", "tenor_quantity"),
    *("gross_value", "concentration", "margin_call", "counterparty"),
)
LEVELS, HORIZONS = (0.95, 0.975, 0.99), (1, 10)


def _instrument(name: str) -> str:
    item = find(name)
    if item is None and name not in CURRENCIES:
        raise ValueError("an instrument the desk prices, or a currency")
    return item.symbol if item else name


def _level(value: float) -> float:
    if value not in LEVELS:
        raise ValueError(f"a level that is measured: {', '.join(map(str, LEVELS))}")
    return value


def _horizon(value: int) -> int:
    if value not in HORIZONS:
        raise ValueError(f"a horizon that is measured: {', '.join(map(str, HORIZONS))}")
    return value


Instrument = Annotated[str, AfterValidator(_instrument)]


def unit_of(instrument: str) -> str:
    """The unit quantities of an instrument are counted in; of a currency its own code."""
    return BY_SYMBOL[instrument].quantity_unit if instrument in BY_SYMBOL else instrument


class Limit(Terms):
    """What every limit has: a name, the portfolio it is for, and how much of the measure may be used, above zero."""

    id: Name
    portfolio: Portfolio
    limit: PositiveFigure


class TailLimit(Limit):
    """Published value at risk or expected shortfall, USD."""

    measure: Literal["var", "es"]
    confidence: Annotated[PositiveFigure, AfterValidator(_level)] = 0.99
    horizon_days: Annotated[int, BeforeValidator(plain_number), AfterValidator(_horizon)] = 1


class StressLimit(Limit):
    """The largest loss under the named scenarios, or under all historical and hypothetical ones, USD."""

    measure: Literal["stress"]
    scenarios: tuple[Name, ...] = ()


class _QuantityLimit(Limit):
    """Net quantity of one instrument, in its own unit, long or short."""

    instrument: Instrument
    unit: Text

    @model_validator(mode="after")
    def _in_its_unit(self) -> "_QuantityLimit":
        if self.unit != unit_of(self.instrument):
            raise ValueError(f"unit: {unit_of(self.instrument)}, what {self.instrument} is counted in")
        return self


class NetLimit(_QuantityLimit):
    """Net quantity over all tenors and deliveries."""

    measure: Literal["net_quantity"]


class MonthLimit(_QuantityLimit):
    """Net quantity by pricing month, or month of the prompt date; every month where none is named."""

    measure: Literal["month_quantity"]
    month: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")] | None = None


class TenorLimit(_QuantityLimit):
    """Net quantity by tenor; every one where none is named."""

    measure: Literal["tenor_quantity"]
    tenor: Text | None = None


class GrossLimit(Limit):
    """Sum of the absolute values of all lines, USD."""

    measure: Literal["gross_value"]


class ConcentrationLimit(Limit):
    """Share of one instrument in the gross value, a fraction; of the largest where none is named."""

    measure: Literal["concentration"]
    instrument: Instrument | None = None
    limit: Annotated[PositiveFigure, Field(le=1)]


class MarginLimit(Limit):
    """Initial margin and the variation margin of the three worst days, were they to follow each other, USD."""

    measure: Literal["margin_call"]


class CounterpartyLimit(Limit):
    """Exposure to one counterparty, USD; to each where none is named."""

    measure: Literal["counterparty"]
    counterparty: Text | None = None


AnyLimit = Annotated[
    TailLimit
    | StressLimit
    | NetLimit
    | MonthLimit
    | TenorLimit
    | GrossLimit
    | ConcentrationLimit
    | MarginLimit
    | CounterpartyLimit,
    Field(discriminator="measure"),
]


class Limits(Terms):
    """`limits.yaml`."""

    limits: Annotated[tuple[AnyLimit, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _named_once(self) -> "Limits":
        names = [limit.id for limit in self.limits]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"each id once; {', '.join(repeated)} is there twice")
        return self
