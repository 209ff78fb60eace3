"""The tables a risk report is made of, and the readings of them that several of its sections share."""

from dataclasses import dataclass, field

import polars as pl

from openmineral_dagster.lake.tables.risk import CONTRIBUTIONS, EXPOSURES, PNL, VAR
from openmineral_dagster.risk.book import WHOLE_BOOK

BOOK = WHOLE_BOOK
HEADLINE = 0.99
LINE = ["instrument", "tenor", "delivery"]


@dataclass(frozen=True)
class RiskTables:
    """A night's risk, and as much of the nights before as is stored; every frame conforms to its table.

    Attributes:
        exposures, excluded, var, contributions, backtest, stress, margin_calls, limits, pnl_explain: of the night.
        pnl: `risk.pnl` of up to the last 250 nights, this one among them.
        published: published one-day rows of `risk.var` of the nights before, as far back as `pnl`.
        var_before, contributions_before, exposures_before: of the night before; empty where there is none.
    """

    exposures: pl.DataFrame
    excluded: pl.DataFrame
    var: pl.DataFrame
    contributions: pl.DataFrame
    backtest: pl.DataFrame
    stress: pl.DataFrame
    margin_calls: pl.DataFrame
    limits: pl.DataFrame
    pnl_explain: pl.DataFrame
    pnl: pl.DataFrame = field(default_factory=PNL.empty)
    published: pl.DataFrame = field(default_factory=VAR.empty)
    var_before: pl.DataFrame = field(default_factory=VAR.empty)
    contributions_before: pl.DataFrame = field(default_factory=CONTRIBUTIONS.empty)
    exposures_before: pl.DataFrame = field(default_factory=EXPOSURES.empty)


def at_level(rows: pl.DataFrame, confidence: float) -> pl.DataFrame:
    """Rows of one confidence level."""
    return rows.filter((pl.col("confidence") - confidence).abs() < 1e-9)


def published(var: pl.DataFrame, horizon: int = 1) -> pl.DataFrame:
    """What the desk reads of `risk.var` at one holding period."""
    return var.filter(pl.col("published") & (pl.col("horizon_days") == horizon))


def line_name(line: dict[str, str]) -> str:
    """A line as the desk says it: the delivery only where it is a date or month."""
    words = [line["instrument"], line["tenor"], *([line["delivery"]] if line["delivery"] != "rolling" else [])]
    return " ".join(words)


def examined(tables: RiskTables, portfolio: str, levels: tuple[float, ...]) -> pl.DataFrame:
    """Nights with both a profit and loss and the published figures of the night it was held from, oldest first.

    Returns:
        as_of_date, pnl_usd and a column of losses a level, named by its position in `levels`.
    """
    rows = tables.pnl.filter(pl.col("portfolio") == portfolio).select("as_of_date", "held_from", "pnl_usd")
    of_portfolio = published(tables.published).filter(pl.col("portfolio") == portfolio)
    for place, level in enumerate(levels):
        figures = at_level(of_portfolio, level).select(held_from="as_of_date", **{str(place): "var_usd"})
        rows = rows.join(figures, on="held_from")
    return rows.sort("as_of_date").drop("held_from")
