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
        column("leg", pl.String, "buy, sell, costs, deal, or sensitivity: what a change of one term adds", key=True),
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

MONEY = pl.Decimal(18, 2)
LEG = column("leg", pl.String, "buy or sell", key=True)

PRICING = Table(
    "deals.pricing",
    "nights",
    "Every price a deal leaves open: the average of its quotational period, of days published and days to come",
    (
        *DEAL,
        AS_OF,
        column("leg", pl.String, "buy or sell; with .provisional for what the provisional invoice is priced on", key=True),
        column("metal", pl.String, "the metal paid for", key=True),
        column("instrument", pl.String, "symbol of the series it is priced on"),
        column("tenor", pl.String, "tenor of that series"),
        column("period_start", pl.Date, "first day of the quotational period"),
        column("period_end", pl.Date, "last day of the quotational period"),
        column("price", pl.Decimal(18, 2), "mean of the daily prices, before premium and discount", "USD/t or USD/oz"),
        column("fixed_days", pl.Int64, "pricing days with a published price", "days", low=0),
        column("forward_days", pl.Int64, "pricing days to come, priced off the curve", "days", low=0),
        column("missing_days", pl.Int64, "past days without a publication: skipped, never filled", "days", low=0),
        column("extrapolated_days", pl.Int64, "days to come beyond the curve, priced at its end", "days", low=0),
        column("curve_date", pl.Date, "the day whose prices the days to come are priced off"),
        share("unpriced", "share of the pricing days still to come"),
    ),
)

DEAL_EXPOSURES = Table(
    "deals.exposures",
    "nights",
    "What deals leave open to prices and currencies; long positive",
    (
        AS_OF,
        *DEAL,
        column("leg", pl.String, "buy, sell, inventory for metal bought and not sold, or the cost line of a currency", key=True),
        column("instrument", pl.String, "symbol of the priced series, or ISO code of a currency", key=True),
        column("delivery", pl.String, "pricing month as YYYY-MM; spot for a currency", key=True),
        column("currency", pl.String, "ISO currency the instrument is quoted in; of a currency itself"),
        column(
            "quantity",
            pl.Float64,
            "unpriced purchase less, unpriced sale more; a currency we pay less",
            "instrument quantity unit",
        ),
        column("quantity_unit", pl.String, "t, oz, lb, or the ISO code of a currency"),
    ),
)

DEAL_LEGS = Table(
    "deals.legs",
    "nights",
    "Where each leg of each deal stands: what is priced, paid and still due, and what the counterparty owes",
    (
        *DEAL,
        AS_OF,
        LEG,
        column("counterparty", pl.String, "the other side, as the deal file names it"),
        column(
            "state",
            pl.String,
            "unpriced, pricing (inside its periods), priced (all fixed), closed (paid in full)",
            choices=("unpriced", "pricing", "priced", "closed"),
        ),
        column("priced_on", pl.Date, "last pricing day"),
        column("delivered_on", pl.Date, "arrival, else shipment; null where the file has neither", nullable=True),
        column("provisional_on", pl.Date, "the provisional invoice falls due; null where the file does not say", nullable=True),
        column("final_on", pl.Date, "the final invoice falls due, the leg closes; null where not said", nullable=True),
        column("net_usd", MONEY, "final invoice as marked", "USD"),
        column("priced_usd", MONEY, "the part of the payable metals' value at prices already published", "USD"),
        column("unpriced_usd", MONEY, "the part of it still at forward prices", "USD"),
        column("provisional_usd", MONEY, "the provisional invoice; null without one", "USD", nullable=True),
        column("paid_usd", MONEY, "paid so far by the invoices that have fallen due", "USD"),
        column("balance_usd", MONEY, "net_usd less paid_usd: what the buyer of the leg still pays, negative for a refund", "USD"),
        column("exposure_usd", MONEY, "what the counterparty owes the desk: goods unpaid, money paid ahead", "USD", low=0),
    ),
)

DEAL_CHANGES = Table(
    "deals.changes",
    "nights",
    "Why a deal's result is another than on the night before: the causes add up to the change",
    (
        *DEAL,
        AS_OF,
        column(
            "cause",
            pl.String,
            "new, terms, fixing.<metal> (days that were published), curve.<metal> (days to come), currency",
            key=True,
        ),
        column("from_date", pl.Date, "the night it is compared with"),
        column("amount_usd", MONEY, "change of the result, gains positive", "USD"),
        column("result_usd", MONEY, "the result of this night: net margin, netback of a sale alone, less landed cost", "USD"),
    ),
)

MARGINS = Table(
    "deals.margins",
    "nights",
    "What each deal may make, by seeded simulation of prices, assays, moisture and freight",
    (
        *DEAL,
        AS_OF,
        column("outcomes", pl.Int64, "simulated outcomes", low=1),
        column("seed", pl.Int64, "seed of the simulation"),
        share("loss_probability", "share of outcomes with a loss; null for one leg alone", nullable=True),
        column("mean_usd", pl.Float64, "mean of the result", "USD"),
        column("sd_usd", pl.Float64, "standard deviation of the result", "USD", low=0),
        column("q05_usd", pl.Float64, "exceeded in 95 percent of outcomes", "USD"),
        column("q50_usd", pl.Float64, "median", "USD"),
        column("q95_usd", pl.Float64, "exceeded in 5 percent of outcomes", "USD"),
        column("model", pl.String, "whose forecast ranges moved the prices; fixed where none is open"),
        column("gate_status", pl.String, "what those ranges have passed"),
    ),
)

MARGIN_CONTRIBUTIONS = Table(
    "deals.contributions",
    "nights",
    "What moves a deal's result most: each uncertainty alone, the others at what is expected",
    (
        *DEAL,
        AS_OF,
        column("factor", pl.String, "price.<metal>, assay.<name>, laboratories, moisture or freight", key=True),
        column("sd_usd", pl.Float64, "standard deviation of the result when this alone is uncertain", "USD", low=0),
        share("variance_share", "its variance over the sum of all factors' variances"),
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
