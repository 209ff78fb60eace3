"""What each section of the risk report shows, read from the night's tables: rows of plain values, in the order printed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from openmineral_dagster.lake.tables.risk import COMPONENTS
from openmineral_dagster.reference.instruments import INSTRUMENTS
from openmineral_dagster.reporting.pages import MINUS, percent
from openmineral_dagster.reporting.risk_tables import BOOK, HEADLINE, LINE, RiskTables, at_level, examined, line_name, published

LEVELS = (0.99, 0.975, 0.95)
PREFERRED = "average4_margin"
METHODS = {
    "published": "published",
    PREFERRED: "average of four, with tail margin",
    "average4": "average of four, margin-free",
    "fhs_ewma94": "filtered history, EWMA 0.94",
    "fhs_ewma97": "filtered history, EWMA 0.97",
    "fhs_garch": "filtered history, GARCH",
    "gjr_t": "GJR-GARCH, Student t",
    "historical_500": "historical simulation, 500 days",
    "ewma94_normal": "normal, EWMA 0.94",
    "monte_carlo_t": "Monte Carlo, Student t",
}
"""Methods in words, in the order the exams list them."""
CHOSEN = ("published", PREFERRED, "average4")
"""What the exams show first: what was read, the method of choice, and the same without its margin."""
Z2_BOUND = -0.70
"""Acerbi and Szekely 2014: below it Z2 of 250 nights at 97.5 percent is rejected at five percent."""
LINES_SHOWN = 25
REVERSE_LINES = 6
WORST_DAYS = 3
Row = dict[str, Any]
_ABSOLUTE = {item.symbol: item.unit for item in INSTRUMENTS if item.can_be_negative}


@dataclass(frozen=True)
class DayResult:
    """The night's clean profit and loss of the book beside what the night before said it would rarely lose."""

    row: Row | None
    limit: float | None

    @property
    def verdict(self) -> str:
        """Whether the loss stayed inside, in words."""
        if self.row is None:
            return "no profit and loss is stored for this night"
        if self.limit is None:
            return "no figure of the night before to hold it against"
        return "beyond" if self.row["pnl_usd"] < -self.limit else "inside"


def book_figure(var: pl.DataFrame) -> Row | None:
    """The book's published one-day row at 99 percent, or None."""
    rows = at_level(published(var).filter(pl.col("portfolio") == BOOK), HEADLINE)
    return rows.row(0, named=True) if rows.height else None


def day_result(tables: RiskTables, as_of: date) -> DayResult:
    """The book's profit and loss of the night, and the figure it is held against."""
    rows = tables.pnl.filter((pl.col("portfolio") == BOOK) & (pl.col("as_of_date") == as_of))
    held = examined(tables, BOOK, (HEADLINE,)).filter(pl.col("as_of_date") == as_of)
    return DayResult(rows.row(0, named=True) if rows.height else None, held["0"].item() if held.height else None)


def limit_rows(limits: pl.DataFrame) -> list[Row]:
    """Limits, breached first, then by use."""
    return limits.sort(
        "breached", "utilisation", "portfolio", "limit_id", "scope", descending=[True, True, False, False, False]
    ).to_dicts()


def explained(tables: RiskTables, as_of: date) -> list[Row]:
    """Profit and loss a portfolio by component with its total, the clean figure, and the total less new trades and less it."""
    summed = tables.pnl_explain.group_by("portfolio", "component").agg(pl.col("amount_usd").sum()).to_dicts()
    clean = dict(tables.pnl.filter(pl.col("as_of_date") == as_of).select("portfolio", "pnl_usd").iter_rows())
    rows: list[Row] = []
    for portfolio in book_first({row["portfolio"] for row in summed}):
        amounts = {row["component"]: row["amount_usd"] for row in summed if row["portfolio"] == portfolio}
        total = sum(amounts.values())
        own = clean.get(portfolio)
        left = None if own is None else total - amounts.get("new_trades", 0.0) - own
        figures = {"total": total, "clean": own, "difference": left}
        rows.append({"portfolio": portfolio, **dict.fromkeys(COMPONENTS), **amounts, **figures})
    return rows


