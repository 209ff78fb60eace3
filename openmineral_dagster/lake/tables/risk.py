"""Risk of the book on a night."""

import polars as pl

from openmineral_dagster.lake.schema import Column, Table
from openmineral_dagster.lake.tables.columns import AS_OF, DEAL, column, share

PORTFOLIO = column("portfolio", pl.String, "portfolio; ALL is the whole book, deals the open legs of deals", key=True)
LINE: tuple[Column, ...] = (
    column("instrument", pl.String, "symbol; the ISO code for an amount of currency", key=True),
    column("tenor", pl.String, "cash or 3m; front, spot or the auction otherwise", key=True),
    column(
        "delivery",
        pl.String,
        "rolling: constant maturity; a date: the contract's prompt; YYYY-MM: the month a deal is priced in",
        key=True,
    ),
)
"""What names one line of a portfolio."""

EXPOSURES = Table(
    "risk.exposures",
    "nights",
    "Open exposures by portfolio, priced series and delivery, whether a position or a deal made them",
    (
        AS_OF,
        PORTFOLIO,
        *LINE,
        column("currency", pl.String, "ISO code of what the line's value is paid in"),
        column("quantity", pl.Float64, "signed net size, long positive", "instrument quantity unit"),
        column("quantity_unit", pl.String, "t, oz, lb, ..."),
        column("price_date", pl.Date, "date of the price used"),
        column("price", pl.Float64, "last price known; of a dated contract, interpolated to its prompt", "instrument unit"),
        column("value_usd", pl.Float64, "quantity x price", "USD"),
    ),
)

EXCLUDED = Table(
    "risk.excluded",
    "nights",
    "What of the book is in no figure of the night, and why",
    (
        AS_OF,
        PORTFOLIO,
        column("item", pl.String, "the position, deal, limit or portfolio, as its file names it", key=True),
        column("field", pl.String, "the field that cannot be used", key=True),
        column("value", pl.String, "what it says"),
        column("reason", pl.String, "what was expected"),
    ),
)

PNL = Table(
    "risk.pnl",
    "nights",
    "Clean profit and loss: the exposures of the night before under the moves since",
    (
        AS_OF,
        PORTFOLIO,
        column("held_from", pl.Date, "the night the exposures are of: the London business day before"),
        column("price_date", pl.Date, "the last day a price of the portfolio moved to"),
        column("pnl_usd", pl.Float64, "sum of quantity x change of price, gains positive", "USD"),
    ),
)

COMPONENTS = ("price", "curve", "roll", "carry", "fx", "new_trades", "residual")
PNL_EXPLAIN = Table(
    "risk.pnl_explain",
    "nights",
    "Where the profit and loss of the day came from; the components of a line add up to its revaluation",
    (
        AS_OF,
        PORTFOLIO,
        *LINE,
        column(
            "component",
            pl.String,
            "price: the benchmark (three months for the LME); curve: its distance to cash; roll: the step between two contracts; "
            "carry: time passing along the curve; fx: amounts of currency; new_trades: since entry; residual: what is left",
            key=True,
            choices=COMPONENTS,
        ),
        column("amount_usd", pl.Float64, "gains positive", "USD"),
    ),
)

VAR = Table(
    "risk.var",
    "nights",
    "Value at risk and expected shortfall; one published row per date, portfolio, confidence and horizon",
    (
        AS_OF,
        PORTFOLIO,
        column("method", pl.String, "estimation method", key=True),
        share("confidence", "level as a fraction", key=True),
        column("horizon_days", pl.Int64, "holding period", "rows", key=True, low=1),
        column("var_usd", pl.Float64, "value at risk, losses positive", "USD"),
        column("es_usd", pl.Float64, "expected shortfall, losses positive", "USD"),
        column("margin", pl.Float64, "tail margin the figure was multiplied by; 1.00 where none", low=1.0),
        column("scenarios", pl.Int64, "historical moves or simulated paths used", low=1),
        column("published", pl.Boolean, "true on the one row the desk reads"),
        column("gate_status", pl.String, "what the method's exam says on the night, or why another is read in its place"),
    ),
)

CONTRIBUTIONS = Table(
    "risk.contributions",
    "nights",
    "What each line adds to the published one-day value at risk of its portfolio",
    (
        AS_OF,
        PORTFOLIO,
        *LINE,
        share("confidence", "level as a fraction", key=True),
        column("standalone_var_usd", pl.Float64, "of the line by itself, by the published method", "USD"),
        column("component_var_usd", pl.Float64, "share of the line; those of a portfolio add up to its published figure", "USD"),
        column("incremental_var_usd", pl.Float64, "published figure less that of the portfolio without the line", "USD"),
    ),
)

