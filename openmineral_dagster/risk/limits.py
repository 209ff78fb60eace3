"""Limits of the book: how much of each is used, whether it is breached, and the arithmetic of the way back."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, partial

import polars as pl

from openmineral_dagster.lake.tables.risk import EXCLUDED, LIMITS
from openmineral_dagster.risk.advice import (
    Figure,
    Key,
    Line,
    VarOf,
    best_hedges,
    hedges_told,
    quantity_order,
    scaled,
    told,
    tradable,
    way_back,
)
from openmineral_dagster.risk.history import Histories
from openmineral_dagster.risk.limit_terms import (
    ConcentrationLimit,
    CounterpartyLimit,
    GrossLimit,
    Limit,
    Limits,
    MarginLimit,
    MonthLimit,
    NetLimit,
    StressLimit,
    TailLimit,
    TenorLimit,
)
from openmineral_dagster.risk.liquidity import Called
from openmineral_dagster.risk.moves import LINE

COUNTERPARTIES = pl.Schema({"counterparty": pl.String, "exposure_usd": pl.Float64})


@dataclass(frozen=True, eq=False)
class Measured:
    """What the night measured, of all portfolios.

    Attributes:
        exposures: `risk.exposures`.
        sensitivities: portfolio, instrument, tenor, delivery, series_tenor, quantity, spot.
        market: prices as the night knew them.
        var: `risk.var`; published rows are read.
        stress: `risk.stress`; rows of kind reverse are not read.
        calls: what `liquidity.called` found, by portfolio.
        counterparties: counterparty, exposure_usd (what is lost if it fails).
    """

    as_of: date
    exposures: pl.DataFrame
    sensitivities: pl.DataFrame
    market: Histories
    var: pl.DataFrame
    stress: pl.DataFrame
    calls: Mapping[str, Called]
    counterparties: pl.DataFrame = field(default_factory=COUNTERPARTIES.to_frame)

    def of(self, portfolio: str) -> "Measured":
        """What was measured of one portfolio; counterparties are the whole desk's."""
        own = pl.col("portfolio") == portfolio
        return replace(
            self,
            exposures=self.exposures.filter(own),
            sensitivities=self.sensitivities.filter(own),
            var=self.var.filter(own),
            stress=self.stress.filter(own),
            calls={name: calls for name, calls in self.calls.items() if name == portfolio},
        )

    @cached_property
    def lines(self) -> list[Line]:
        """Lines that can be closed by whole lots."""
        return tradable(self.exposures)

    @cached_property
    def values(self) -> dict[Key, float]:
        """Absolute value of each line, USD."""
        rows = self.exposures.sort(LINE).select(*LINE, "value_usd").iter_rows()
        return {(instrument, tenor, delivery): abs(value) for instrument, tenor, delivery, value in rows}

    @cached_property
    def results(self) -> dict[str, dict[Key, float]]:
        """Gain of each line by scenario, USD."""
        held = self.stress.filter(pl.col("kind") != "reverse").sort("scenario", *LINE)
        found: dict[str, dict[Key, float]] = {}
        for scenario, *key, gain in held.select("scenario", *LINE, "pnl_usd").iter_rows():
            found.setdefault(scenario, {})[key[0], key[1], key[2]] = gain
        return found


@dataclass(frozen=True)
class Use:
    """What is used of a limit, in `unit`; `advice` says the way back, and is asked only where the limit is breached."""

    scope: str
    unit: str
    used: float
    advice: Callable[[], str]


@dataclass(frozen=True)
class Nothing:
    """A limit on nothing: the field that names what is not there, and what was expected."""

    field: str
    value: str
    expectation: str


Found = Iterator[Use | Nothing]


