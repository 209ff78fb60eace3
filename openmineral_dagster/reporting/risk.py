"""The risk report of a night: one page, the same in short for the catalogue, and its charts as small pictures."""

from datetime import date
from typing import TYPE_CHECKING

from markupsafe import Markup

from openmineral_dagster.lake.tables.risk import COMPONENTS
from openmineral_dagster.reporting import risk_sections as sections
from openmineral_dagster.reporting.pages import picture, png, render, signed, usd
from openmineral_dagster.reporting.plots import ACCENT, INK, SHADE, gains_against_limit, signed_bars
from openmineral_dagster.reporting.risk_tables import BOOK, HEADLINE, RiskTables, examined, line_name
from openmineral_dagster.reporting.var_change import var_change

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEWEST_NIGHTS = 10
"""Below so many nights a chart of gains and losses would show nothing."""
BARS_SHOWN = 12
CHART_NAMES = {
    "contributions": "What each line adds to the value at risk of the book, USD",
    "stress": "What the book would gain or lose under each scenario, worst first, USD",
    "pnl_against_var": "Profit and loss of the book a night against its value at risk, breaches marked",
}


def page(as_of: date, tables: RiskTables, sample_data: bool) -> str:
    """The report as HTML that needs nothing from outside."""
    head = sections.book_figure(tables.var)
    return render(
        "risk.html",
        sample_data,
        night=as_of,
        book=BOOK,
        named=line_name,
        head=head,
        before=sections.book_figure(tables.var_before),
        change=var_change(tables),
        day=sections.day_result(tables, as_of),
        words=sections.method_words,
        preferred=sections.PREFERRED,
        excluded=tables.excluded.to_dicts(),
        limits=sections.limit_rows(tables.limits),
        breached=tables.limits.filter("breached").height,
        components=COMPONENTS,
        explained=sections.explained(tables, as_of),
        portfolios=sections.portfolios(tables),
        alone=sections.portfolios_alone(tables),
        levels=sections.LEVELS,
        contributions=sections.contributions(tables),
        stresses=sections.stresses(tables.stress),
        reverse=sections.reverse_stresses(tables.stress),
        exams=sections.exams(tables.backtest, sections.CHOSEN),
        other_exams=sections.exams(tables.backtest, set(tables.backtest["method"]) - set(sections.CHOSEN)),
        nights=examined(tables, BOOK, (HEADLINE,)).height,
        fewest=FEWEST_NIGHTS,
        bars=BARS_SHOWN,
        margin_calls=sections.margin_calls(tables.margin_calls),
        pictures={name: _embedded(name, drawn) for name, drawn in _figures(tables).items()},
    )


def charts(tables: RiskTables) -> dict[str, bytes]:
    """The charts as PNG by name (`CHART_NAMES`), each well under 100 kB; one that has nothing to show is left out."""
    return {name: png(drawn) for name, drawn in _figures(tables).items()}


def _embedded(name: str, drawn: "Figure") -> Markup:
    label = CHART_NAMES[name]
    return Markup('<figure role="img" aria-label="{}">{}</figure>').format(label, picture(drawn, name))


def _figures(tables: RiskTables) -> dict[str, "Figure"]:
    drawn = {
        "contributions": _contributions_chart(tables),
        "stress": _stress_chart(tables),
        "pnl_against_var": _record_chart(tables),
    }
    return {name: figure for name, figure in drawn.items() if figure is not None}


def _contributions_chart(tables: RiskTables) -> "Figure | None":
    """The largest lines of the book by what they add to its figure or take from it."""
    rows = sections.contributions(tables).rows
    largest = sorted(rows, key=lambda row: -abs(row["component_var_usd"]))[:BARS_SHOWN]
    shown = sorted(largest, key=lambda row: -row["component_var_usd"])
    if not shown:
        return None
    values = [row["component_var_usd"] for row in shown]
    colours = [INK if value > 0 else SHADE for value in values]
    return signed_bars([row["name"] for row in shown], values, [*map(usd, values)], colours, "component VaR 99 %, one day, USD")


def _stress_chart(tables: RiskTables) -> "Figure | None":
    shown = sections.stresses(tables.stress)[:BARS_SHOWN]
    if not shown:
        return None
    values = [row["pnl_usd"] for row in shown]
    colours = [ACCENT if value < 0 else SHADE for value in values]
    return signed_bars([row["scenario"] for row in shown], values, [*map(signed, values)], colours, "gain of the book, USD")


def _record_chart(tables: RiskTables) -> "Figure | None":
    nights = examined(tables, BOOK, (HEADLINE, 0.95))
    if nights.height < FEWEST_NIGHTS:
        return None
    limits = {"VaR 99 %": nights["0"].to_list(), "VaR 95 %": nights["1"].to_list()}
    return gains_against_limit(nights["as_of_date"].to_list(), nights["pnl_usd"].to_list(), limits, "USD a night")
