"""Deals of a night: terms, values, findings and memos."""

import polars as pl

from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables.columns import AS_OF, DEAL, column, share

TERMS = Table(
    "deals.terms",
    "nights",
    "The deals the night knew, as their files state them: known from traded_on",
    (
        *DEAL,
        AS_OF,
        column("file", pl.String, "path inside the landing folder"),
        column("traded_on", pl.Date, "the day the deal is known from"),
        column("material", pl.String, "what is traded"),
        column("terms", pl.String, "the deal file's text"),
    ),
)

VALUATION = Table(
    "deals.valuation",
    "nights",
    "Every line of every deal's value; sums are rows too",
    (
        *DEAL,
        AS_OF,
        column("leg", pl.String, "buy, sell, costs or deal", key=True),
        column("line", pl.String, "what the line is: payable.copper, treatment_charge, freight, net, net_margin, ...", key=True),
        column(
            "amount_usd",
            pl.Decimal(18, 2),
            "amount as the deal's file signs it: charges and costs positive when paid",
            "USD",
            nullable=True,
        ),
        column("quantity", pl.Decimal(24, 10), "quantity or rate behind the amount", nullable=True),
        column("unit", pl.String, "unit of the quantity", nullable=True),
    ),
)

FINDINGS = Table(
    "compliance.findings",
    "nights",
    "What each rule said of each deal, with its evidence",
    (
        column("deal_id", pl.String, "the deal", key=True),
        AS_OF,
        column("rule_id", pl.String, "rule of the catalogue", key=True),
        column("subject", pl.String, "who or what was judged", key=True),
        column("outcome", pl.String, "pass, review or block", choices=("pass", "review", "block")),
        share("score", "name similarity where a name was screened", nullable=True),
        column("reason", pl.String, "why, in words"),
        column("evidence", pl.String, "the matched entry or the input, as JSON"),
        column("list_version", pl.String, "screening lists used, with their dates", nullable=True),
    ),
)

MEMOS = Table(
    "memos.memos",
    "nights",
    "One memo a deal a night",
    (
        *DEAL,
        AS_OF,
        column(
            "recommendation",
            pl.String,
            "approve, renegotiate, hold or decline",
            choices=("approve", "renegotiate", "hold", "decline"),
        ),
        share("confidence", "computed from freshness, completeness, calibration and compliance certainty"),
        column("markdown", pl.String, "the memo"),
        column("tier", pl.String, "who worded it: rules, primary or secondary"),
        column("model", pl.String, "the writer's name and version"),
        column("cost_usd", pl.Float64, "what wording it cost", "USD", low=0),
    ),
)

FIGURES = Table(
    "memos.figures",
    "nights",
    "Every figure of every memo and the row it comes from",
    (
        *DEAL,
        AS_OF,
        column("span_start", pl.Int64, "first code point of the figure in the memo", "code points", key=True, low=0),
        column("span_end", pl.Int64, "one past the last code point", "code points", low=1),
        column("fact_id", pl.String, "the fact printed"),
        column("value", pl.String, "as printed"),
        column("value_num", pl.Float64, "as a number; null for dates and names", nullable=True),
        column("unit", pl.String, "unit of the fact", nullable=True),
        column("source_table", pl.String, "table that holds the value"),
        column("source_column", pl.String, "column that holds the value before formatting"),
        column("source_row", pl.String, "key columns of the one row, as a JSON object"),
    ),
)
