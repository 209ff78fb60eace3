"""The sections of a memo by rule: plain sentences and short tables around cited cells, what decides first."""

from openmineral_dagster.compliance.screening import Outcome
from openmineral_dagster.memos.decision import Confidence, Recommendation
from openmineral_dagster.memos.draft import NOT_AVAILABLE, Draft
from openmineral_dagster.memos.inputs import HIGH, LONG_HORIZON, LOW, MIDDLE, MemoInputs, Row
from openmineral_dagster.reference.instruments import Instrument

DISTRIBUTION, SCORECARD, VAR = "forecasts.price_distribution", "forecasts.scorecard", "risk.var"
INCREMENTS = "risk.increments"
VALUATION, MARKS, FINDINGS, FRESHNESS, TERMS, MEMO = (
    "deals.valuation",
    "market.marks",
    "compliance.findings",
    "ops.freshness",
    "deals.terms",
    "memos.memos",
)
SAMPLE_LINE = "**SAMPLE DATA, not real.** Every figure below comes from generated data.\n\n"
INCOTERMS = frozenset({"EXW", "FCA", "FAS", "FOB", "CFR", "CIF", "CPT", "CIP", "DAP", "DPU", "DDP"})
HORIZONS = (1, 5, LONG_HORIZON)
TOTALS = {
    "gross_margin": "Gross margin",
    "netback": "**Netback**",
    "landed_cost": "**Landed cost**",
    "net_margin": "**Net margin**",
    "net_margin_per_dmt": "by dry tonne",
    "net_margin_per_t": "by payable tonne",
    "net_margin_per_oz": "by ounce",
    "net_margin_pct_of_buy": "as a share of the purchase",
    "roi_annualised_pct": "Return on the purchase",
}
"""Lines of the deal as a whole, in the order they are read."""
HEADLINE = ("net_margin", "net_margin_per_dmt", "roi_annualised_pct")
BREAK_EVENS = {
    "break_even_sell_treatment_charge": "a sale treatment charge of",
    "break_even_sell_premium": "a sale premium of",
    "break_even_freight": "a freight of",
}
COSTS_SHOWN = 6
FINDINGS_SHOWN = 8


def headline(draft: Draft, inputs: MemoInputs, verdict: Recommendation, trust: Confidence) -> str:
    """Title, verdict with its reasons, net margin, confidence with its factors, and what is dealt between whom."""
    memo = {**inputs.identity, "confidence": trust.total}
    title = f"# Deal memo {draft.cell(MEMO, memo, 'deal_id', 'text')}, {draft.cell(MEMO, memo, 'as_of_date', 'date')}"
    measures = (
        inputs.line("deal", name) for name in ("net_margin", "net_margin_per_dmt", "net_margin_per_t", "roi_annualised_pct")
    )
    margin = ", ".join(_amount(draft, row) for row in measures if row) or NOT_AVAILABLE
    factors = "; ".join(f"{factor.name}: {factor.reason}" for factor in trust.factors)
    return (
        f"{SAMPLE_LINE if inputs.sample_data else ''}{title}\n\n"
        f"**Recommendation: {verdict.recommendation}**, because {' and '.join(verdict.reasons)}. Net margin: {margin}.\n\n"
        f"Confidence: {draft.cell(MEMO, memo, 'confidence', 'number2')} ({factors}).\n\n"
        f"{_what_is_dealt(draft, inputs)}\n"
    )


def _what_is_dealt(draft: Draft, inputs: MemoInputs) -> str:
    terms = inputs.terms_row()
    material = draft.label(TERMS, terms, "material") if terms else "material " + NOT_AVAILABLE
    dealt = f"- Dealt on {draft.cell(TERMS, terms, 'traded_on', 'date')}: {material}"
    legs = (_party(draft, inputs, leg, words) for leg, words in (("buy", "- Bought"), ("sell", "- Sold")))
    return "\n".join([dealt, *filter(None, legs)])


def _days(draft: Draft, source: str, row: Row) -> str:
    """A horizon with its word."""
    return f"{draft.cell(source, row, 'horizon_days', 'number0')} price {'day' if row['horizon_days'] == 1 else 'days'}"


def _opening(words: str) -> str:
    """Words at the start of a sentence."""
    return words[:1].upper() + words[1:]