def portfolios(tables: RiskTables) -> list[Row]:
    """Every portfolio with an exposure, a figure or a profit and loss: published figures, method, gate and traffic light."""
    names = {name for frame in (tables.exposures, tables.var) for name in frame["portfolio"]}
    return [_portfolio(tables, name) for name in book_first(names)]


def _portfolio(tables: RiskTables, name: str) -> Row:
    own = tables.var.filter(pl.col("portfolio") == name)
    one, ten = ({row["confidence"]: row for row in published(own, days).to_dicts()} for days in (1, 10))
    value = tables.exposures.filter(pl.col("portfolio") == name)["value_usd"]
    head = one.get(HEADLINE)
    light = at_level(
        tables.backtest.filter((pl.col("portfolio") == name) & (pl.col("method") == "published") & (pl.col("window") == "250")),
        HEADLINE,
    )
    return {
        "portfolio": name,
        "net": value.sum(),
        "gross": value.abs().sum(),
        "one": {level: one.get(level) for level in LEVELS},
        "ten": {level: ten.get(level) for level in LEVELS},
        "method": _methods(one) if head else "no figure: too little common history",
        "gate_status": head["gate_status"] if head else "",
        "zone": light["zone"].item() if light.height else None,
        "breaches": light["breaches"].item() if light.height else None,
    }


def _methods(one_day: dict[float, Row]) -> str:
    """The method read, and at which levels another is."""
    read = method_words(one_day[HEADLINE]["method"])
    others = [
        f"{level:.1%} {method_words(row['method'])}"
        for level, row in sorted(one_day.items())
        if row["method"] != one_day[HEADLINE]["method"]
    ]
    return "; ".join([read, *others])


def portfolios_alone(tables: RiskTables) -> float | None:
    """Sum of the portfolios' figures of the headline, each by itself; None where one of two or more has none."""
    names = set(tables.exposures["portfolio"]) - {BOOK}
    parts = at_level(published(tables.var).filter(pl.col("portfolio").is_in(names)), HEADLINE)
    whole = book_figure(tables.var)
    return float(parts["var_usd"].sum()) if whole and len(names) > 1 and parts.height == len(names) else None


def method_words(method: str) -> str:
    """A method as a person says it; its own name where it has no words yet."""
    return METHODS.get(method, method)


def book_first(names: set[str]) -> list[str]:
    """Portfolios, the whole book before its parts."""
    return sorted(names, key=lambda name: (name != BOOK, name))


@dataclass(frozen=True)
class Contributions:
    """What the lines add to the book's published figure.

    Attributes:
        rows: largest first, the small ones as one row.
        total: sum of all components, USD.
        published: the figure they should add up to, or None.
    """

    rows: list[Row]
    total: float
    published: float | None

    @property
    def difference(self) -> float | None:
        """The sum less the published figure: nought where all is well."""
        return None if self.published is None else self.total - self.published


def contributions(tables: RiskTables) -> Contributions:
    """The book's lines at 99 percent, by how much they add."""
    held = tables.exposures.filter(pl.col("portfolio") == BOOK).select(*LINE, "quantity", "quantity_unit", "value_usd")
    lines = at_level(tables.contributions.filter(pl.col("portfolio") == BOOK), HEADLINE).join(held, on=LINE, how="left")
    by_size = lines.sort(pl.col("component_var_usd").abs(), *LINE, descending=[True, False, False, False])
    shown = by_size.head(LINES_SHOWN).sort("component_var_usd", descending=True)
    rows = [{**row, "name": line_name(row)} for row in shown.to_dicts()]
    rest = by_size.slice(LINES_SHOWN)
    if rest.height:
        figure = {name: rest[name].sum() for name in ("component_var_usd", "value_usd")}
        blank = dict.fromkeys(("quantity", "quantity_unit", "standalone_var_usd", "incremental_var_usd"))
        rows.append({**blank, **figure, "name": f"{rest.height} smaller lines"})
    head = book_figure(tables.var)
    return Contributions(rows, float(lines["component_var_usd"].sum()), head["var_usd"] if head else None)


