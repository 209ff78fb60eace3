"""A made-up night of risk whose tables agree with each other: one world of sizes, prices and a correlation, seeded."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
from scipy.stats import binom, chi2, norm

from openmineral_dagster.lake.schema import Table, require_valid
from openmineral_dagster.lake.tables.risk import (
    BACKTEST,
    CONTRIBUTIONS,
    EXCLUDED,
    EXPOSURES,
    LIMITS,
    MARGIN_CALLS,
    PNL,
    PNL_EXPLAIN,
    STRESS,
    VAR,
)
from openmineral_dagster.reporting.risk_tables import RiskTables

NIGHT = date(2026, 11, 20)
BEFORE = NIGHT - timedelta(days=1)
LEVELS = (0.95, 0.975, 0.99)
METHODS = {
    "historical_500": 1.07,
    "ewma94_normal": 0.91,
    "fhs_ewma94": 1.01,
    "fhs_ewma97": 0.98,
    "fhs_garch": 1.03,
    "gjr_t": 0.96,
    "monte_carlo_t": 1.04,
    "average4": 0.995,
    "average4_margin": 1.04475,
}
"""Each method's figure over the normal one."""
CORRELATION = 0.45


@dataclass(frozen=True)
class Line:
    """A held line: signed size, price, and the deviation of a day's relative move."""

    portfolio: str
    instrument: str
    tenor: str
    delivery: str
    unit: str
    quantity: float
    price: float
    volatility: float


BOOK = (
    Line("base_metals", "CU", "3m", "rolling", "t", 1500.0, 9612.5, 0.0141),
    Line("base_metals", "AL", "3m", "rolling", "t", -2000.0, 2544.0, 0.0117),
    Line("base_metals", "ZN", "3m", "rolling", "t", 1200.0, 2831.0, 0.0152),
    Line("base_metals", "NI", "3m", "rolling", "t", 240.0, 15480.0, 0.0189),
    Line("base_metals", "ZN", "cash", "rolling", "t", -450.0, 2862.0, 0.0158),
    Line("precious", "GC", "front", "rolling", "oz", 1900.0, 4088.0, 0.0109),
    Line("precious", "SI", "front", "rolling", "oz", -60000.0, 50.42, 0.0206),
    Line("hedges", "CU", "3m", "2027-01-15", "t", -900.0, 9598.0, 0.0140),
    Line("hedges", "HG", "front", "rolling", "lb", -625000.0, 4.96, 0.0149),
    Line("deals", "CU", "3m", "2027-01", "t", -2319.5, 9605.0, 0.0140),
    Line("deals", "CU", "3m", "2026-12", "t", 2324.1, 9618.0, 0.0141),
    Line("deals", "EUR", "spot", "rolling", "EUR", 1850000.0, 1.1582, 0.0046),
)
SCENARIOS = {
    "GFC_2008": ("historical", -0.42, "own data from 2008-07-01 to 2008-12-31"),
    "COVID_2020": ("historical", -0.21, "own data from 2020-01-14 to 2020-03-23"),
    "NICKEL_2022": ("historical", 0.09, "table"),
    "CU_2022": ("historical", -0.24, "own data from 2022-03-04 to 2022-07-14"),
    "SILVER_2011": ("historical", -0.12, "proxy: silver for gold"),
    "PM_CRASH_2026": ("historical", -0.08, "own data from 2026-01-29 to 2026-02-02"),
    "copper up 10 percent": ("hypothetical", 0.10, "scenario file"),
    "copper down 25 percent": ("hypothetical", -0.25, "scenario file"),
    "dollar up 5 percent": ("hypothetical", -0.05, "scenario file"),
}


def night(lines: tuple[Line, ...] = BOOK, nights: int = 250, seed: int = 6, before: tuple[Line, ...] | None = None) -> RiskTables:
    """The tables of `NIGHT` for a book, with `nights` of profit and loss behind it, and what was held the night before."""
    random = np.random.default_rng(seed)
    before = before or calmer(lines, random)
    held, then = _with_book(lines), _with_book(before)
    pnl, record = _record(then, nights, random)
    return RiskTables(
        exposures=_exposures(held, NIGHT),
        excluded=_excluded(),
        var=_var(held, NIGHT),
        contributions=_contributions(held, NIGHT),
        backtest=_backtest(pnl, record),
        stress=_stress(held),
        margin_calls=_margin_calls(held),
        limits=_limits(_var(held, NIGHT), lines),
        pnl_explain=_explain(then, pnl, random),
        pnl=pnl,
        published=record,
        var_before=_var(then, BEFORE),
        contributions_before=_contributions(then, BEFORE),
        exposures_before=_exposures(then, BEFORE),
    )


