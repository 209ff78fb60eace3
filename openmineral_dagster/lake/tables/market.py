"""The market as it landed: every vintage of prices, bars, stocks, rates, faults, and the book of the night."""

import polars as pl

from openmineral_dagster.lake.schema import UTC_TIME, Table
from openmineral_dagster.lake.tables.columns import AS_OF, KNOWN, column, share

PRICES = Table(
    "market.prices",
    "vintages",
    "Every vintage of every price, one row a vintage",
    (
        column("instrument", pl.String, "symbol: CU, AL, ZN, NI, PB, SN, GC, SI, ...", key=True),
        column("tenor", pl.String, "cash or 3m (LME), am, noon or pm (London auctions), front (futures), spot", key=True),
        column("price_date", pl.Date, "the day the price speaks of", key=True),
        column("price", pl.Float64, "the price, in the row's unit"),
        column("unit", pl.String, "quotation unit, such as USD/t"),
        column("currency", pl.String, "ISO currency of the price; null for an index", nullable=True),
        *KNOWN,
    ),
)

BARS = Table(
    "market.bars",
    "vintages",
    "Daily bars of continuous front-month futures and indices, one row a vintage",
    (
        column("instrument", pl.String, "symbol", key=True),
        column("price_date", pl.Date, "the trading day", key=True),
        column("open", pl.Float64, "first trade; null where missing or quarantined", "instrument unit", nullable=True),
        column("high", pl.Float64, "highest trade", "instrument unit", nullable=True),
        column("low", pl.Float64, "lowest trade", "instrument unit", nullable=True),
        column("close", pl.Float64, "settlement or last trade", "instrument unit"),
        column("volume", pl.Float64, "contracts traded; null where the source has none", "contracts", nullable=True, low=0),
        *KNOWN,
    ),
)

STOCKS = Table(
    "market.stocks",
    "vintages",
    "Warehouse stocks of LME, COMEX and NYMEX, one row a vintage",
    (
        column("instrument", pl.String, "LME metal, or the contract of COMEX or NYMEX: HG, GC, SI, PL, PA", key=True),
        column("report_date", pl.Date, "the day the warehouse report is dated", key=True),
        column(
            "on_warrant",
            pl.Float64,
            "stock on live warrants, COMEX registered; null where the source gives the total only",
            "t",
            nullable=True,
            low=0,
        ),
        column("cancelled", pl.Float64, "stock on cancelled warrants, null for COMEX", "t", nullable=True, low=0),
        column("total", pl.Float64, "all stock in the exchange's warehouses, COMEX eligible metal included", "t", low=0),
        *KNOWN,
    ),
)

FX = Table(
    "market.fx",
    "vintages",
    "ECB reference rates, one row a vintage",
    (
        column("currency", pl.String, "ISO code of the quoted currency", key=True),
        column("rate_date", pl.Date, "the day of the rate", key=True),
        column("per_eur", pl.Float64, "units of the currency for one euro", "currency/EUR", low=0),
        *KNOWN,
    ),
)

RATES = Table(
    "market.rates",
    "vintages",
    "Interest rates as annual fractions, one row a vintage",
    (
        column("series", pl.String, "name of a FRED series, such as SOFR and DGS10, or UST_ and a par-curve tenor", key=True),
        column("rate_date", pl.Date, "the day of the rate", key=True),
        column("rate", pl.Float64, "annual rate as a fraction (0.05 is five percent)", "1/year", low=-0.1, high=1.0),
        *KNOWN,
    ),
)

MONTHLY = Table(
    "market.monthly",
    "vintages",
    "Monthly averages of the World Bank Pink Sheet and of the IMF, one row a vintage: earlier months are revised",
    (
        column(
            "series",
            pl.String,
            "name of the series as the sheet has it, without trailing marks; as FRED has it for the IMF's",
            key=True,
        ),
        column("month_date", pl.Date, "first day of the month", key=True),
        column("value", pl.Float64, "average of the month, in the row's unit"),
        column("unit", pl.String, "unit as the sheet has it, such as $/mt"),
        *KNOWN,
    ),
)

POSITIONS_COT = Table(
    "market.positions_cot",
    "vintages",
    "Commitments of Traders as of a Tuesday, one row a vintage",
    (
        column("contract_code", pl.String, "CFTC contract market code, such as 085692 for copper", key=True),
        column(
            "report",
            pl.String,
            "legacy, disaggregated, or net for a series of non-commercial positions",
            key=True,
        ),
        column("category", pl.String, "group of traders as the report has it: noncommercial, managed money, ...", key=True),
        column("report_date", pl.Date, "the Tuesday the positions stood", key=True),
        column("market", pl.String, "market and exchange as the report names them; null in a series", nullable=True),
        column("open_interest", pl.Float64, "all open contracts", "contracts", low=0),
        column("long", pl.Float64, "long positions", "contracts", low=0),
        column("short", pl.Float64, "short positions, as a positive number", "contracts", low=0),
        column("spreading", pl.Float64, "long and short at once; null where not reported", "contracts", nullable=True, low=0),
        *KNOWN,
    ),
)