def stresses(stress: pl.DataFrame) -> list[Row]:
    """Scenarios of the book, worst first: gain, basis of its lines, the line and the portfolio that lose most."""
    scenarios = stress.filter(pl.col("kind") != "reverse")
    return [
        _scenario(str(name), rows)
        for (name,), rows in sorted(
            scenarios.group_by("scenario"), key=lambda item: (_of_book(item[1])["pnl_usd"].sum(), item[0])
        )
    ]


def _scenario(name: str, rows: pl.DataFrame) -> Row:
    own = _of_book(rows).sort("pnl_usd", *LINE)
    parts = rows.filter(pl.col("portfolio") != BOOK).group_by("portfolio").agg(pl.col("pnl_usd").sum())
    return {
        "scenario": name,
        "kind": rows["kind"].item(0),
        "pnl_usd": own["pnl_usd"].sum(),
        "bases": own.group_by("basis").agg(lines=pl.len()).sort("lines", "basis", descending=[True, False]).to_dicts(),
        "line": line_name(own.row(0, named=True)) if own.height else "",
        "line_pnl": own["pnl_usd"].item(0) if own.height else None,
        "part": parts.sort("pnl_usd", "portfolio").row(0, named=True) if parts.height else None,
    }


def _of_book(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("portfolio") == BOOK)


def reverse_stresses(stress: pl.DataFrame) -> list[Row]:
    """The smallest plausible moves that lose a given sum, in figures: of the book, or of the portfolios asked for alone."""
    reverse = stress.filter(pl.col("kind") == "reverse")
    of_book = _of_book(reverse)
    asked = pl.concat([of_book, reverse.join(of_book, on="scenario", how="anti")])
    found = []
    for (portfolio, name), rows in asked.group_by("portfolio", "scenario", maintain_order=True):
        lines = rows.sort("pnl_usd", *LINE).to_dicts()
        shown = [
            {"name": line_name(line), "move": move_words(line), "pnl_usd": line["pnl_usd"]} for line in lines[:REVERSE_LINES]
        ]
        rest = lines[REVERSE_LINES:]
        left = {"lines": len(rest), "pnl_usd": sum(line["pnl_usd"] for line in rest)}
        total = sum(line["pnl_usd"] for line in lines)
        named = {"portfolio": portfolio, "scenario": name, "basis": lines[0]["basis"]}
        found.append({**named, "pnl_usd": total, "shown": shown, "rest": left})
    return found


def move_words(line: Row) -> str:
    """A move in percent, or in the instrument's unit where its price can be negative."""
    unit = _ABSOLUTE.get(line["instrument"])
    return f"{line['move']:+,.2f} {unit}".replace("-", MINUS) if unit else percent(line["move"], sign=True)


def exams(backtest: pl.DataFrame, methods: Collection[str]) -> list[Row]:
    """Exams of the book by window, level and method, in the order of `METHODS`: the rows with the breaches expected."""
    order = {method: place for place, method in enumerate(METHODS)}
    own = _of_book(backtest).filter(pl.col("method").is_in(list(methods)))
    return (
        own.with_columns(
            expected=pl.col("n") * (1 - pl.col("confidence")),
            place=pl.col("method").replace_strict(order, default=len(order), return_dtype=pl.Int64),
            z2_rejected=(pl.col("es_z2") < Z2_BOUND)
            & ((pl.col("confidence") - 0.975).abs() < 1e-9)
            & (pl.col("window") == "250"),
        )
        .sort("window", "confidence", "place", "method", descending=[False, True, False, False])
        .to_dicts()
    )


def margin_calls(calls: pl.DataFrame) -> list[Row]:
    """The worst days of the book: initial and variation margin and what both ask for together."""
    worst = _of_book(calls).filter(pl.col("rank") <= WORST_DAYS).sort("rank")
    return worst.with_columns(cash_usd=pl.col("initial_usd") + pl.col("variation_usd")).to_dicts()
