"""Words of a scenario: closed models of a shock and of the file the desk edits, read from strings.

A shock names what it hits and says the move in percent, in USD of the instrument's own quotation unit, or in USD per tonne.
Shocks of one scenario on the same series add up.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from openmineral_dagster.deals.fields import Terms, plain_number
from openmineral_dagster.reference.conversion import CURRENCIES, GRAMS
from openmineral_dagster.reference.instruments import INSTRUMENTS
from openmineral_dagster.risk.book import BY_SYMBOL

Figure = Annotated[float, BeforeValidator(plain_number)]
PositiveFigure = Annotated[Figure, Field(gt=0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Percent = Annotated[Figure, Field(gt=-100, le=1000)]
"""A relative move; no price falls by its whole value or more."""
Portfolio = Annotated[str, Field(min_length=1, max_length=200)]


def _symbols(*venues: str) -> tuple[str, ...]:
    return tuple(item.symbol for item in INSTRUMENTS if item.venue in venues and item.quantity_unit in GRAMS)


GROUPS: Mapping[str, tuple[str, ...]] = {
    "base_metals": (*_symbols("LME"), "HG"),
    "precious_metals": tuple(name for name in _symbols("LBMA", "COMEX", "NYMEX") if name != "HG"),
    "metals": _symbols("LME", "LBMA", "COMEX", "NYMEX"),
}
"""Names for several instruments at once."""
PAIRS = {f"USD{code}": code for code in CURRENCIES if code != "USD"}
"""A pair as it is quoted, units for one USD: a rise is a fall of the currency, which is priced in USD."""
TARGETS = (*GROUPS, *BY_SYMBOL, *PAIRS, *PAIRS.values())


def _target(name: str) -> str:
    if name not in TARGETS:
        raise ValueError(f"an instrument, a currency, a pair such as USDCNY, or one of {', '.join(GROUPS)}")
    return name


def _symbol(name: str) -> str:
    if name not in BY_SYMBOL:
        raise ValueError(f"the symbol of an instrument: {', '.join(BY_SYMBOL)}")
    return name


Symbol = Annotated[str, AfterValidator(_symbol), Field(json_schema_extra={"enum": list(BY_SYMBOL)})]
Target = Annotated[str, AfterValidator(_target), Field(json_schema_extra={"enum": list(TARGETS)})]


def unique_names(entries: tuple["Scenario | ReverseTarget", ...]) -> None:
    """Raises ValueError where two entries of a file have one id."""
    names = [entry.id for entry in entries]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"each id once; {', '.join(repeated)} is there twice")


class Shock(Terms):
    """One move of a scenario: `of` what, by how much, at which tenor (every one where none is named)."""

    of: Annotated[tuple[Target, ...], Field(min_length=1)]
    tenor: Literal["cash", "3m", "front", "spot", "am", "pm", "noon"] | None = None
    pct: Percent | None = None
    usd: Figure | None = None
    usd_per_t: Figure | None = None

    @model_validator(mode="after")
    def _one_size_that_fits(self) -> "Shock":
        given = [value for value in (self.pct, self.usd, self.usd_per_t) if value is not None]
        if len(given) != 1:
            raise ValueError("exactly one of pct, usd and usd_per_t")
        for target in self.of:
            self._fits(target)
        return self

    def _fits(self, target: str) -> None:
        item = BY_SYMBOL.get(target)
        if self.pct is not None and item is not None and item.can_be_negative:
            raise ValueError(f"usd for {target}, whose price can be negative")
        if self.usd_per_t is not None and target not in GROUPS and (item is None or item.quantity_unit not in GRAMS):
            raise ValueError(f"pct or usd for {target}, which is not priced by weight")
        if self.pct is None and target in (*PAIRS, *PAIRS.values()):
            raise ValueError(f"pct for {target}")

    def move(self, instrument: str, tenor: str, spot: float) -> float:
        """The move of one series, relative, or absolute where its price can be negative; 0 where it is not hit.

        Args:
            spot: the series' price in USD per its own unit.
        """
        if self.tenor not in (None, tenor) or not self.hits(instrument):
            return 0.0
        if self.pct is not None:
            return 1 / (1 + self.pct / 100) - 1 if self._through_pair(instrument) else self.pct / 100
        item = BY_SYMBOL[instrument]
        per_tonne = float(GRAMS[item.quantity_unit] / GRAMS["t"]) if item.quantity_unit in GRAMS else 0.0
        dollars = self.usd if self.usd is not None else (self.usd_per_t or 0.0) * per_tonne
        return dollars if item.can_be_negative else dollars / spot

    def hits(self, instrument: str) -> bool:
        """Whether an instrument is among what the shock is about, at some tenor."""
        return any(instrument in _members(target) for target in self.of)

    def _through_pair(self, instrument: str) -> bool:
        return any(PAIRS.get(target) == instrument for target in self.of)


def _members(target: str) -> tuple[str, ...]:
    return GROUPS.get(target) or (PAIRS.get(target, target),)


class Scenario(Terms):
    """Moves that happen together."""

    id: Name
    shocks: Annotated[tuple[Shock, ...], Field(min_length=1)]

    def hits(self, instrument: str) -> bool:
        """Whether an instrument is among what the scenario is about."""
        return any(shock.hits(instrument) for shock in self.shocks)

    def move(self, instrument: str, tenor: str, spot: float) -> float:
        """The move of one series: its shocks added up; a price that cannot be negative falls to zero at most."""
        total = sum(shock.move(instrument, tenor, spot) for shock in self.shocks)
        item = BY_SYMBOL.get(instrument)
        return total if item is not None and item.can_be_negative else max(total, -1.0)


class Proxy(Terms):
    """The series whose move an instrument takes in a historical window that covers it neither by prices nor in the table."""

    instrument: Symbol
    like: Symbol
    tenor: Name

    @model_validator(mode="after")
    def _moves_alike(self) -> "Proxy":
        own, other = BY_SYMBOL[self.instrument], BY_SYMBOL[self.like]
        if self.tenor not in other.tenors:
            raise ValueError(f"tenor: one {self.like} is quoted for, {' or '.join(other.tenors)}")
        if own.can_be_negative != other.can_be_negative:
            raise ValueError("two instruments whose prices can both be negative, or both not")
        return self


class ReverseTarget(Terms):
    """A sum to lose: in USD, or as a multiple of the published one-day value at risk at 99 percent, of each portfolio."""

    id: Name
    portfolio: Portfolio | None = None
    loss_usd: PositiveFigure | None = None
    var_multiple: PositiveFigure | None = None

    @model_validator(mode="after")
    def _one_sum(self) -> "ReverseTarget":
        if (self.loss_usd is None) == (self.var_multiple is None):
            raise ValueError("either loss_usd or var_multiple")
        return self


class Scenarios(Terms):
    """`scenarios.yaml`: hypothetical scenarios, proxies of the historical windows, and the sums of reverse stress."""

    scenarios: Annotated[tuple[Scenario, ...], Field(min_length=1)]
    proxies: tuple[Proxy, ...] = ()
    reverse: tuple[ReverseTarget, ...] = ()

    @model_validator(mode="after")
    def _named_once(self) -> "Scenarios":
        unique_names((*self.scenarios, *self.reverse))
        return self
