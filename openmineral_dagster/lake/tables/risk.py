"""Risk of the book on a night."""

import polars as pl

from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables.columns import AS_OF, column, share

EXPOSURES = Table(
    "risk.exposures",
    "nights",
    "Open exposures by portfolio and priced series",
    (
        AS_OF,
        column("portfolio", pl.String, "portfolio; ALL is the whole book", key=True),
        column("instrument", pl.String, "symbol", key=True),
        column("tenor", pl.String, "tenor", key=True),
        column("quantity", pl.Float64, "signed net size, long positive", "instrument quantity unit"),
        column("quantity_unit", pl.String, "t, oz, lb, ..."),
        column("price_date", pl.Date, "date of the price used"),
        column("price", pl.Float64, "last price known", "instrument unit"),
        column("value_usd", pl.Float64, "quantity x price", "USD"),
    ),
)

PNL = Table(
    "risk.pnl",
    "nights",
    "Clean one-day profit and loss of the exposures held into the last price date",
    (
        AS_OF,
        column("portfolio", pl.String, "portfolio; ALL is the whole book", key=True),
        column("price_date", pl.Date, "the day the change ended on"),
        column("pnl_usd", pl.Float64, "sum of quantity x (price less previous price), gains positive", "USD"),
    ),
)

VAR = Table(
    "risk.var",
    "nights",
    "Value at risk and expected shortfall; one published row per date, portfolio, confidence and horizon",
    (
        AS_OF,
        column("portfolio", pl.String, "portfolio; ALL is the whole book", key=True),
        column("method", pl.String, "estimation method", key=True),
        share("confidence", "level as a fraction", key=True),
        column("horizon_days", pl.Int64, "holding period", "rows", key=True, low=1),
        column("var_usd", pl.Float64, "value at risk, losses positive", "USD"),
        column("es_usd", pl.Float64, "expected shortfall, losses positive", "USD"),
        column("margin", pl.Float64, "tail margin the figure was multiplied by; 1.00 where none", low=1.0),
        column("scenarios", pl.Int64, "historical scenarios used", low=1),
        column("published", pl.Boolean, "true on the one row the desk reads"),
        column("gate_status", pl.String, "what the method has passed, or that it has not been examined yet"),
    ),
)
