"""Features and forecasts of a night."""

import polars as pl

from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables.columns import AS_OF, column, share

DAILY_PANEL = Table(
    "features.daily_panel",
    "nights",
    "Features of each instrument as the night knew them",
    (
        column("instrument", pl.String, "symbol", key=True),
        column("tenor", pl.String, "tenor of the priced series", key=True),
        AS_OF,
        column("price_date", pl.Date, "date of the last price known"),
        column("price", pl.Float64, "last price known", "instrument unit"),
        column("return_1d", pl.Float64, "log return of the last price row", nullable=True),
        column("return_5d", pl.Float64, "log return over 5 price rows", nullable=True),
        column("return_21d", pl.Float64, "log return over 21 price rows", nullable=True),
        column("vol_5d", pl.Float64, "root mean square log return of 5 rows", "1/sqrt(day)", nullable=True, low=0),
        column("vol_22d", pl.Float64, "root mean square log return of 22 rows", "1/sqrt(day)", nullable=True, low=0),
        column("vol_66d", pl.Float64, "root mean square log return of 66 rows", "1/sqrt(day)", nullable=True, low=0),
        column("ewma94_vol", pl.Float64, "exponentially weighted volatility, decay 0.94", "1/sqrt(day)", nullable=True, low=0),
        column("ewma97_vol", pl.Float64, "exponentially weighted volatility, decay 0.97", "1/sqrt(day)", nullable=True, low=0),
        column("spread_cash_3m", pl.Float64, "cash less 3m as a fraction of cash; positive in backwardation", nullable=True),
        column("history_rows", pl.Int64, "price rows known", low=1),
    ),
)

PRICE_DISTRIBUTION = Table(
    "forecasts.price_distribution",
    "nights",
    "Forecast quantiles by model; the champion rows are what the desk reads",
    (
        AS_OF,
        column("instrument", pl.String, "symbol", key=True),
        column("tenor", pl.String, "tenor of the priced series", key=True),
        column("horizon_days", pl.Int64, "price rows after the last price known: 1, 5 or 21", "rows", key=True, low=1),
        share("quantile", "probability level as a fraction", key=True),
        column("log_return", pl.Float64, "quantile of the log return over the horizon"),
        column("price", pl.Float64, "the quantile as a price: last price x exp(log_return)", "instrument unit"),
        column("model", pl.String, "ewma97_normal, hist500 or quantile_network", key=True),
        column("model_version", pl.String, "version of a trained model; the code's own version for the others"),
        column("information", pl.String, "fix: known at the fix; night: with later closes", key=True, choices=("fix", "night")),
        column("champion", pl.Boolean, "true on the one set of rows the desk reads"),
        column(
            "gate_status",
            pl.String,
            "not rejected, with the band it had to lie in; or why it was replaced or is not yet earned",
        ),
    ),
)

SCORECARD = Table(
    "forecasts.scorecard",
    "nights",
    "How each model did over the origins before this night whose outcome is known",
    (
        AS_OF,
        column("model", pl.String, "model", key=True),
        column("information", pl.String, "fix or night", key=True, choices=("fix", "night")),
        column("instrument", pl.String, "symbol", key=True),
        column("tenor", pl.String, "tenor", key=True),
        column("horizon_days", pl.Int64, "horizon", "rows", key=True, low=1),
        column("window_start", pl.Date, "first origin scored"),
        column("window_end", pl.Date, "last origin scored"),
        column("n", pl.Int64, "origins scored (they overlap for horizons above one)", low=1),
        column(
            "crps",
            pl.Float64,
            "mean continuous ranked probability score: twice the mean pinball loss over 5 to 95 percent",
            "log return",
            low=0,
        ),
        column("crps_hist500", pl.Float64, "the same score of hist500 on the same origins", "log return", low=0),
        column("crps_ewma97", pl.Float64, "the same score of ewma97_normal on the same origins", "log return", low=0),
        *(
            share(f"coverage_{level}", f"share of outcomes inside the central {level} percent range")
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
        column("model", pl.String, "model", key=True),
        column("version", pl.String, "version", key=True),
        column("trained_through", pl.Date, "last price date the version saw"),
        column("effective_from", pl.Date, "first night it may serve"),
        column("promoted", pl.Boolean, "whether it replaced the baseline as champion"),
        column("evidence", pl.String, "the comparison that decided it, as JSON"),
    ),
)