def check_limits(limits: Limits, measured: Measured, var_of: VarOf) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`risk.limits` of the night, a row a limit and scope, and `risk.excluded` rows of the limits on nothing.

    Args:
        var_of: published one-day value at risk of the sensitivities of one portfolio, USD; asked for breached limits of value
            at risk and expected shortfall only. It must take any series the night has prices of, held or not.
    """
    portfolios = measured.exposures["portfolio"].unique().sort().to_list()
    books = {name: measured.of(name) for name in {limit.portfolio for limit in limits.limits} & set(portfolios)}
    rows, excluded = [], []
    for limit in limits.limits:
        if limit.portfolio not in books:
            expectation = f"a portfolio that holds something: {', '.join(portfolios) or 'none does'}"
            found: list[Use | Nothing] = [Nothing("portfolio", limit.portfolio, expectation)]
        else:
            found = list(MEASURES[type(limit)](limit, books[limit.portfolio], var_of))
        rows += [_row(measured.as_of, limit, use) for use in found if isinstance(use, Use)]
        excluded += [_excluded(measured.as_of, limit, none) for none in found if isinstance(none, Nothing)]
    checked = pl.DataFrame(rows, schema=LIMITS.dtypes, orient="row").sort(LIMITS.key)
    return checked, pl.DataFrame(excluded, schema=EXCLUDED.dtypes, orient="row").sort(EXCLUDED.key)


def _row(as_of: date, limit: Limit, use: Use) -> tuple[object, ...]:
    breached = use.used > limit.limit
    shares = use.used, max(use.used, 0.0) / limit.limit, breached, use.advice() if breached else ""
    return as_of, limit.portfolio, limit.id, limit.model_dump()["measure"], use.scope, use.unit, limit.limit, *shares


def _excluded(as_of: date, limit: Limit, none: Nothing) -> tuple[object, ...]:
    return as_of, limit.portfolio, f"limit {limit.id}", none.field, none.value, f"expected {none.expectation}"


def _closing(book: Measured, figure: Figure, limit: Limit, name: str, unit: str) -> str:
    return told(way_back(book.lines, figure, limit.limit), name, unit, limit.limit)


def _tail(limit: TailLimit, book: Measured, var_of: VarOf) -> Found:
    level, days = limit.confidence, limit.horizon_days
    own = (pl.col("confidence") - level).abs() < 1e-9
    published = book.var.filter(pl.col("published") & own & (pl.col("horizon_days") == days))
    name = f"{limit.measure} {level} {days}d"
    if published.is_empty():
        yield Nothing("measure", name, "a published figure; the night has none of this portfolio")
        return
    used = float(published[f"{limit.measure}_usd"][0])
    yield Use("", "USD", used, lambda: _tail_advice(limit, book, used, name, var_of))


def _tail_advice(limit: TailLimit, book: Measured, used: float, name: str, var_of: VarOf) -> str:
    """Lots by the published one-day figure; another level or horizon is taken to move with it, and the text says so."""
    known: dict[tuple[tuple[Key, float], ...], float] = {}

    def value_at_risk(kept: Mapping[Key, float]) -> float:
        asked = tuple(sorted(kept.items()))
        if asked not in known:
            known[asked] = var_of(scaled(book.sensitivities, kept))
        return known[asked]

    now = value_at_risk({})
    if now <= 0:
        return f"{name} {used:,.0f} USD, limit {limit.limit:,.0f} USD: one-day value at risk is not above zero"
    plan = _closing(book, lambda kept: used * value_at_risk(kept) / now, limit, name, "USD")
    same = abs(used / now - 1) < 1e-6
    basis = "" if same else f" (taken to move with published one-day value at risk, {now:,.0f} USD)"
    hedges = best_hedges(book.sensitivities, book.market, sum(book.values.values()), book.as_of, var_of)
    return f"{plan}{basis}. {hedges_told(hedges)}"


def _stress(limit: StressLimit, book: Measured, _: VarOf) -> Found:
    missing = sorted(set(limit.scenarios) - set(book.results))
    if missing:
        yield Nothing("scenarios", ", ".join(missing), f"scenarios of the night: {', '.join(book.results) or 'there is none'}")
    results = {name: book.results[name] for name in (limit.scenarios or book.results) if name in book.results}
    if not results:
        if not limit.scenarios:
            yield Nothing("measure", "stress", "a scenario of the night; there is none of this portfolio")
        return

    def loss(kept: Mapping[Key, float]) -> tuple[float, str]:
        return max((-sum(gain * kept.get(key, 1.0) for key, gain in lines.items()), name) for name, lines in results.items())

    used, worst = loss({})
    name = f"loss, largest under {worst},"
    scope = ", ".join(limit.scenarios)
    yield Use(scope, "USD", max(used, 0.0), lambda: _closing(book, lambda kept: loss(kept)[0], limit, name, "USD"))


def _quantities(limit: NetLimit | MonthLimit | TenorLimit, book: Measured, _: VarOf) -> Found:
    held = book.exposures.filter(pl.col("instrument") == limit.instrument)
    if held.is_empty():
        yield Nothing("instrument", limit.instrument, "an instrument the portfolio holds")
        return
    named, part = _part(limit)
    parts = _parts(limit, held)
    wanted = parts if named is None else {name: net for name, net in parts.items() if name == named}
    if not wanted:
        have = ", ".join(parts) or "none"
        yield Nothing(part, named or limit.instrument, f"a {part} of {limit.instrument} the portfolio holds: {have}")
    for name, net in wanted.items():
        scope = f"{limit.instrument} {name}".strip()
        yield Use(scope, limit.unit, abs(net), partial(quantity_order, limit.instrument, net, limit.limit, limit.unit))


def _part(limit: NetLimit | MonthLimit | TenorLimit) -> tuple[str | None, str]:
    """The part a quantity limit names, and what such a part is called."""
    if isinstance(limit, MonthLimit):
        return limit.month, "month"
    return (limit.tenor, "tenor") if isinstance(limit, TenorLimit) else (None, "instrument")


def _parts(limit: NetLimit | MonthLimit | TenorLimit, held: pl.DataFrame) -> dict[str, float]:
    """Net quantity by month, by tenor, or altogether; sorted. A constant maturity has no month."""
    if isinstance(limit, MonthLimit):
        part = pl.col("delivery").str.extract(r"^(\d{4}-\d{2})(?:-\d{2})?$")
    else:
        part = pl.col("tenor") if isinstance(limit, TenorLimit) else pl.lit("")
    named = held.with_columns(part=part).drop_nulls("part")
    net = named.group_by("part").agg(pl.col("quantity").sort().sum()).sort("part")
    return dict(net.iter_rows())


def _gross(limit: GrossLimit, book: Measured, _: VarOf) -> Found:
    def gross(kept: Mapping[Key, float]) -> float:
        return sum(value * abs(kept.get(key, 1.0)) for key, value in book.values.items())

    yield Use("", "USD", gross({}), lambda: _closing(book, gross, limit, "gross value", "USD"))


def _concentration(limit: ConcentrationLimit, book: Measured, _: VarOf) -> Found:
    held = {key[0] for key in book.values}
    if limit.instrument is not None and limit.instrument not in held:
        yield Nothing("instrument", limit.instrument, f"an instrument the portfolio holds: {', '.join(sorted(held))}")
        return

    def largest(kept: Mapping[Key, float]) -> tuple[float, str]:
        values = {key: value * abs(kept.get(key, 1.0)) for key, value in book.values.items()}
        gross = sum(values.values())
        totals = {name: sum(value for key, value in values.items() if key[0] == name) for name in held}
        wanted = [limit.instrument] if limit.instrument is not None else sorted(held)
        return max((totals[name] / gross if gross else 0.0, name) for name in wanted)

    used, most = largest({})
    name = f"share, largest of {most},"
    yield Use(limit.instrument or "", "share", used, lambda: _closing(book, lambda kept: largest(kept)[0], limit, name, "share"))


def _margin(limit: MarginLimit, book: Measured, _: VarOf) -> Found:
    (calls,) = book.calls.values() or (None,)
    if calls is None:
        yield Nothing("measure", "margin_call", "an exchange-traded line a margin is known for; the portfolio has none")
        return
    yield Use("", "USD", calls.cash({}), lambda: _closing(book, calls.cash, limit, "margin", "USD"))


def _counterparty(limit: CounterpartyLimit, book: Measured, _: VarOf) -> Found:
    owed = book.counterparties.group_by("counterparty").agg(pl.col("exposure_usd").sort().sum()).sort("counterparty")
    exposed = {name: usd for name, usd in owed.iter_rows() if limit.counterparty in (None, name)}
    if not exposed:
        yield Nothing("counterparty", limit.counterparty or "", "a counterparty the desk is exposed to")
    for name, usd in exposed.items():
        yield Use(name, "USD", usd, partial(_secured, usd, limit.limit))


def _secured(owed: float, limit: float) -> str:
    figures = f"exposure {owed:,.0f} USD before, {limit:,.0f} USD after, limit {limit:,.0f} USD"
    return f"take in or secure {owed - limit:,.0f} USD: {figures}"


Measure = Callable[..., Found]
MEASURES: Mapping[type[Limit], Measure] = {
    TailLimit: _tail,
    StressLimit: _stress,
    NetLimit: _quantities,
    MonthLimit: _quantities,
    TenorLimit: _quantities,
    GrossLimit: _gross,
    ConcentrationLimit: _concentration,
    MarginLimit: _margin,
    CounterpartyLimit: _counterparty,
}
