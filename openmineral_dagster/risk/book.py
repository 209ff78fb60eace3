"""The book of a night: positions and open legs of deals as exposure lines, and the priced series each line moves with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from openmineral_dagster.lake.tables import EXCLUDED, EXPOSURES
from openmineral_dagster.market.prompts import cash_prompt, third_wednesday, three_month_prompt
from openmineral_dagster.reference.conversion import GRAMS
from openmineral_dagster.reference.instruments import INSTRUMENTS, LME_TENORS, Instrument
from openmineral_dagster.risk.history import LONGEST_HOLE, Histories, Series

WHOLE_BOOK, DEALS = "ALL", "deals"
ROLLING = "rolling"
FEWEST_MOVES = 110
"""Daily moves a series needs before anything is said of its risk: a hundred overlapping moves of ten rows, and of one."""
LINE = ["portfolio", "instrument", "tenor", "delivery"]
NO_DEALS = pl.DataFrame(schema={"instrument": pl.String, "delivery": pl.String, "quantity": pl.Float64})
BY_SYMBOL = {item.symbol: item for item in INSTRUMENTS}


@dataclass(frozen=True)
class Leg:
    """What a line gains in USD as one priced series moves: `quantity` (in the instrument's unit) for one unit of its price."""

    series: Series
    quantity: float


def lines(positions: pl.DataFrame, deals: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Every open line, netted, with the whole book as portfolio ALL: portfolio, instrument, tenor, delivery, quantity.

    Args:
        positions: `market.positions` as the night of `as_of`, or a later one, knew it.
        deals: open legs of deals: instrument, delivery ("YYYY-MM" or "spot"), quantity in the instrument's unit; long positive.

    A contract is held until the day before its prompt date.
    """
    held = open_positions(positions, as_of).with_columns(
        delivery=pl.col("prompt_date").dt.to_string("%Y-%m-%d").fill_null(ROLLING)
    )
    together = pl.concat([_in_instrument_units(held).select(*LINE, "quantity"), deal_lines(deals)])
    everything = pl.concat([together, together.with_columns(portfolio=pl.lit(WHOLE_BOOK))])
    # Sorted before it is added up, so that the order of rows in a file changes no digit.
    return everything.group_by(LINE).agg(pl.col("quantity").sort().sum()).sort(LINE)


def open_positions(positions: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Positions entered by a night, not closed, and before their prompt: a contract settles on its prompt date."""
    ended = pl.min_horizontal("closed_on", "prompt_date") <= as_of
    return positions.filter((pl.col("entered_on") <= as_of) & ~ended.fill_null(False))


def deal_lines(deals: pl.DataFrame) -> pl.DataFrame:
    """Legs priced over a month average cash settlements, or the auction their contract names first."""
    tenors = {item.symbol: "cash" if item.venue == "LME" else item.tenors[0] for item in INSTRUMENTS}
    rolling = pl.when(pl.col("delivery") == "spot").then(pl.lit(ROLLING)).otherwise("delivery")
    return deals.select(
        portfolio=pl.lit(DEALS),
        instrument="instrument",
        tenor=pl.col("instrument").replace_strict(tenors, return_dtype=pl.String),
        delivery=rolling,
        quantity="quantity",
    )


def exposures(held: pl.DataFrame, market: Histories, as_of: date) -> pl.DataFrame:
    """`risk.exposures` of the night: the lines that can be marked, at the last price known."""
    rows = []
    for portfolio, instrument, tenor, delivery, quantity in held.select(*LINE, "quantity").iter_rows():
        item, marked = BY_SYMBOL[instrument], mark(market, (instrument, tenor), delivery, as_of)
        if marked:
            price, day = marked
            rows.append(
                (
                    as_of,
                    portfolio,
                    instrument,
                    tenor,
                    delivery,
                    item.currency,
                    quantity,
                    item.quantity_unit,
                    day,
                    price,
                    quantity * price,
                )
            )
    return pl.DataFrame(rows, schema=EXPOSURES.dtypes, orient="row")


def mark(market: Histories, series: Series, delivery: str, night: date) -> tuple[float, date] | None:
    """Price of a line on a night and the day it is of; None where it cannot be marked.

    Formula: of a dated LME contract cash + w (three months - cash), w from `curve_weight`; of anything else its own price.
    """
    legs = legs_of(market, series, delivery, 1.0, night)
    quoted = [market.quote(leg.series, night) for leg in legs]
    known = [quote for quote in quoted if quote is not None]
    if not legs or len(known) < len(legs):
        return None
    return sum(leg.quantity * quote[0] for leg, quote in zip(legs, known, strict=True)), max(quote[1] for quote in known)


def legs_of(market: Histories, series: Series, delivery: str, quantity: float, night: date) -> tuple[Leg, ...]:
    """The priced series a line moves with; their quantities add up to the line's."""
    instrument = series[0]
    cash, three_months = ((instrument, own) for own in LME_TENORS)
    if delivery == ROLLING or BY_SYMBOL[instrument].venue != "LME":
        return (Leg(series, quantity),)
    near, far = market.quote(cash, night), market.quote(three_months, night)
    if near is None or far is None:
        return (Leg(cash if far is None else three_months, quantity),)
    weight = curve_weight(far[1], prompt_of(delivery))
    legs = (Leg(cash, quantity * (1.0 - weight)), Leg(three_months, quantity * weight))
    return tuple(leg for leg in legs if leg.quantity or not quantity)


def curve_weight(trade_day: date, prompt: date) -> float:
    """How far a prompt lies from cash (0) to three months (1) in calendar days; the curve is flat outside."""
    near, far = cash_prompt(trade_day), three_month_prompt(trade_day)
    return float(np.clip((prompt - near).days / (far - near).days, 0.0, 1.0))


def prompt_of(delivery: str) -> date:
    """The prompt date of a contract, or the third Wednesday of a pricing month."""
    return (
        date.fromisoformat(delivery) if len(delivery) > len("2027-01") else third_wednesday(date.fromisoformat(f"{delivery}-01"))
    )


def sensitivities(exposed: pl.DataFrame, market: Histories, as_of: date) -> pl.DataFrame:
    """The series every line moves with.

    Args:
        exposed: `risk.exposures` of the night.

    Returns:
        portfolio, instrument, tenor, delivery, series_tenor, quantity (gain in USD for one unit of the series' price) and spot
        (the last price of the series), a row a line and series.
    """
    rows = [
        (portfolio, instrument, tenor, delivery, leg.series[1], leg.quantity, quote[0])
        for portfolio, instrument, tenor, delivery, quantity in exposed.select(*LINE, "quantity").iter_rows()
        for leg in legs_of(market, (instrument, tenor), delivery, quantity, as_of)
        if (quote := market.quote(leg.series, as_of))
    ]
    schema = {**dict.fromkeys([*LINE, "series_tenor"], pl.String), "quantity": pl.Float64, "spot": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def unmeasured(held: pl.DataFrame, market: Histories, as_of: date) -> pl.DataFrame:
    """`risk.excluded`: the lines no figure of risk counts, and why. Gains and losses count what can be marked."""
    rows = [
        (as_of, portfolio, f"{instrument} {tenor} {delivery}", "instrument", f"{quantity:g}", reason)
        for portfolio, instrument, tenor, delivery, quantity in held.select(*LINE, "quantity").iter_rows()
        if (reason := next(_faults(market, legs_of(market, (instrument, tenor), delivery, quantity, as_of), as_of), None))
    ]
    return pl.DataFrame(rows, schema=EXCLUDED.dtypes, orient="row")


def _faults(market: Histories, legs: Sequence[Leg], as_of: date) -> Iterator[str]:
    for instrument, tenor in (leg.series for leg in legs):
        quote = market.quote((instrument, tenor), as_of)
        if quote is None:
            yield f"expected a price of {instrument} {tenor}: none is known"
        elif np.datetime64(as_of) - np.datetime64(quote[1]) > LONGEST_HOLE:
            days = LONGEST_HOLE.astype(int)
            yield f"expected a price of {instrument} {tenor} of the last {days} days: the last is of {quote[1]}"
        elif (count := market.moves_of((instrument, tenor), as_of)) < FEWEST_MOVES:
            yield f"expected {FEWEST_MOVES} daily moves of {instrument} {tenor} to measure risk: {count} are known"


def measured(exposed: pl.DataFrame, excluded: pl.DataFrame) -> pl.DataFrame:
    """The exposures that figures of risk count."""
    named = exposed.with_columns(item=pl.format("{} {} {}", "instrument", "tenor", "delivery"))
    return named.join(excluded, on=["portfolio", "item"], how="anti", maintain_order="left").drop("item")


def _in_instrument_units(positions: pl.DataFrame) -> pl.DataFrame:
    """Quantities in the unit each instrument is priced per."""
    factors = pl.DataFrame(
        [(item.symbol, unit, factor) for item in INSTRUMENTS for unit, factor in _factors(item)],
        schema={"instrument": pl.String, "unit": pl.String, "factor": pl.Float64},
        orient="row",
    )
    return positions.join(factors, on=["instrument", "unit"]).with_columns(quantity=pl.col("quantity") * pl.col("factor"))


def _factors(item: Instrument) -> list[tuple[str, float]]:
    """What one of each unit is in the instrument's: masses convert among themselves, anything else only to itself."""
    if item.quantity_unit not in GRAMS:
        return [(item.quantity_unit, 1.0), ("lots", item.lot)]
    return [*((unit, float(grams / GRAMS[item.quantity_unit])) for unit, grams in GRAMS.items()), ("lots", item.lot)]
