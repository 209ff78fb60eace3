"""The risk report of a night in short, as Markdown for the catalogue."""

import html
import re
from datetime import date

from openmineral_dagster.reporting import risk_sections as sections
from openmineral_dagster.reporting.pages import NOTHING, number, percent, signed, usd
from openmineral_dagster.reporting.risk_sections import Row
from openmineral_dagster.reporting.risk_tables import RiskTables
from openmineral_dagster.reporting.var_change import VarChange, var_change

SHOWN = 5
LONGEST = 300
_MEANS_SOMETHING = re.compile(r"([\\`*_{}\[\]|~#!$@]|:(?=//)|(?<=www)\.)")


def markdown(as_of: date, tables: RiskTables) -> str:
    """Figures, changes, breaches, top stresses and exams in about 30 lines; no name in it can be markup."""
    head = sections.book_figure(tables.var)
    said = [f"**Risk of the book, night of {as_of}** (USD)", "", *_headline(head, tables, as_of)]
    if head:
        said += _change(var_change(tables))
    said += [*_left_out(tables), *_limits(tables), *_stresses(tables), *_exams(tables)]
    return "\n".join(said) + "\n"


def plain(text: str) -> str:
    """`text` on one line with nothing in it that Markdown or HTML would act on, cut where it is endless."""
    line = " ".join(text.split())
    line = line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
    return _MEANS_SOMETHING.sub(r"\\\1", html.escape(line, quote=False))


def _headline(head: Row | None, tables: RiskTables, as_of: date) -> list[str]:
    if head is None:
        return ["There is no published figure of the book tonight."]
    day = sections.day_result(tables, as_of)
    words = "none stored" if day.row is None else signed(day.row["pnl_usd"])
    against = day.verdict if day.limit is None else f"{day.verdict} the {usd(day.limit)} of the night before"
    place = "" if head["method"] == sections.PREFERRED else "**a fallback**, "
    return [
        f"- VaR 99 %, one day: **{usd(head['var_usd'])}**, expected shortfall {usd(head['es_usd'])}",
        f"- Profit and loss of the day: {words} ({against})",
        f"- Read: {place}{plain(sections.method_words(head['method']))}; its exam: {plain(head['gate_status'])}",
    ]


def _change(change: VarChange) -> list[str]:
    if change.total is None:
        return [f"- {' '.join(change.limits)}"]
    parts = ", ".join(f"{name} {signed(part)}" for name, part in change.parts.items())
    return [f"- Since the night before: {signed(change.total)} from {usd(change.before)} ({parts})"]


def _left_out(tables: RiskTables) -> list[str]:
    rows = tables.excluded.to_dicts()
    if not rows:
        return ["- In no figure: nothing"]
    named = "; ".join(plain(f"{row['portfolio']} {row['item']}: {row['reason']}") for row in rows[:3])
    more = f"; and {len(rows) - 3} more" if len(rows) > 3 else ""
    return [f"- In no figure: **{len(rows)}** ({named}{more})"]


def _limits(tables: RiskTables) -> list[str]:
    breached = [row for row in sections.limit_rows(tables.limits) if row["breached"]]
    head = f"- Limits: **{len(breached)}** of {tables.limits.height} breached"
    shown = [
        f"  - {plain(row['portfolio'])} {plain(row['limit_id'])}, {percent(row['utilisation'], 0)} used: "
        f"{plain(row['recommendation'])}"
        for row in breached[:SHOWN]
    ]
    rest = len(breached) - len(shown)
    return [head, *shown, *([f"  - and {rest} more"] if rest else [])]


def _stresses(tables: RiskTables) -> list[str]:
    rows = sections.stresses(tables.stress)[:SHOWN]
    if not rows:
        return ["- No scenario was run"]
    lines = [f"| {plain(row['scenario'])} | {signed(row['pnl_usd'])} | {plain(row['line'])} |" for row in rows]
    return ["", "| worst stresses | book | worst line |", "|---|---:|---|", *lines]


def _exams(tables: RiskTables) -> list[str]:
    lines = [
        f"| {plain(sections.method_words(exam['method']))} {100 * exam['confidence']:g} % "
        f"| {exam['breaches']} of {exam['expected']:.1f} in {exam['n']} "
        f"| {number(exam['kupiec_p'], 3)} | {number(exam['christoffersen_p'], 3)} "
        f"| {number(exam['es_z2'])} | {exam['zone'] or NOTHING} |"
        for exam in sections.exams(tables.backtest, ("published", "average4"))
        if exam["window"] == "250"
    ]
    if not lines:
        return ["", "No exam has been sat."]
    heading = "| exam, 250 nights | beyond, seen of expected | Kupiec p | Christoffersen p | Z2 | zone |"
    return ["", heading, "|---|---|---:|---:|---:|---|", *lines]