def calmer(lines: tuple[Line, ...], random: np.random.Generator) -> tuple[Line, ...]:
    """The same lines in other sizes, at slightly lower prices and volatility."""
    return tuple(
        replace(line, quantity=line.quantity * step, price=line.price * 0.993, volatility=line.volatility * 0.97)
        for line, step in zip(lines, random.uniform(0.85, 1.1, len(lines)), strict=True)
    )


def empty_night() -> RiskTables:
    """A night on which nothing is held and nothing was before."""
    of_night = (EXPOSURES, EXCLUDED, VAR, CONTRIBUTIONS, BACKTEST, STRESS, MARGIN_CALLS, LIMITS, PNL_EXPLAIN)
    return RiskTables(*(table.empty() for table in of_night))


def many_portfolios(count: int) -> tuple[Line, ...]:
    """The same lines in ever smaller sizes, a portfolio each, with names from short to very long."""
    names = [f"strategy {place:02d} {'of a desk with much to say ' * (place % 4)}".strip() for place in range(count)]
    return tuple(
        replace(BOOK[place % len(BOOK)], portfolio=name, quantity=BOOK[place % len(BOOK)].quantity / (1 + place))
        for place, name in enumerate(names)
    )


def renamed(lines: tuple[Line, ...], name: str) -> tuple[Line, ...]:
    """The same lines in portfolios whose names start with `name`."""
    return tuple(replace(line, portfolio=f"{name} {line.portfolio}") for line in lines)


def _with_book(lines: tuple[Line, ...]) -> dict[str, list[Line]]:
    """Lines by portfolio, and netted by what names a line as ALL."""
    by_portfolio: dict[str, list[Line]] = {"ALL": []}
    netted: dict[tuple[str, str, str], Line] = {}
    for line in lines:
        by_portfolio.setdefault(line.portfolio, []).append(line)
        key = _key(line)
        sofar = netted[key].quantity if key in netted else 0.0
        netted[key] = replace(line, portfolio="ALL", quantity=sofar + line.quantity)
    by_portfolio["ALL"] = list(netted.values())
    return by_portfolio


def _rows(table: Table, rows: list[tuple]) -> pl.DataFrame:
    return require_valid(pl.DataFrame(rows, schema=table.dtypes, orient="row"), table)


def _exposures(held: dict[str, list[Line]], as_of: date) -> pl.DataFrame:
    return _rows(
        EXPOSURES,
        [
            (as_of, portfolio, *_key(line), "USD", line.quantity, line.unit, as_of, line.price, line.quantity * line.price)
            for portfolio, lines in held.items()
            for line in lines
        ],
    )


def _deviations(lines: list[Line]) -> tuple[np.ndarray, np.ndarray, float]:
    """Each line's own deviation in USD, what it has of the portfolio's, and the portfolio's."""
    own = np.array([line.quantity * line.price * line.volatility for line in lines])
    correlation = np.full((len(own), len(own)), CORRELATION) + (1 - CORRELATION) * np.eye(len(own))
    whole = float(np.sqrt(own @ correlation @ own))
    return own, own * (correlation @ own) / whole, whole


def _multiple(method: str, level: float) -> float:
    return METHODS[method] / (1.05 if method == "average4_margin" and level == 0.95 else 1.0) * norm.ppf(level)


def _var(held: dict[str, list[Line]], as_of: date) -> pl.DataFrame:
    rows = []
    for portfolio, lines in held.items():
        deviation = _deviations(lines)[2]
        for method in METHODS:
            for level in LEVELS:
                for days in (1, 10):
                    var = _multiple(method, level) * deviation * days**0.5
                    margin = 1.05 if method == "average4_margin" and level > 0.95 else 1.0
                    read = method == "average4_margin"
                    says = "passed: Kupiec 0.42 at 99, 0.81 at 95 percent over 250 nights" if read else "not read"
                    rows.append((as_of, portfolio, method, level, days, var, 1.17 * var, margin, 1000, read, says))
    return _rows(VAR, rows)


