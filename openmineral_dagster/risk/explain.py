"""Where the profit and loss of a day came from: the lines of the night before under the moves since, and what was traded."""

from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl

from openmineral_dagster.lake.tables import EXCLUDED, PNL, PNL_EXPLAIN
from openmineral_dagster.market.rolls import SYMBOLS, roll_dates
from openmineral_dagster.reference.calendars import night_before
from openmineral_dagster.reference.instruments import LME_TENORS
from openmineral_dagster.risk.book import (
    BY_SYMBOL,
    LINE,
    NO_DEALS,
    ROLLING,
    curve_weight,
    lines,
    mark,
    open_positions,
    prompt_of,
)
from openmineral_dagster.risk.history import Histories, Series

CENT = 2
NEW_TRADES, RESIDUAL = "new_trades", "residual"
Parts = dict[str, float]


def explain(positions: pl.DataFrame, deals: pl.DataFrame, market: Histories, as_of: date) -> pl.DataFrame:
    """`risk.pnl_explain` of the night: every line's parts, which add up to its revaluation, to the cent.

    Args:
        positions: `market.positions` of the night.
        deals: open legs of deals on the night before, as `risk.book.lines` takes them.

    Price is the move of the benchmark: three months for the LME, the series itself for anything else. What entered since
    counts from its entry price. The residual is revaluation less all parts, and should be a rounding.
    """
    held_from = night_before(as_of)
    rows = [
        (as_of, *line, part, amount)
        for *line, quantity in lines(positions, deals, held_from).select(*LINE, "quantity").iter_rows()
        for part, amount in _of_line(market, (line[1], line[2]), line[3], quantity, held_from, as_of).items()
    ]
    rows += [(as_of, *line, NEW_TRADES, amount) for *line, amount in _new_trades(positions, market, held_from, as_of)]
    explained = pl.DataFrame(rows, schema=PNL_EXPLAIN.dtypes, orient="row")
    return explained.group_by(PNL_EXPLAIN.key).agg(pl.col("amount_usd").sort().sum().round(CENT)).sort(PNL_EXPLAIN.key)


def clean_pnl(explained: pl.DataFrame, market: Histories, as_of: date) -> pl.DataFrame:
    """`risk.pnl` of the night: all of it but what was traded since, a row a portfolio."""
    held = explained.filter(pl.col("component") != NEW_TRADES)
    dates = {line: _priced_on(market, line, as_of) for line in held.select("instrument", "tenor").unique().iter_rows()}
    days = pl.DataFrame(
        [(*line, day) for line, day in dates.items()],
        schema={"instrument": pl.String, "tenor": pl.String, "day": pl.Date},
        orient="row",
    )
    return (
        held.join(days, on=["instrument", "tenor"])
        .group_by("portfolio")
        .agg(price_date=pl.col("day").max(), pnl_usd=pl.col("amount_usd").sort().sum().round(CENT))
        .with_columns(as_of_date=pl.lit(as_of), held_from=pl.lit(night_before(as_of)))
        .select(PNL.dtypes.names())
        .sort("portfolio")
    )


def unknown_entries(positions: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`risk.excluded`: what entered since the night before without a price, whose first day is in no profit and loss."""
    unpriced = _entered(positions, night_before(as_of), as_of).filter(pl.col("price").is_null())
    return unpriced.select(
        as_of_date=pl.lit(as_of),
        portfolio="portfolio",
        item="position_id",
        field=pl.lit("price"),
        value=pl.lit(""),
        reason=pl.lit("expected an entry price: profit and loss since entry is not known"),
    ).select(EXCLUDED.dtypes.names())


def _entered(positions: pl.DataFrame, held_from: date, as_of: date) -> pl.DataFrame:
    return open_positions(positions, as_of).filter(pl.col("entered_on") > held_from)


def _new_trades(
    positions: pl.DataFrame, market: Histories, held_from: date, as_of: date
) -> Iterator[tuple[str, str, str, str, float]]:
    entered = _entered(positions, held_from, as_of).drop_nulls("price")
    for position in entered.iter_rows(named=True):
        one = entered.filter(pl.col("position_id") == position["position_id"])
        for line in lines(one, NO_DEALS, as_of).iter_rows(named=True):
            marked = mark(market, (line["instrument"], line["tenor"]), line["delivery"], as_of)
            if marked:
                yield (*(line[name] for name in LINE), line["quantity"] * (marked[0] - position["price"]))


def _of_line(market: Histories, series: Series, delivery: str, quantity: float, before: date, now: date) -> Parts:
    """The parts of one line in USD; none where it cannot be marked on both nights."""
    marks = [mark(market, series, delivery, night) for night in (before, now)]
    if marks[0] is None or marks[1] is None:
        return {}
    parts = {name: quantity * amount for name, amount in _per_unit(market, series, delivery, before, now).items()}
    return {**parts, RESIDUAL: quantity * (marks[1][0] - marks[0][0]) - sum(parts.values())}


def _per_unit(market: Histories, series: Series, delivery: str, before: date, now: date) -> Parts:
    item = BY_SYMBOL[series[0]]
    if item.venue == "LME":
        return _lme(market, series, delivery, before, now)
    kind = "fx" if item.venue == "ECB" else "roll" if _rolled(market, series, before, now) else "price"
    return {kind: _change(market, series, before, now)}


def _lme(market: Histories, series: Series, delivery: str, before: date, now: date) -> Parts:
    """Of a price F = m - (1 - w) s, with m three months, s its distance to cash and w the place of the prompt between them.

    price: change of m; curve: -(1 - w) times the change of s, w of the night before; carry: s times the change of w. Where one
    end of the curve is not known it is flat, as it is marked: s is 0.
    """
    three_months = (series[0], LME_TENORS[1])
    (first, spread_before), (last, spread) = (_curve(market, series[0], night) for night in (before, now))
    if series == three_months and delivery == ROLLING:
        return {"price": _change(market, series, before, now)}
    if delivery == ROLLING:
        return {"price": last - first, "curve": -(spread - spread_before)}
    near, far = (_weight(market, three_months, delivery, night) for night in (before, now))
    return {"price": last - first, "curve": -(1.0 - near) * (spread - spread_before), "carry": (far - near) * spread}


def _change(market: Histories, series: Series, before: date, now: date) -> float:
    first, last = market.quote(series, before), market.quote(series, now)
    return last[0] - first[0] if first and last else 0.0


def _curve(market: Histories, instrument: str, night: date) -> tuple[float, float]:
    """Three months and its distance to cash, of a curve that has at least one of them."""
    cash, three_months = (market.quote((instrument, tenor), night) for tenor in LME_TENORS)
    near, far = cash or three_months or (0.0, night), three_months or cash or (0.0, night)
    return far[0], far[0] - near[0]


def _weight(market: Histories, three_months: Series, delivery: str, night: date) -> float:
    quoted = market.quote(three_months, night)
    return curve_weight(quoted[1], prompt_of(delivery)) if quoted else 0.0


def _rolled(market: Histories, series: Series, before: date, now: date) -> bool:
    """Whether the front contract became another between two nights."""
    first, last = market.quote(series, before), market.quote(series, now)
    if series[0] not in SYMBOLS or first is None or last is None:
        return False
    return len(roll_dates(series[0], first[1] + timedelta(days=1), last[1])) > 0


def _priced_on(market: Histories, series: Series, night: date) -> date | None:
    quoted = market.quote(series, night)
    return quoted[1] if quoted else None
