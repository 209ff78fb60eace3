"""The calibration page of a night: coverage by instrument, horizon and volatility beside what a true range would show."""

from datetime import date

import polars as pl
from markupsafe import Markup

from openmineral_dagster.forecasting.study import NIGHT
from openmineral_dagster.reporting.pages import picture, render
from openmineral_dagster.reporting.plots import dots_in_bands

SCOPES = {"all": "By horizon", "volatility fifth": "By volatility: fifth of its last 750 rows", "instrument": "By instrument"}
NINETY = 0.9


def page(
    as_of: date, champion: str, skill: pl.DataFrame, calibration: pl.DataFrame, ranges: pl.DataFrame, sample_data: bool
) -> str:
    """The page as HTML that needs nothing from outside.

    Args:
        champion: the model of record, whose ranges the page judges.
        skill, calibration, ranges: the night's `forecasts.skill`, `.calibration` and `.price_distribution`.
    """
    claims = _of(champion, skill).filter(pl.col("market") == "all").sort("information", "horizon_days")
    covered = _of(champion, calibration).filter(pl.col("information") == NIGHT)
    outside = covered.filter(~pl.col("coverage").is_between(pl.col("band_low"), pl.col("band_high")))
    read = ranges.filter("champion").unique(["instrument", "tenor", "horizon_days"]).sort("instrument", "tenor", "horizon_days")
    replaced = read.filter(pl.col("gate_status").str.contains("^(old price.*; )?(replaced|unproven)"))
    return render(
        "calibration.html",
        sample_data,
        night=as_of,
        champion=champion,
        verdict=verdict(claims),
        claims=claims.to_dicts(),
        pictures=[(words, _picture(covered, scope)) for scope, words in SCOPES.items()] if claims.height else [],
        outside=outside.sort("scope", "member", "horizon_days", "level").to_dicts(),
        looked_at=covered.height,
        replaced=replaced.to_dicts(),
    )


def verdict(claims: pl.DataFrame) -> str:
    """What may be said, in a sentence or two."""
    ranges = claims.filter(pl.col("range_claim") == "better").height
    better = f"better than EWMA's in {ranges} of {claims.height} cases" if ranges else "not shown to be better than EWMA's"
    knows = claims.filter(pl.col("mean_claim") == "catch-up")["horizon_days"].unique().sort().to_list()
    words = f"only as catch-up, {' and '.join(map(str, knows))} rows ahead" if knows else "not at all: no skill is shown"
    if claims.filter(pl.col("mean_claim") == "skill").height:
        words = "at the fix, which nothing measured before has shown: look for a leak"
    return f"The width of its ranges is {better}. It knows where prices go {words}."


def _of(model: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of a model over the longest window there is: a backtest's where one has been run."""
    kind = ["information", "horizon_days", *({"market", "scope", "member", "level"} & set(rows.columns))]
    own = rows.filter(pl.col("model") == model)
    return own.filter(pl.col("window_start") == pl.col("window_start").min().over(kind))


def _picture(covered: pl.DataFrame, scope: str) -> Markup:
    """Coverage of the 90 percent range of each member and horizon in its band, as SVG."""
    rows = covered.filter((pl.col("scope") == scope) & ((pl.col("level") - NINETY).abs() < 1e-9)).sort("member", "horizon_days")
    names = [_name(*key) for key in rows.select("scope", "member", "horizon_days").iter_rows()]
    drawn = dots_in_bands(names, rows["coverage"].to_list(), rows["band_low"].to_list(), rows["band_high"].to_list(), NINETY)
    return picture(drawn, scope)


def _name(scope: str, member: str, horizon: int) -> str:
    ahead = f"{horizon} rows" if horizon else "all"
    return ahead if scope == "all" else f"{member}, {ahead}"