def _party(draft: Draft, inputs: MemoInputs, leg: str, words: str) -> str:
    """Who is on the other side of a leg and on which terms; a name only where a finding speaks of it."""
    if leg not in inputs.counterparties and leg not in inputs.incoterms:
        return ""
    term = inputs.incoterms.get(leg, "")
    named = next((row for row in inputs.judged() if row["subject"] == inputs.counterparties.get(leg)), None)
    who = f" {'from' if leg == 'buy' else 'to'} {draft.cell(FINDINGS, named, 'subject', 'text')}" if named else ""
    return words + (f" {term}" if term in INCOTERMS else "") + who


def benchmark(draft: Draft, inputs: MemoInputs) -> str:
    """Last prices with their dates, the forecast ranges of the main metal, and the age of the sources."""
    instruments = inputs.instruments()
    lines = [_last_price(draft, inputs, metal, item) for metal, item in instruments.items()]
    if inputs.unpriced_metals() or not instruments:
        lines.append("- A metal of this deal has no priced series here.")
    main, *rest = instruments.values() or [None]
    ranges = [_range_table(draft, inputs, main), ""] if main else []
    others = [_range_line(draft, inputs, item) for item in rest if item]
    ages = [_age(draft, row) for row in inputs.sources()] or [f"- Source dates are {NOT_AVAILABLE}."]
    return "\n".join([*lines, "", *ranges, *others, *ages]) + "\n"


def _last_price(draft: Draft, inputs: MemoInputs, metal: str, instrument: Instrument) -> str:
    """The market's last prices of a metal and, beside them, the deal's own."""
    quotes = [
        f"{draft.cell(MARKS, row, 'tenor', 'text')} {draft.rate(MARKS, row, 'price')} "
        f"on {draft.cell(MARKS, row, 'price_date', 'date')}{', **an unusual move: check it**' if row['unusual_move'] else ''}"
        for row in inputs.last_prices(instrument.symbol)
    ]
    own = [(words, inputs.line(leg, f"price.{metal}")) for words, leg in (("buys at", "buy"), ("sells at", "sell"))]
    dealt = [f"{words} {draft.rate(VALUATION, row, 'quantity')}" for words, row in own if row]
    against = f"; the deal {' and '.join(dealt)}" if dealt else ""
    return f"- {instrument.venue} {metal}: {', '.join(quotes) or NOT_AVAILABLE}{against}."


def _range_table(draft: Draft, inputs: MemoInputs, instrument: Instrument) -> str:
    by_horizon = [inputs.champion(instrument.symbol, horizon) for horizon in HORIZONS]
    full = [rows for rows in by_horizon if {LOW, MIDDLE, HIGH} <= set(rows)]
    if not full:
        return f"The forecast range of {instrument.name} is {NOT_AVAILABLE}."
    heads = " | ".join(draft.cell(DISTRIBUTION, full[0][level], "quantile", "level") for level in (LOW, MIDDLE, HIGH))
    table = [f"| Price days ahead | {heads} |", "|---|---|---|---|", *(_range_cells(draft, rows) for rows in full)]
    tenor = draft.cell(DISTRIBUTION, full[0][LOW], "tenor", "text")
    opening = f"Range of {instrument.name} {tenor}, the price that is not exceeded with each probability:"
    return "\n".join([opening, "", *table, "", _model_note(draft, inputs, full[-1][LOW])])


def _range_cells(draft: Draft, rows: dict[float, Row]) -> str:
    prices = " | ".join(draft.rate(DISTRIBUTION, rows[level], "price") for level in (LOW, MIDDLE, HIGH))
    return f"| {draft.cell(DISTRIBUTION, rows[LOW], 'horizon_days', 'number0')} | {prices} |"


def _model_note(draft: Draft, inputs: MemoInputs, forecast: Row) -> str:
    """Whose ranges these are, what they passed, and how they did."""
    record = inputs.record(forecast)
    note = (
        f"Champion model: {draft.cell(DISTRIBUTION, forecast, 'model', 'text')}. "
        f"Gate: {draft.cell(DISTRIBUTION, forecast, 'gate_status', 'text')}. "
        "The mean is no change: a range says how far the price can go, not where it will."
    )
    if record is None:
        return note + " The model has no record yet."
    return (
        f"{note} Over {draft.cell(SCORECARD, record, 'n', 'number0')} nights to "
        f"{draft.cell(SCORECARD, record, 'window_end', 'date')} the range between the outer columns held "
        f"{draft.cell(SCORECARD, record, 'coverage_90', 'pct1')} of outcomes at "
        f"{_days(draft, SCORECARD, record)}."
    )