def _contributions(held: dict[str, list[Line]], as_of: date) -> pl.DataFrame:
    rows = []
    for portfolio, lines in held.items():
        own, shares, whole = _deviations(lines)
        for level in LEVELS:
            scale = _multiple("average4_margin", level)
            for place, line in enumerate(lines):
                others = lines[:place] + lines[place + 1 :]
                less = whole - _deviations(others)[2] if others else whole
                figures = (abs(own[place]) * scale, shares[place] * scale, less * scale)
                rows.append((as_of, portfolio, line.instrument, line.tenor, line.delivery, level, *figures))
    return _rows(CONTRIBUTIONS, rows)


def _record(held: dict[str, list[Line]], nights: int, random: np.random.Generator) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Profit and loss of the last `nights`, fat-tailed, and the figures of the nights before each."""
    days = [day for back in range(2 * nights + 7) if (day := NIGHT - timedelta(days=back)).weekday() < 5][: nights + 1][::-1]
    waves = 1 + 0.25 * np.sin(np.arange(nights + 1) / 23)
    moves = _moves(held["ALL"], nights, random)
    pnl, figures = [], []
    for portfolio, lines in held.items():
        deviation = _deviations(lines)[2]
        gains = waves[:-1] * sum(line.quantity * line.price * moves[_key(line)] for line in lines)
        pnl += [(day, portfolio, held_from, day, gain) for day, held_from, gain in zip(days[1:], days, gains, strict=False)]
        for day, wave in zip(days[:-1], waves, strict=False):
            for level in LEVELS:
                var = _multiple("average4_margin", level) * deviation * wave
                margin = 1.0 if level == 0.95 else 1.05
                figures.append((day, portfolio, "average4_margin", level, 1, var, 1.17 * var, margin, 1000, True, "passed"))
    return _rows(PNL, pnl), _rows(VAR, figures)


def _moves(lines: list[Line], nights: int, random: np.random.Generator) -> dict[tuple[str, str, str], np.ndarray]:
    """A day's relative moves by line: one common factor, widened together on some days."""
    common, tails = random.standard_normal(nights), np.sqrt(6 / random.chisquare(8, nights))
    return {
        _key(line): line.volatility
        * tails
        * (CORRELATION**0.5 * common + (1 - CORRELATION) ** 0.5 * random.standard_normal(nights))
        for line in lines
    }


def _key(line: Line) -> tuple[str, str, str]:
    return line.instrument, line.tenor, line.delivery


