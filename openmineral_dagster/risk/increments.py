"""What a deal adds to the risk of the book: value at risk with it less value at risk without."""

from collections.abc import Iterator
from datetime import date

import polars as pl

from openmineral_dagster.lake.tables import INCREMENTS
from openmineral_dagster.risk.book import LINE, WHOLE_BOOK, deal_lines
from openmineral_dagster.risk.fits import Fits
from openmineral_dagster.risk.history import Histories
from openmineral_dagster.risk.limit_terms import Limits, TailLimit
from openmineral_dagster.risk.measure import var_by
from openmineral_dagster.risk.methods import AVERAGE4_MARGIN

HEADLINE = 0.99
COLUMNS = ["portfolio", *LINE[1:], "quantity"]


def increments(
    counted: pl.DataFrame, legs: pl.DataFrame, var: pl.DataFrame, limits: Limits, market: Histories, as_of: date, fits: Fits
) -> pl.DataFrame:
    """`risk.increments` of the night: a row for each deal that leaves a price open and can be measured whole.

    Args:
        counted: the `risk.exposures` that can be measured.
        legs: `deals.exposures` of the night.
        var: `risk.var` of the night.
        limits: those of the desk.
    """
    book = counted.filter(portfolio=WHOLE_BOOK).select(COLUMNS)
    method, limit = published_method(var), _tightest(limits)
    deals = legs.sort("deal_id", "deal_hash").group_by("deal_id", "deal_hash", maintain_order=True)
    measurable = [(key, lines) for key, own in deals if _is_counted(lines := deal_lines(own).select(COLUMNS), book)]
    rows = [
        (as_of, *key, method, HEADLINE, *_figures(book, lines, method, limit, market, as_of, fits)) for key, lines in measurable
    ]
    return pl.DataFrame(rows, schema=INCREMENTS.dtypes, orient="row")


def incremental_var(
    book: pl.DataFrame, extra: pl.DataFrame, method: str, market: Histories, as_of: date, fits: Fits
) -> tuple[float, float]:
    """One-day value at risk at 99 percent of a book without and with more lines, USD.

    Args:
        book, extra: instrument, tenor, delivery and quantity; the book's may be empty.
    """
    together = pl.concat([book.select(COLUMNS), extra.select(COLUMNS)])
    before = var_by(method, book, market, as_of, fits) if book.height else 0.0
    return before, var_by(method, together, market, as_of, fits)


def published_method(var: pl.DataFrame) -> str:
    """The method read for the whole book; the candidate where there is no book."""
    at = (pl.col("confidence") - HEADLINE).abs() < 1e-9
    read = var.filter(pl.col("published") & at & (pl.col("horizon_days") == 1), portfolio=WHOLE_BOOK)
    return str(read["method"][0]) if read.height else AVERAGE4_MARGIN


def _is_counted(lines: pl.DataFrame, book: pl.DataFrame) -> bool:
    """Whether every line of a deal is among those measured: what a part of it adds would mislead."""
    return lines.join(book, on=LINE[1:], how="anti").is_empty()


def _tightest(limits: Limits) -> float | None:
    """The tightest limit on the one-day figure of the book at 99 percent; None where there is none."""
    tail = [limit for limit in limits.limits if isinstance(limit, TailLimit) and limit.measure == "var"]
    own = [limit for limit in tail if (limit.portfolio, limit.confidence, limit.horizon_days) == (WHOLE_BOOK, HEADLINE, 1)]
    return min((limit.limit for limit in own), default=None)


def _figures(
    book: pl.DataFrame, own: pl.DataFrame, method: str, limit: float | None, market: Histories, as_of: date, fits: Fits
) -> Iterator[object]:
    without, whole = incremental_var(pl.concat([book, own.with_columns(-pl.col("quantity"))]), own, method, market, as_of, fits)
    yield round(whole, 2)
    yield round(without, 2)
    yield round(whole - without, 2)
    yield limit
    yield limit is None or whole <= limit or whole <= without