def _range_line(draft: Draft, inputs: MemoInputs, instrument: Instrument) -> str:
    rows = inputs.champion(instrument.symbol, LONG_HORIZON)
    if not {LOW, HIGH} <= set(rows):
        return f"- {_opening(instrument.name)}: forecast range {NOT_AVAILABLE}."
    return (
        f"- {_opening(instrument.name)} in {_days(draft, DISTRIBUTION, rows[LOW])}: "
        f"{draft.rate(DISTRIBUTION, rows[LOW], 'price')} at {draft.cell(DISTRIBUTION, rows[LOW], 'quantile', 'level')} to "
        f"{draft.rate(DISTRIBUTION, rows[HIGH], 'price')} at {draft.cell(DISTRIBUTION, rows[HIGH], 'quantile', 'level')} "
        f"(model {draft.cell(DISTRIBUTION, rows[LOW], 'model', 'text')}; gate: "
        f"{draft.cell(DISTRIBUTION, rows[LOW], 'gate_status', 'text')})."
    )


def _age(draft: Draft, row: Row) -> str:
    return (
        f"- Source {draft.cell(FRESHNESS, row, 'source', 'text')}: last value {draft.cell(FRESHNESS, row, 'last_date', 'date')}, "
        f"business days old: {draft.cell(FRESHNESS, row, 'business_days_old', 'number0')}{', **stale**' if row['stale'] else ''}."
    )


def risk(draft: Draft, inputs: MemoInputs) -> str:
    """What the book can lose with all its open deals, and what this one adds."""
    held = inputs.book_risk(0.99)
    lines = [_book_line(draft, row) for row in held] or [f"- The value at risk of the book is {NOT_AVAILABLE}."]
    return "\n".join([*lines, "", _added(draft, inputs)]) + "\n"


def _added(draft: Draft, inputs: MemoInputs) -> str:
    """What the open prices of the deal add to the book, or that there are none, or that it was not measured."""
    row = inputs.increment
    if row is None:
        if inputs.open_prices:
            return "This deal leaves prices open; what they add to the risk of the book is not measured."
        return "Every price of this deal is fixed, so it adds no open price exposure."
    kept = "stays within its limit" if row["within_limit"] else "**would break its limit**"
    limit = f" of {draft.cell(INCREMENTS, row, 'limit_usd', 'usd0')}" if row["limit_usd"] is not None else ""
    return (
        f"The open prices of this deal add {draft.cell(INCREMENTS, row, 'incremental_var_usd', 'usd0')} to the value at risk "
        f"of the book, from {draft.cell(INCREMENTS, row, 'var_without_usd', 'usd0')} to "
        f"{draft.cell(INCREMENTS, row, 'var_usd', 'usd0')}: the book {kept}{limit}."
    )


def _book_line(draft: Draft, row: Row) -> str:
    return (
        f"- Book with its open deals, at {draft.cell(VAR, row, 'confidence', 'level')} over "
        f"{_days(draft, VAR, row)}: value at risk {draft.cell(VAR, row, 'var_usd', 'usd0')}, "
        f"expected shortfall {draft.cell(VAR, row, 'es_usd', 'usd0')} "
        f"({draft.label(VAR, row, 'method')}; {draft.cell(VAR, row, 'gate_status', 'text')})."
    )


def profitability(draft: Draft, inputs: MemoInputs) -> str:
    """The waterfall from sale to net margin, costs as paid and the largest first, then the margin by its measures."""
    charged = [row for row in inputs.lines("costs") if row["line"] != "total" and row["amount_usd"] is not None]
    largest = sorted(charged, key=lambda row: (-row["amount_usd"], row["line"]))[:COSTS_SHOWN]
    shown = [("Sale, net", inputs.line("sell", "net")), ("Purchase, net", inputs.line("buy", "net"))]
    shown += [("Cost: " + draft.label(VALUATION, row, "line"), row) for row in largest]
    shown += [("All costs", inputs.line("costs", "total"))]
    shown += [(words, inputs.line("deal", name)) for name, words in TOTALS.items()]
    rows = [f"| {words} | {_amount(draft, row)} |" for words, row in shown if row]
    unpaired = "\nThe net margin is not available: purchase and sale are not both valued.\n"
    note = "" if inputs.line("deal", "net_margin") else unpaired
    return "\n".join(["| Line | Amount |", "|---|---|", *rows]) + "\n" + note