def _backtest(pnl: pl.DataFrame, record: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for level in LEVELS:
        figures = record.filter(pl.col("confidence") == level).select("portfolio", "var_usd", held_from="as_of_date")
        sat = pnl.join(figures, on=["portfolio", "held_from"])
        for (portfolio,), nights in sat.group_by("portfolio", maintain_order=True):
            for method in ("published", *METHODS):
                scale = METHODS.get(method, METHODS["average4_margin"]) / METHODS["average4_margin"]
                breaches = nights.filter(pl.col("pnl_usd") < -scale * pl.col("var_usd")).height
                rows += [_exam(str(portfolio), method, level, window, nights, breaches) for window in ("250", "all")]
    return _rows(BACKTEST, rows)


def _exam(portfolio: str, method: str, level: float, window: str, nights: pl.DataFrame, breaches: int) -> tuple:
    n, rate = nights.height, 1 - level
    seen = min(max(breaches / n, 1e-12), 1 - 1e-12)
    likelihood = breaches * np.log(seen / rate) + (n - breaches) * np.log((1 - seen) / (1 - rate))
    p = float(chi2.sf(2 * likelihood, 1))
    chance = binom.cdf(breaches, n, rate)
    zone = None if window == "all" or n < 250 else "green" if chance < 0.95 else "yellow" if chance < 0.9999 else "red"
    dates = (nights["held_from"].min(), nights["as_of_date"].max())
    return (
        NIGHT,
        portfolio,
        method,
        level,
        window,
        *dates,
        n,
        breaches,
        p,
        p**1.1,
        p**0.9,
        1 - breaches / n / rate,
        -3.3 + rate,
        zone,
    )


def _stress(held: dict[str, list[Line]]) -> pl.DataFrame:
    rows = []
    for portfolio, lines in held.items():
        for line in lines:
            value, named = line.quantity * line.price, _key(line)
            for scenario, (kind, factor, basis) in SCENARIOS.items():
                away = scenario.startswith("copper") and line.instrument not in ("CU", "HG")
                move = 0.0 if away else factor * line.volatility / 0.014
                says = "not covered" if line.instrument == "EUR" and kind == "historical" else basis
                moved = 0.0 if says == "not covered" else move
                rows.append((NIGHT, portfolio, scenario, *named, kind, moved, says, moved * value))
            value_at_work = sum(other.quantity * other.price * other.volatility for other in lines)
            move = -1.0e6 / value_at_work * line.volatility
            says = "loses 1,000,000 USD at 2.62 standard deviations of one day (EWMA 0.97)"
            rows.append((NIGHT, portfolio, "LOSE_1M", *named, "reverse", move, says, move * value))
    return _rows(STRESS, rows)


def _margin_calls(held: dict[str, list[Line]]) -> pl.DataFrame:
    rows = []
    for portfolio, lines in held.items():
        deviation = _deviations(lines)[2]
        for rank, day in enumerate((date(2008, 10, 10), date(2020, 3, 18), date(2022, 3, 7), date(2011, 9, 23)), start=1):
            figures = (3.2 * deviation, (7.1 - rank) * deviation)
            rows.append((NIGHT, portfolio, rank, day, *figures, "CU, NI: margins file; GC: own history; days since 2007-01-03"))
    return _rows(MARGIN_CALLS, rows)


def _limits(var: pl.DataFrame, lines: tuple[Line, ...]) -> pl.DataFrame:
    whole = var.filter(pl.col("published") & (pl.col("portfolio") == "ALL") & (pl.col("horizon_days") == 1))
    used = float(whole.filter(pl.col("confidence") == 0.99)["var_usd"].item())
    bound = 0.9 * used
    advice = (
        f"{used:,.0f} used of {bound:,.0f} USD, {used - bound:,.0f} over. Sell 12 lots of CU 3m (25 t each, component "
        f"{(used - bound) / 12:,.0f} USD a lot): {used:,.0f} − 12 x {(used - bound) / 12:,.0f} = {bound:,.0f}."
    )
    tonnes = sum(line.quantity for line in lines if line.instrument == "CU")
    return _rows(
        LIMITS,
        [
            (NIGHT, "ALL", "VAR_99", "var", "", "USD", bound, used, used / bound, True, advice),
            (NIGHT, "ALL", "CU_NET", "net_quantity", "CU", "t", 5000.0, abs(tonnes), abs(tonnes) / 5000, False, ""),
            (NIGHT, "ALL", "CONCENTRATION", "concentration", "CU", "share", 0.4, 0.318, 0.795, False, ""),
            (NIGHT, "ALL", "STRESS", "stress", "GFC_2008", "USD", 9.0e6, 6.1e6, 6.1 / 9, False, ""),
        ],
    )


def _explain(held: dict[str, list[Line]], pnl: pl.DataFrame, random: np.random.Generator) -> pl.DataFrame:
    """Components whose sum without new trades is the clean figure of each portfolio."""
    clean = dict(pnl.filter(pl.col("as_of_date") == NIGHT).select("portfolio", "pnl_usd").iter_rows())
    rows = []
    for portfolio, gain in clean.items():
        lines = held[portfolio]
        shares = random.dirichlet(np.ones(len(lines)))
        for line, share in zip(lines, shares, strict=True):
            named, whole = _key(line), gain * share
            parts = {"price": 0.9, "curve": 0.06, "roll": 0.01, "carry": 0.02, "fx": 0.0, "residual": 0.01}
            rows += [(NIGHT, portfolio, *named, part, whole * weight) for part, weight in parts.items()]
            rows.append((NIGHT, portfolio, *named, "new_trades", 250.0))
    return _rows(PNL_EXPLAIN, rows)


def _excluded() -> pl.DataFrame:
    return _rows(
        EXCLUDED,
        [
            (NIGHT, "base_metals", "book.csv row 14", "unit", "gal", "expected t, lb or lots for CU"),
            (NIGHT, "precious", "book.csv row 19", "instrument", "RHODIUM", "expected an instrument the desk prices"),
            (NIGHT, "hedges", "book.csv row 22", "entered_on", "2026-12-01", "expected on or before 2026-11-20"),
        ],
    )