BACKTEST = Table(
    "risk.backtest",
    "nights",
    "Exams of the stored nightly one-day figures against clean profit and loss",
    (
        AS_OF,
        PORTFOLIO,
        column(
            "method", pl.String, "estimation method; published: what the desk read each night, whichever method it was", key=True
        ),
        share("confidence", "level as a fraction", key=True),
        column("window", pl.String, "250 nights, or all nights stored", key=True, choices=("250", "all")),
        column("window_start", pl.Date, "night of the first figure examined"),
        column("window_end", pl.Date, "night of the last profit and loss"),
        column("n", pl.Int64, "nights examined", low=1),
        column("breaches", pl.Int64, "losses beyond value at risk", low=0),
        share("kupiec_p", "p-value of the right number of breaches, two-sided (Kupiec 1995)"),
        share("christoffersen_p", "p-value of right number and independence (Christoffersen 1998)"),
        share("dynamic_quantile_p", "p-value of unpredictable breaches, four lags (Engle and Manganelli 2004)", nullable=True),
        column(
            "es_z2",
            pl.Float64,
            "Z2 of Acerbi and Szekely 2014 where expected shortfall is positive: 0 expected, negative where risk is understated; "
            "of 250 nights at 97.5 percent below -0.70 is rejected at five percent",
            nullable=True,
        ),
        column("fz0", pl.Float64, "mean FZ0 loss of both figures, lower is better (Patton, Ziegel and Chen 2019)", nullable=True),
        column(
            "zone",
            pl.String,
            "traffic light of 250 nights by the chance of so few breaches: green below 95, yellow below 99.99 percent, else red",
            choices=("green", "yellow", "red"),
            nullable=True,
        ),
    ),
)

STRESS = Table(
    "risk.stress",
    "nights",
    "What the exposures of the night would gain under each scenario",
    (
        AS_OF,
        PORTFOLIO,
        column("scenario", pl.String, "as the scenario file or the table of historical windows names it", key=True),
        *LINE,
        column("kind", pl.String, "what made the scenario", choices=("historical", "hypothetical", "reverse")),
        column("move", pl.Float64, "relative move of the price; absolute, in its unit, where it can be negative"),
        column("basis", pl.String, "own data from .. to .., table, proxy, scenario file, or that nothing covers it"),
        column("pnl_usd", pl.Float64, "gains positive", "USD"),
    ),
)

MARGIN_CALLS = Table(
    "risk.margin_calls",
    "nights",
    "Cash the exchange-traded lines would have called for on the worst days of their history",
    (
        AS_OF,
        PORTFOLIO,
        column("rank", pl.Int64, "1 is the worst day", key=True, low=1),
        column("moved_on", pl.Date, "the day of the move"),
        column("initial_usd", pl.Float64, "initial margin of the exposures", "USD", low=0),
        column("variation_usd", pl.Float64, "variation margin to pay under the move, positive where cash leaves", "USD"),
        column("basis", pl.String, "where the initial margin comes from"),
    ),
)

LIMITS = Table(
    "risk.limits",
    "nights",
    "Use of every limit, and what would bring a breached one back inside",
    (
        AS_OF,
        PORTFOLIO,
        column("limit_id", pl.String, "as the limits file names it", key=True),
        column("measure", pl.String, "what is limited"),
        column(
            "scope", pl.String, "instrument, month, counterparty or scenario the limit is for; empty for the portfolio", key=True
        ),
        column("unit", pl.String, "USD, t, share"),
        column("limit_value", pl.Float64, "the limit"),
        column("used", pl.Float64, "what is used of it, in the same unit"),
        column("utilisation", pl.Float64, "used over limit", low=0),
        column("breached", pl.Boolean, "whether more is used than the limit"),
        column("recommendation", pl.String, "the arithmetic of the way back; empty where nothing is breached"),
    ),
)

INCREMENTS = Table(
    "risk.increments",
    "nights",
    "What the open prices of each deal add to the value at risk of the whole book",
    (
        AS_OF,
        *DEAL,
        column("method", pl.String, "estimation method: the one published for the book on the night"),
        share("confidence", "level as a fraction; one day", key=True),
        column("var_usd", pl.Float64, "value at risk of the book with the deal, losses positive", "USD"),
        column("var_without_usd", pl.Float64, "of the book without it", "USD"),
        column("incremental_var_usd", pl.Float64, "the first less the second; negative where the deal hedges the book", "USD"),
        column("limit_usd", pl.Float64, "the tightest limit on that figure of the book", "USD", nullable=True),
        column("within_limit", pl.Boolean, "whether the book with the deal keeps it, or the deal brings it nearer"),
    ),
)