def _amount(draft: Draft, row: Row) -> str:
    """The amount of a valuation row, its rate where it has no amount."""
    return draft.rate(VALUATION, row, "amount_usd" if row["amount_usd"] is not None else "quantity")


def compliance(draft: Draft, inputs: MemoInputs) -> str:
    """The outcome, then every finding that stands in the way with its reason and the lists it was judged on."""
    judged = inputs.judged()
    if not judged:
        return "No finding is stored for this deal: nobody has judged it, so it waits for review.\n"
    against = [row for row in judged if row["outcome"] != "pass"]
    lists = {row["list_version"]: row for row in judged if row["list_version"]}
    found = [_finding(draft, row) for row in against[:FINDINGS_SHOWN]]
    if len(against) > FINDINGS_SHOWN:
        found.append("- Further findings stand in the way; they are in the findings table.")
    rest = "All rules that apply pass." if not against else "The other rules pass." if len(against) < len(judged) else ""
    versions = "; ".join(draft.cell(FINDINGS, lists[name], "list_version", "text") for name in sorted(lists))
    screened = f"Screened against {versions}." if lists else ""
    return "\n\n".join(filter(None, [f"Outcome: **{inputs.compliance()}**.", "\n".join(found), rest, screened])) + "\n"


def _finding(draft: Draft, row: Row) -> str:
    return (
        f"- **{row['outcome']}** {draft.cell(FINDINGS, row, 'rule_id', 'text')}, {draft.cell(FINDINGS, row, 'subject', 'text')}: "
        f"{draft.cell(FINDINGS, row, 'reason', 'text')}"
    )


_ACTIONS = {
    "approve": "- Approve on the terms as filed. The verdict holds for the terms, prices and lists of this memo only.",
    "renegotiate": "- Renegotiate: {reasons}.\n- Do not sign on the terms as filed.",
    "hold": "- Do not sign yet: {reasons}.",
    "decline": "- Decline: {reasons}.",
}
_WORSE = "- A finding that blocks would make it a decline."
_MIND = {
    "approve": "- A net margin or an annualised return below its hurdle, or a broken risk limit, would reopen the terms.\n"
    "- A finding that waits for review would make it a hold.\n" + _WORSE,
    "renegotiate": "- Terms or costs that lift net margin and annualised return over their hurdles, within the risk limit.\n"
    + _WORSE,
    "hold": "- Purchase and sale both valued, with the finance days stated, so that margin and return can be judged.\n" + _WORSE,
    "decline": "- Only the end of the blocking finding: a list without the match, or facts that take the deal out of the rule.",
}
_CLEARED = "- Every finding that waits for review cleared on record; then margin, return and risk decide.\n" + _WORSE


def actions(draft: Draft, inputs: MemoInputs, verdict: Recommendation) -> str:
    """What the rule asks the desk to do; where it is to renegotiate, the terms at which the margin is zero."""
    lines = [_ACTIONS[verdict.recommendation].format(reasons=" and ".join(verdict.reasons))]
    solved = [(words, inputs.line("deal", name)) for name, words in BREAK_EVENS.items()]
    terms = [f"{words} {_amount(draft, row)}" for words, row in solved if row]
    if verdict.recommendation == "renegotiate" and terms:
        lines.append(f"- All else equal, nothing is earned or lost at {' or '.join(terms)}.")
    return "\n".join(lines) + "\n"


def change_of_mind(verdict: Recommendation, trust: Confidence, outcome: Outcome) -> str:
    """What would lead to another recommendation, and which factor of the confidence is weakest."""
    turns = _CLEARED if outcome == "review" else _MIND[verdict.recommendation]
    name, value, reason = min(
        ((f.name, f.value, f.reason) for f in trust.factors if f.value is not None), key=lambda item: item[1]
    )
    doubt = f"- Confidence rests least on {name}: {reason}." if value < 1 else ""
    return "\n".join(filter(None, [turns, doubt])) + "\n"
