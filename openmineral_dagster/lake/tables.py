"""The tables of the contract, declared once: from here come the checks, the DuckDB comments and the catalogue schemas."""

import polars as pl

from openmineral_dagster.lake.schema import UTC_TIME, Column, Table


def _c(name: str, dtype: pl.DataType | type[pl.DataType], meaning: str, unit: str = "", **rules: object) -> Column:
    return Column(name, dtype, meaning, unit, **rules)  # type: ignore[arg-type]


def _share(name: str, meaning: str, **rules: object) -> Column:
    """A probability, level or share as a fraction."""
    return _c(name, pl.Float64, meaning, "", low=0.0, high=1.0, **rules)


AS_OF = _c("as_of_date", pl.Date, "the night this row was computed for; it knows what was known by 23:00 London", key=True)
KNOWN = (
    _c("source", pl.String, "where the value comes from: a source of the publication rules"),
    _c("published_at", UTC_TIME, "when the source first published the value for this date", "UTC"),
    _c("known_at", UTC_TIME, "when the desk could first know this value", "UTC", key=True),
    _c(
        "known_basis",
        pl.String,
        "rule: documented publication time; observed: vintage date or arrival of a late or changed value",
        choices=("rule", "observed"),
    ),
)
DEAL = (
    _c("deal_id", pl.String, "the deal, as its file names it", key=True),
    _c("deal_hash", pl.String, "SHA-256 of the deal's terms: a changed deal is a new hash", key=True),
)

