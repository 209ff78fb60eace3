"""Prices and stocks typed or converted wrong: set apart where they are so far from the rows before that no market moved so."""

import polars as pl

from openmineral_dagster.reference.instruments import Instrument
from openmineral_dagster.sources.faults import found

FACTOR = 5
"""No metal was ever worth five times, or a fifth of, its median of the two months before; nickel in March 2022 doubled."""
WINDOW, FEWEST = "60d", 3
METALS = ("t", "oz", "lb")
"""Units of weight. Energy is left alone: oil fell below zero, gas and volatility do rise fivefold."""


def without_slips(rows: pl.DataFrame, fields: tuple[str, ...], instrument: Instrument) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """`rows` (with `day`) of a metal with each of `fields` null where it slipped, and the faults.

    Only rows before are looked at, so that a night judges a row as it did when the row was the last one.
    """
    if instrument.quantity_unit not in METALS:
        return rows, []
    faults = []
    for field in fields:
        rows, slips = without(
            rows, field, _slipped(pl.col(field)), f"beyond {FACTOR} times the prices before it: a slipped decimal or unit"
        )
        faults.append(slips)
    return rows, faults


def without(rows: pl.DataFrame, field: str, wrong: pl.Expr, reason: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`rows` with `field` null where it is `wrong`, and the faults."""
    marked = rows.with_columns(wrong=wrong.fill_null(False))
    faults = found(marked, pl.when("wrong").then(pl.lit(reason)), field, pl.col(field).cast(pl.String))
    return marked.with_columns(pl.when(~pl.col("wrong")).then(field).alias(field)).drop("wrong"), faults


def _slipped(price: pl.Expr) -> pl.Expr:
    usual = price.rolling_median_by("day", window_size=WINDOW, min_samples=FEWEST, closed="left")
    return (price > usual * FACTOR) | (price * FACTOR < usual)