QUARANTINE = Table(
    "market.quarantine",
    "nights",
    "Rows and fields of the landing that a night did not use, with the reason",
    (
        AS_OF,
        column("source", pl.String, "kind of file: lme, futures, deals, ...", key=True),
        column("file", pl.String, "path inside the landing folder", key=True),
        column("row", pl.Int64, "row number in the file, header excluded; 0 for the file as a whole", key=True, low=0),
        column("field", pl.String, "column or dotted path; empty for the whole row or file", key=True),
        column("value", pl.String, "what was found"),
        column("reason", pl.String, "why it was not used", key=True),
        column(
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
        column("position_id", pl.String, "file and row of the position", key=True),
        column("portfolio", pl.String, "portfolio name"),
        column("instrument", pl.String, "symbol"),
        column("tenor", pl.String, "cash or 3m: constant maturity; front or spot otherwise"),
        column("quantity", pl.Float64, "signed size, long positive", "row's unit"),
        column("unit", pl.String, "t, lb, oz, kg, bbl, MMBtu or lots"),
        column("entered_on", pl.Date, "first day held; the row is known from this day"),
        column("closed_on", pl.Date, "first day no longer held; null while open on the night", nullable=True),
        column("price", pl.Float64, "entry price", "instrument unit", nullable=True),
        column("prompt_date", pl.Date, "the contract's prompt; null for a constant-maturity exposure", nullable=True),
    ),
)

MARKS = Table(
    "market.marks",
    "nights",
    "The last price of every series as the night knew it; a later correction does not change it",
    (
        AS_OF,
        column("instrument", pl.String, "symbol", key=True),
        column("tenor", pl.String, "tenor", key=True),
        column("price_date", pl.Date, "the day the price speaks of"),
        column("price", pl.Float64, "last price known", "instrument unit"),
        column("unit", pl.String, "quotation unit"),
        column("source", pl.String, "where the price comes from"),
        column("unusual_move", pl.Boolean, "last move beyond ten times the median of the 250 before: look before relying on it"),
    ),
)

QUALITY = Table(
    "market.quality",
    "nights",
    "How far every price series can be trusted on the night; what is flagged stays in the prices",
    (
        AS_OF,
        column("instrument", pl.String, "symbol", key=True),
        column("tenor", pl.String, "tenor", key=True),
        column("rows", pl.Int64, "prices known", low=1),
        column("first_date", pl.Date, "day of the first price"),
        column("last_date", pl.Date, "day of the last price"),
        column("gaps", pl.Int64, "business days without a price, of the last 250 up to its last price", "days", low=0),
        column("longest_gap_days", pl.Int64, "the most of them in a row", "days", low=0),
        column("repeated", pl.Int64, "rows at the end that hold one price; 1 where the last price is new", "rows", low=1),
        column("unit_jumps", pl.Int64, "rows beyond a factor of 5 of the median of the 60 rows before", "rows", low=0),
        column("outliers", pl.Int64, "rows whose move is beyond ten times the median of the 250 moves before", "rows", low=0),
        column("last_outlier", pl.Date, "day of the latest outlier; null where there is none", nullable=True),
        column("rolls_250", pl.Int64, "rolls to the next contract in the last 250 rows; 0 where nothing rolls", "rows", low=0),
        column("last_roll", pl.Date, "first price day of the contract now in front; null where nothing rolls", nullable=True),
        column("roll_move_250", pl.Float64, "sum of log steps between contracts in the last 250 rows: no return", nullable=True),
    ),
)

CROSS_SOURCE = Table(
    "market.cross_source",
    "nights",
    "Two sources of nearly one price side by side: other hours, places and grades, so a difference is a reason to look",
    (
        AS_OF,
        column("instrument", pl.String, "symbol of the first", key=True),
        column("tenor", pl.String, "its tenor", key=True),
        column("other_instrument", pl.String, "symbol of the second", key=True),
        column("other_tenor", pl.String, "its tenor", key=True),
        column("common_dates", pl.Int64, "days with both", "days", low=1),
        column("last_common_date", pl.Date, "the last day with both"),
        column("difference_percent", pl.Float64, "second less first on that day", "percent"),
        column("median_difference_percent", pl.Float64, "median of its absolute value on the last 250", "percent", low=0),
        column("agreement", pl.Float64, "1 below 0.5 percent, 0.7 below 2 percent, else 0.4", low=0, high=1),
    ),
)

CURVE = Table(
    "market.curve",
    "nights",
    "The LME curve of the night: cash, three months and third Wednesdays, linear in days between the two quoted prompts",
    (
        AS_OF,
        column("instrument", pl.String, "LME metal", key=True),
        column("prompt_date", pl.Date, "day of delivery", key=True),
        column("price_date", pl.Date, "the day both quoted prices are of"),
        column("price", pl.Float64, "price for the prompt", "USD/t", low=0),
        column("extrapolated", pl.Boolean, "beyond the three-month prompt, where the curve is held flat"),
    ),
)

QUOTATIONAL_PERIODS = Table(
    "market.quotational_periods",
    "nights",
    "LME cash averaged over last month, this month and the next two: known days and days priced off the curve",
    (
        AS_OF,
        column("instrument", pl.String, "LME metal", key=True),
        column("period_start", pl.Date, "first day of the month", key=True),
        column("period_end", pl.Date, "last day of the month"),
        column("price", pl.Float64, "mean of the daily prices, to two decimals", "USD/t", low=0),
        column("fixed_days", pl.Int64, "business days with a known price", "days", low=0),
        column("forward_days", pl.Int64, "business days to come, priced off the curve", "days", low=0),
        column("missing_days", pl.Int64, "past business days without a price: skipped, never filled", "days", low=0),
        share("unpriced", "share of the priced days that is still to come"),
    ),
)

NEWS = Table(
    "market.news",
    "vintages",
    "News lines as landed: untrusted text, data only",
    (
        column("news_id", pl.String, "the source's id", key=True),
        column("published_at", UTC_TIME, "publication time", "UTC"),
        column("source", pl.String, "publisher"),
        column("headline", pl.String, "headline, plain text"),
        column("body", pl.String, "body, plain text", nullable=True),
        column("url", pl.String, "address as given, never fetched", nullable=True),
        *KNOWN[2:],
    ),
)