PRICES = Table(
    "market.prices",
    "vintages",
    "Every vintage of every price, one row a vintage",
    (
        _c("instrument", pl.String, "symbol: CU, AL, ZN, NI, PB, SN, GC, SI, ...", key=True),
        _c("tenor", pl.String, "cash or 3m (LME), front (futures), spot", key=True),
        _c("price_date", pl.Date, "the day the price speaks of", key=True),
        _c("price", pl.Float64, "the price, in the row's unit"),
        _c("unit", pl.String, "quotation unit, such as USD/t"),
        _c("currency", pl.String, "ISO currency of the price; null for an index", nullable=True),
        *KNOWN,
    ),
)
BARS = Table(
    "market.bars",
    "vintages",
    "Daily bars of continuous front-month futures and indices, one row a vintage",
    (
        _c("instrument", pl.String, "symbol", key=True),
        _c("price_date", pl.Date, "the trading day", key=True),
        _c("open", pl.Float64, "first trade; null where missing or quarantined", "instrument unit", nullable=True),
        _c("high", pl.Float64, "highest trade", "instrument unit", nullable=True),
        _c("low", pl.Float64, "lowest trade", "instrument unit", nullable=True),
        _c("close", pl.Float64, "settlement or last trade", "instrument unit"),
        _c("volume", pl.Float64, "contracts traded; null where the source has none", "contracts", nullable=True, low=0),
        *KNOWN,
    ),
)
STOCKS = Table(
    "market.stocks",
    "vintages",
    "LME warehouse stocks, one row a vintage",
    (
        _c("instrument", pl.String, "LME metal", key=True),
        _c("report_date", pl.Date, "the day the warehouse report is dated", key=True),
        _c(
            "on_warrant",
            pl.Float64,
            "stock on live warrants; null where the source gives the total only",
            "t",
            nullable=True,
            low=0,
        ),
        _c("cancelled", pl.Float64, "stock on cancelled warrants", "t", nullable=True, low=0),
        _c("total", pl.Float64, "all stock in LME warehouses", "t", low=0),
        *KNOWN,
    ),
)
FX = Table(
    "market.fx",
    "vintages",
    "ECB reference rates, one row a vintage",
    (
        _c("currency", pl.String, "ISO code of the quoted currency", key=True),
        _c("rate_date", pl.Date, "the day of the rate", key=True),
        _c("per_eur", pl.Float64, "units of the currency for one euro", "currency/EUR", low=0),
        *KNOWN,
    ),
)
RATES = Table(
    "market.rates",
    "vintages",
    "Interest rates as annual fractions, one row a vintage",
    (
        _c("series", pl.String, "SOFR, DGS10, or UST_ and a par-curve tenor", key=True),
        _c("rate_date", pl.Date, "the day of the rate", key=True),
        _c("rate", pl.Float64, "annual rate as a fraction (0.05 is five percent)", "1/year", low=-0.1, high=1.0),
        *KNOWN,
    ),
)
QUARANTINE = Table(
    "market.quarantine",
    "vintages",
    "Rows and fields that were not used, with the reason",
    (
        _c("source", pl.String, "kind of file: lme, futures, deals, ...", key=True),
        _c("file", pl.String, "path inside the landing folder", key=True),
        _c("row", pl.Int64, "row number in the file, header excluded; 0 for the file as a whole", key=True, low=0),
        _c("field", pl.String, "column or dotted path; empty for the whole row or file", key=True),
        _c("value", pl.String, "what was found"),
        _c("reason", pl.String, "why it was not used", key=True),
        _c(
            "known_at",
            UTC_TIME,
            "when a row of this file and date could first be known; null for a file as a whole",
            "UTC",
            nullable=True,
        ),
    ),
)
POSITIONS = Table(
    "market.positions",
    "nights",
    "The desk's own positions the night knew: known from entered_on",
    (
        AS_OF,
        _c("position_id", pl.String, "file and row of the position", key=True),
        _c("portfolio", pl.String, "portfolio name"),
        _c("instrument", pl.String, "symbol"),
        _c("tenor", pl.String, "cash or 3m: constant maturity; front or spot otherwise"),
        _c("quantity", pl.Float64, "signed size, long positive", "row's unit"),
        _c("unit", pl.String, "t, lb, oz, kg, bbl, MMBtu or lots"),
        _c("entered_on", pl.Date, "first day held; the row is known from this day"),
        _c("closed_on", pl.Date, "first day no longer held; null while open on the night", nullable=True),
        _c("price", pl.Float64, "entry price", "instrument unit", nullable=True),
        _c("prompt_date", pl.Date, "the contract's prompt; null for a constant-maturity exposure", nullable=True),
    ),
)
NEWS = Table(
    "market.news",
    "vintages",
    "News lines as landed: untrusted text, data only",
    (
        _c("news_id", pl.String, "the source's id", key=True),
        _c("published_at", UTC_TIME, "publication time", "UTC"),
        _c("source", pl.String, "publisher"),
        _c("headline", pl.String, "headline, plain text"),
        _c("body", pl.String, "body, plain text", nullable=True),
        _c("url", pl.String, "address as given, never fetched", nullable=True),
        *KNOWN[2:],
    ),
)
DAILY_PANEL = Table(
    "features.daily_panel",
    "nights",
    "Features of each instrument as the night knew them",
    (
        _c("instrument", pl.String, "symbol", key=True),
        _c("tenor", pl.String, "tenor of the priced series", key=True),
        AS_OF,
        _c("price_date", pl.Date, "date of the last price known"),
        _c("price", pl.Float64, "last price known", "instrument unit"),
        _c("return_1d", pl.Float64, "log return of the last price row", nullable=True),
        _c("return_5d", pl.Float64, "log return over 5 price rows", nullable=True),
        _c("return_21d", pl.Float64, "log return over 21 price rows", nullable=True),
        _c("vol_5d", pl.Float64, "root mean square log return of 5 rows", "1/sqrt(day)", nullable=True, low=0),
        _c("vol_22d", pl.Float64, "root mean square log return of 22 rows", "1/sqrt(day)", nullable=True, low=0),
        _c("vol_66d", pl.Float64, "root mean square log return of 66 rows", "1/sqrt(day)", nullable=True, low=0),
        _c("ewma94_vol", pl.Float64, "exponentially weighted volatility, decay 0.94", "1/sqrt(day)", nullable=True, low=0),
        _c("ewma97_vol", pl.Float64, "exponentially weighted volatility, decay 0.97", "1/sqrt(day)", nullable=True, low=0),
        _c("spread_cash_3m", pl.Float64, "cash less 3m as a fraction of cash; positive in backwardation", nullable=True),
        _c("history_rows", pl.Int64, "price rows known", low=1),
    ),
)
PRICE_DISTRIBUTION = Table(
    "forecasts.price_distribution",
    "nights",
    "Forecast quantiles by model; the champion rows are what the desk reads",
    (
        AS_OF,
        _c("instrument", pl.String, "symbol", key=True),
        _c("tenor", pl.String, "tenor of the priced series", key=True),
        _c("horizon_days", pl.Int64, "price rows after the last price known: 1, 5 or 21", "rows", key=True, low=1),
        _share("quantile", "probability level as a fraction", key=True),
        _c("log_return", pl.Float64, "quantile of the log return over the horizon"),
        _c("price", pl.Float64, "the quantile as a price: last price x exp(log_return)", "instrument unit"),
        _c("model", pl.String, "ewma97_normal, hist500 or quantile_network", key=True),
        _c("model_version", pl.String, "version of a trained model; the code's own version for the others"),
        _c("information", pl.String, "fix: known at the price fix; night: with later closes", key=True, choices=("fix", "night")),
        _c("champion", pl.Boolean, "true on the one set of rows the desk reads"),
        _c("gate_status", pl.String, "passed, or why the range was replaced or has not yet earned its coverage"),
    ),
)
SCORECARD = Table(
    "forecasts.scorecard",
    "nights",
    "How each model did over the origins before this night whose outcome is known",
    (
        AS_OF,
        _c("model", pl.String, "model", key=True),
        _c("information", pl.String, "fix or night", key=True, choices=("fix", "night")),
        _c("instrument", pl.String, "symbol", key=True),
        _c("tenor", pl.String, "tenor", key=True),
        _c("horizon_days", pl.Int64, "horizon", "rows", key=True, low=1),
        _c("window_start", pl.Date, "first origin scored"),
        _c("window_end", pl.Date, "last origin scored"),
        _c("n", pl.Int64, "origins scored (they overlap for horizons above one)", low=1),
        _c(
            "crps",
            pl.Float64,
            "mean continuous ranked probability score: twice the mean pinball loss over 5 to 95 percent",
            "log return",
            low=0,
        ),
        _c("crps_hist500", pl.Float64, "the same score of hist500 on the same origins", "log return", low=0),
        _c("crps_ewma97", pl.Float64, "the same score of ewma97_normal on the same origins", "log return", low=0),
        *(
            _share(f"coverage_{level}", f"share of outcomes inside the central {level} percent range")
            for level in (50, 80, 90, 95)
        ),
    ),
)
PROMOTIONS = Table(
    "forecasts.promotions",
    "nights",
    "The trained version of the night and whether it became champion, with the evidence",
    (
        AS_OF,
        _c("model", pl.String, "model", key=True),
        _c("version", pl.String, "version", key=True),
        _c("trained_through", pl.Date, "last price date the version saw"),
        _c("effective_from", pl.Date, "first night it may serve"),
        _c("promoted", pl.Boolean, "whether it replaced the baseline as champion"),
        _c("evidence", pl.String, "the comparison that decided it, as JSON"),
    ),
)
EXPOSURES = Table(
    "risk.exposures",
    "nights",
    "Open exposures by portfolio and priced series",
    (
        AS_OF,
        _c("portfolio", pl.String, "portfolio; ALL is the whole book", key=True),
        _c("instrument", pl.String, "symbol", key=True),
        _c("tenor", pl.String, "tenor", key=True),
        _c("quantity", pl.Float64, "signed net size, long positive", "instrument quantity unit"),
        _c("quantity_unit", pl.String, "t, oz, lb, ..."),
        _c("price_date", pl.Date, "date of the price used"),
        _c("price", pl.Float64, "last price known", "instrument unit"),
        _c("value_usd", pl.Float64, "quantity x price", "USD"),
    ),
)
PNL = Table(
    "risk.pnl",
    "nights",
    "Clean one-day profit and loss of the exposures held into the last price date",
    (
        AS_OF,
        _c("portfolio", pl.String, "portfolio; ALL is the whole book", key=True),
        _c("price_date", pl.Date, "the day the change ended on"),
        _c("pnl_usd", pl.Float64, "sum of quantity x (price less previous price), gains positive", "USD"),
    ),
)
VAR = Table(
    "risk.var",
    "nights",
    "Value at risk and expected shortfall; one published row per date, portfolio, confidence and horizon",
    (
        AS_OF,
        _c("portfolio", pl.String, "portfolio; ALL is the whole book", key=True),
        _c("method", pl.String, "estimation method", key=True),
        _share("confidence", "level as a fraction", key=True),
        _c("horizon_days", pl.Int64, "holding period", "rows", key=True, low=1),
        _c("var_usd", pl.Float64, "value at risk, losses positive", "USD"),
        _c("es_usd", pl.Float64, "expected shortfall, losses positive", "USD"),
        _c("margin", pl.Float64, "tail margin the figure was multiplied by; 1.00 where none", low=1.0),
        _c("scenarios", pl.Int64, "historical scenarios used", low=1),
        _c("published", pl.Boolean, "true on the one row the desk reads"),
        _c("gate_status", pl.String, "what the method has passed, or that it has not been examined yet"),
    ),
)
TERMS = Table(
    "deals.terms",
    "nights",
    "The deals the night knew, as their files state them: known from traded_on",
    (
        *DEAL,
        AS_OF,
        _c("file", pl.String, "path inside the landing folder"),
        _c("traded_on", pl.Date, "the day the deal is known from"),
        _c("material", pl.String, "what is traded"),
        _c("terms", pl.String, "the deal file's text"),
    ),
)
VALUATION = Table(
    "deals.valuation",
    "nights",
    "Every line of every deal's value; sums are rows too",
    (
        *DEAL,
        AS_OF,
        _c("leg", pl.String, "buy, sell, costs or deal", key=True),
        _c("line", pl.String, "what the line is: payable.copper, treatment_charge, freight, net, net_margin, ...", key=True),
        _c(
            "amount_usd",
            pl.Decimal(18, 2),
            "amount as the deal's file signs it: charges and costs positive when paid",
            "USD",
            nullable=True,
        ),
        _c("quantity", pl.Decimal(24, 10), "quantity or rate behind the amount", nullable=True),
        _c("unit", pl.String, "unit of the quantity", nullable=True),
    ),
)
FINDINGS = Table(
    "compliance.findings",
    "nights",
    "What each rule said of each deal, with its evidence",
    (
        _c("deal_id", pl.String, "the deal", key=True),
        AS_OF,
        _c("rule_id", pl.String, "rule of the catalogue", key=True),
        _c("subject", pl.String, "who or what was judged", key=True),
        _c("outcome", pl.String, "pass, review or block", choices=("pass", "review", "block")),
        _share("score", "name similarity where a name was screened", nullable=True),
        _c("reason", pl.String, "why, in words"),
        _c("evidence", pl.String, "the matched entry or the input, as JSON"),
        _c("list_version", pl.String, "screening lists used, with their dates", nullable=True),
    ),
)
MEMOS = Table(
    "memos.memos",
    "nights",
    "One memo a deal a night",
    (
        *DEAL,
        AS_OF,
        _c(
            "recommendation",
            pl.String,
            "approve, renegotiate, hold or decline",
            choices=("approve", "renegotiate", "hold", "decline"),
        ),
        _share("confidence", "computed from freshness, completeness, calibration and compliance certainty"),
        _c("markdown", pl.String, "the memo"),
        _c("tier", pl.String, "who worded it: rules, primary or secondary"),
        _c("model", pl.String, "the writer's name and version"),
        _c("cost_usd", pl.Float64, "what wording it cost", "USD", low=0),
    ),
)
FIGURES = Table(
    "memos.figures",
    "nights",
    "Every figure of every memo and the row it comes from",
    (
        *DEAL,
        AS_OF,
        _c("span_start", pl.Int64, "first code point of the figure in the memo", "code points", key=True, low=0),
        _c("span_end", pl.Int64, "one past the last code point", "code points", low=1),
        _c("fact_id", pl.String, "the fact printed"),
        _c("value", pl.String, "as printed"),
        _c("value_num", pl.Float64, "as a number; null for dates and names", nullable=True),
        _c("unit", pl.String, "unit of the fact", nullable=True),
        _c("source_table", pl.String, "table that holds the value"),
        _c("source_column", pl.String, "column that holds the value before formatting"),
        _c("source_row", pl.String, "key columns of the one row, as a JSON object"),
    ),
)
RUNS = Table(
    "ops.runs",
    "nights",
    "What ran for each night, from which data",
    (
        AS_OF,
        _c("stage", pl.String, "table or step", key=True),
        _c("rows", pl.Int64, "rows it holds for the night", low=0),
        _c("landing", pl.String, "name of the landing folder"),
        _c("sample_data", pl.Boolean, "true when everything comes from the bundled sample: SAMPLE DATA, not real"),
    ),
)
FRESHNESS = Table(
    "ops.freshness",
    "nights",
    "How old each source was on the night",
    (
        AS_OF,
        _c("source", pl.String, "source of the publication rules", key=True),
        _c("last_date", pl.Date, "latest day with a value known on the night"),
        _c("business_days_old", pl.Int64, "London business days from last_date to the night", "days", low=0),
        _c("stale", pl.Boolean, "older than three business days"),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        PRICES,
        BARS,
        STOCKS,
        FX,
        RATES,
        QUARANTINE,
        POSITIONS,
        NEWS,
        DAILY_PANEL,
        PRICE_DISTRIBUTION,
        SCORECARD,
        PROMOTIONS,
        EXPOSURES,
        PNL,
        VAR,
        TERMS,
        VALUATION,
        FINDINGS,
        MEMOS,
        FIGURES,
        RUNS,
        FRESHNESS,
    )
}
