"""What must hold before rows are read further, and what the desk should be told of: one function each, used by the checks.

The publisher passes the gates again; a watch stops nothing.
"""

from collections.abc import Callable
from datetime import date

import polars as pl

from openmineral_dagster.defs.nightly import known
from openmineral_dagster.lake.schema import violations
from openmineral_dagster.lake.store import Lake
from openmineral_dagster.lake.tables import (
    EXCLUDED,
    FIGURES,
    FINDINGS,
    LIMITS,
    MEMOS,
    PNL_EXPLAIN,
    PRICE_DISTRIBUTION,
    PRICES,
    TERMS,
    VALUATION,
    VAR,
)
from openmineral_dagster.memos.grounding import check_figures
from openmineral_dagster.reference.errors import GateFailure

Gate = Callable[[Lake, date], list[str]]
ROUNDING = 1.0
"""USD a line's parts may fall short of its revaluation: a cent each, over many positions."""


def prices_are_known(lake: Lake, as_of: date) -> list[str]:
    """The night knows at least one price, and every price row keeps the schema."""
    prices = known(lake, PRICES, as_of)
    return violations(prices, PRICES) + ([] if prices.height else [f"no price was known by the night of {as_of}"])


def one_champion(lake: Lake, as_of: date) -> list[str]:
    """Exactly one champion row a series, horizon and quantile; quantiles rise with their probability."""
    rows = lake.read_night(PRICE_DISTRIBUTION, as_of)
    series = ["instrument", "tenor", "horizon_days"]
    champions = rows.filter("champion").group_by(*series, "quantile").len()
    wanted = rows.select(*series, "quantile").unique()
    found = [f"{wanted.height} quantiles have {champions.height} champions"] if wanted.height != champions.height else []
    if (champions["len"] > 1).any():
        found.append("a quantile has more than one champion")
    falling = rows.sort("quantile").with_columns(step=pl.col("price").diff().over(*series, "model", "information"))
    return violations(rows, PRICE_DISTRIBUTION) + found + (["quantiles cross"] if (falling["step"] < 0).any() else [])


def one_published_var(lake: Lake, as_of: date) -> list[str]:
    """Exactly one published figure a portfolio, level and horizon; expected shortfall is never below value at risk."""
    rows = lake.read_night(VAR, as_of)
    published = rows.group_by("portfolio", "confidence", "horizon_days").agg(pl.col("published").sum())
    found = ["not exactly one published row"] if (published["published"] != 1).any() else []
    return (
        violations(rows, VAR)
        + found
        + (["expected shortfall below value at risk"] if (rows["es_usd"] < rows["var_usd"]).any() else [])
    )


def limits_are_kept(lake: Lake, as_of: date) -> list[str]:
    """No limit of the desk is breached."""
    breached = lake.read_night(LIMITS, as_of).filter("breached")
    return [f"{row['portfolio']} {row['limit_id']}: {row['recommendation']}" for row in breached.iter_rows(named=True)]


def profit_is_explained(lake: Lake, as_of: date) -> list[str]:
    """What is left unexplained of any line's profit and loss is a rounding."""
    rows = lake.read_night(PNL_EXPLAIN, as_of).filter(
        (pl.col("component") == "residual") & (pl.col("amount_usd").abs() > ROUNDING)
    )
    return [f"{row['portfolio']} {row['instrument']} {row['delivery']}: {row['amount_usd']:,.2f} USD" for row in rows.to_dicts()]


def the_book_is_whole(lake: Lake, as_of: date) -> list[str]:
    """Nothing the desk holds is left out of the figures of risk."""
    rows = lake.read_night(EXCLUDED, as_of)
    return [f"{row['portfolio']} {row['item']}: {row['reason']}" for row in rows.iter_rows(named=True)]


def deals_are_valued(lake: Lake, as_of: date) -> list[str]:
    """Every deal of the night has a value."""
    rows = lake.read_night(VALUATION, as_of)
    return violations(rows, VALUATION) + _missing(lake, as_of, rows, "value")


def deals_are_judged(lake: Lake, as_of: date) -> list[str]:
    """Every deal of the night has compliance findings."""
    rows = lake.read_night(FINDINGS, as_of)
    return violations(rows, FINDINGS) + _missing(lake, as_of, rows, "finding")


def memos_are_grounded(lake: Lake, as_of: date) -> list[str]:
    """Every deal has a memo, and every digit of every memo lies in exactly one figure that names its row."""
    memos, figures = lake.read_night(MEMOS, as_of), lake.read_night(FIGURES, as_of)
    found = _missing(lake, as_of, memos, "memo")
    for memo in memos.iter_rows(named=True):
        own = figures.filter(pl.col("deal_id") == memo["deal_id"])
        found += [f"{memo['deal_id']}: {fault}" for fault in check_figures(memo["markdown"], own)]
    return violations(memos, MEMOS) + violations(figures, FIGURES) + found


def _missing(lake: Lake, as_of: date, rows: pl.DataFrame, what: str) -> list[str]:
    keys = [name for name in ("deal_id", "deal_hash") if name in rows.columns]
    without = lake.read_night(TERMS, as_of).join(rows, on=keys, how="anti")
    return [f"deal {deal} has no {what}" for deal in without["deal_id"]]


GATES: dict[str, Gate] = {
    PRICES.name: prices_are_known,
    PRICE_DISTRIBUTION.name: one_champion,
    VAR.name: one_published_var,
    VALUATION.name: deals_are_valued,
    FINDINGS.name: deals_are_judged,
    MEMOS.name: memos_are_grounded,
}
WATCHES: dict[str, Gate] = {
    PNL_EXPLAIN.name: profit_is_explained,
    LIMITS.name: limits_are_kept,
    EXCLUDED.name: the_book_is_whole,
}


def require_gates(lake: Lake, as_of: date) -> None:
    """Pass every gate of the night.

    Raises:
        GateFailure: naming each gate that does not hold and why.
    """
    broken = [f"{name}: {line}" for name, gate in GATES.items() for line in gate(lake, as_of)]
    if broken:
        raise GateFailure("; ".join(broken[:5]))
