"""`risk.var` of a night by every method, and what each line adds to the published figure."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date

import numpy as np
import polars as pl

from openmineral_dagster.lake.tables import CONTRIBUTIONS, VAR
from openmineral_dagster.risk.book import LINE, legs_of
from openmineral_dagster.risk.fits import Fits, Sizes, combined, weights
from openmineral_dagster.risk.history import Histories
from openmineral_dagster.risk.methods import (
    AVERAGE4_MARGIN,
    FHS_EWMA94,
    HISTORICAL_500,
    HORIZONS,
    MARGINS,
    MEMBERS,
    METHODS,
    book_of,
    estimates,
)
from openmineral_dagster.risk.tails import LEVELS, Figures

CENT = 2
SHARE_DECAY = 0.94
SHARE_ROWS = 250
VarOf = Callable[[pl.DataFrame], float]
Line = tuple[str, str, str]
"""(instrument, tenor, delivery)."""


def figures(exposed: pl.DataFrame, market: Histories, as_of: date, fits: Fits) -> pl.DataFrame:
    """Every method's figures of every portfolio, level and horizon, as `risk.var` with nothing published yet.

    Args:
        exposed: the `risk.exposures` that can be measured.
        fits: volatility models already fitted; new ones are added.
    """
    rows: list[tuple[object, ...]] = []
    for portfolio, sizes in sizes_of(exposed, market, as_of).items():
        book = book_of(market, as_of, sizes, fits)
        for horizon in HORIZONS:
            for method, found in estimates(book, horizon).items():
                rows += _rows(as_of, portfolio, method, horizon, found)
    return pl.DataFrame(rows, schema=VAR.dtypes, orient="row")


def _rows(as_of: date, portfolio: str, method: str, horizon: int, found: Figures) -> Iterator[tuple[object, ...]]:
    margins = MARGINS if method == AVERAGE4_MARGIN else np.ones(len(LEVELS))
    figured = zip(LEVELS.tolist(), found.var.tolist(), found.es.tolist(), margins.tolist(), strict=True)
    for level, var, shortfall, margin in figured:
        var_usd, es_usd = round(var, CENT), round(shortfall, CENT)
        yield as_of, portfolio, method, level, horizon, var_usd, es_usd, margin, found.scenarios, False, ""


def sizes_of(exposed: pl.DataFrame, market: Histories, as_of: date) -> dict[str, Sizes]:
    """The quantity of each priced series in each portfolio."""
    held: dict[str, Sizes] = {}
    for portfolio, instrument, tenor, delivery, quantity in exposed.select(*LINE, "quantity").iter_rows():
        _add(held.setdefault(portfolio, {}), market, (instrument, tenor, delivery), quantity, as_of)
    return held


def _add(sizes: Sizes, market: Histories, line: Line, quantity: float, as_of: date) -> Sizes:
    for leg in legs_of(market, line[:2], line[2], quantity, as_of):
        sizes[leg.series] = sizes.get(leg.series, 0.0) + leg.quantity
    return sizes


def scaled_var(var: pl.DataFrame, market: Histories, as_of: date, confidence: float = 0.99) -> VarOf:
    """One-day value at risk of changed sensitivities of a portfolio, USD: the published figure times the change of the filtered
    history of decay 0.94, which needs no fit.

    Args:
        var: `risk.var` of the night, gated.
    """
    at = (pl.col("confidence") - confidence).abs() < 1e-9
    read = var.filter(pl.col("published") & at & (pl.col("horizon_days") == 1))
    told = dict(read.select("portfolio", "var_usd").iter_rows())
    simple = dict(
        var.filter(at & (pl.col("method") == FHS_EWMA94) & (pl.col("horizon_days") == 1))
        .select("portfolio", "var_usd")
        .iter_rows()
    )
    place = int(np.argmin(np.abs(LEVELS - confidence)))

    def var_of(sensitivities: pl.DataFrame) -> float:
        sizes: Sizes = {}
        for instrument, tenor, quantity in sensitivities.select("instrument", "series_tenor", "quantity").iter_rows():
            sizes[instrument, tenor] = sizes.get((instrument, tenor), 0.0) + quantity
        portfolio = sensitivities["portfolio"][0]
        factor = told[portfolio] / simple[portfolio] if simple.get(portfolio) else 1.0
        return float(_simple(sizes, market, as_of)[place]) * factor

    return var_of


def var_by(method: str, held: pl.DataFrame, market: Histories, as_of: date, fits: Fits, confidence: float = 0.99) -> float:
    """One-day value at risk by a method of lines taken together, USD; by its fallbacks where their history is too short for it.

    Args:
        held: instrument, tenor, delivery and quantity, as `risk.book.lines` gives them, of one portfolio.

    Raises:
        ValueError: the history is too short for any method.
    """
    sizes: Sizes = {}
    for instrument, tenor, delivery, quantity in held.select(*LINE[1:], "quantity").iter_rows():
        _add(sizes, market, (instrument, tenor, delivery), quantity, as_of)
    found = estimates(book_of(market, as_of, sizes, fits), 1, (*MEMBERS, HISTORICAL_500))
    chosen = next((found[name] for name in (method, FHS_EWMA94, HISTORICAL_500) if name in found), None)
    if chosen is None:
        raise ValueError("no method has enough history")
    return float(chosen.var[int(np.argmin(np.abs(LEVELS - confidence)))])


def contributions(exposed: pl.DataFrame, var: pl.DataFrame, market: Histories, as_of: date) -> pl.DataFrame:
    """`risk.contributions` of the night.

    A component is the published figure times the line's share w_i (Sigma w)_i / w' Sigma w under a covariance of decay 0.94, so
    components add up exactly (Euler); a hedge's is negative. By itself and without: filtered history of decay 0.94, which
    needs no fit.

    Args:
        exposed: the `risk.exposures` that can be measured.
        var: `risk.var` of the night, gated.
    """
    read = var.filter(pl.col("published") & (pl.col("horizon_days") == 1))
    told = {(row["portfolio"], row["confidence"]): row["var_usd"] for row in read.iter_rows(named=True)}
    rows: list[tuple[object, ...]] = []
    for (portfolio,), held in exposed.group_by("portfolio", maintain_order=True):
        lines = {(i, t, d): q for i, t, d, q in held.select(*LINE[1:], "quantity").iter_rows() if q}
        if lines:
            rows += _portfolio_rows(as_of, str(portfolio), lines, told, market)
    return pl.DataFrame(rows, schema=CONTRIBUTIONS.dtypes, orient="row")


def _portfolio_rows(
    as_of: date, portfolio: str, lines: Mapping[Line, float], told: Mapping[tuple[str, float], float], market: Histories
) -> Iterator[tuple[object, ...]]:
    legs = {line: _add({}, market, line, quantity, as_of) for line, quantity in lines.items()}
    shares = _shares(legs, market, as_of)
    whole = _simple(_together(legs), market, as_of)
    for line, own in legs.items():
        alone = whole if len(legs) == 1 else _simple(own, market, as_of)
        others = {other: sizes for other, sizes in legs.items() if other != line}
        without = _simple(_together(others), market, as_of) if others else np.zeros(len(LEVELS))
        for place, level in enumerate(LEVELS.tolist()):
            if (portfolio, level) in told and level != 0.975:
                component = told[portfolio, level] * shares[line]
                figured = (alone[place], component, whole[place] - without[place])
                yield as_of, portfolio, *line, level, *(round(float(value), CENT) for value in figured)


def _together(legs: Mapping[Line, Sizes]) -> Sizes:
    total: Sizes = {}
    for sizes in legs.values():
        for series, quantity in sizes.items():
            total[series] = total.get(series, 0.0) + quantity
    return total


def _simple(sizes: Sizes, market: Histories, as_of: date) -> np.ndarray:
    """One-day value at risk at each level by the filtered history of decay 0.94, else by plain history; 0 of nothing."""
    book = book_of(market, as_of, sizes, Fits())
    found = [figured for name in (FHS_EWMA94, HISTORICAL_500) if book.sizes and (figured := METHODS[name](book, 1))]
    return found[0].var if found else np.zeros(len(LEVELS))


def _shares(legs: Mapping[Line, Sizes], market: Histories, as_of: date) -> dict[Line, float]:
    """Share of each line in the variance of the book; equal shares of a book that never moved."""
    total = _together(legs)
    names = tuple(sorted(total))
    moves = market.moves(names)
    rows = moves.known_by(as_of)
    recent = moves.one[max(rows - SHARE_ROWS, 0) : rows]
    ages = SHARE_DECAY ** np.arange(len(recent))[::-1]
    per_move, _ = weights(market, total, as_of)
    pnl = combined(recent, per_move)
    variance = float(ages @ (pnl * pnl))
    if not variance:
        return dict.fromkeys(legs, 1.0 / len(legs))
    found = {}
    for line, sizes in legs.items():
        own, _ = weights(market, {name: sizes.get(name, 0.0) for name in names}, as_of)
        found[line] = float(ages @ (combined(recent, own) * pnl)) / variance
    return found
