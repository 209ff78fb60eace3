"""Positions into exposures: one signed size by portfolio and priced series, and the whole book as portfolio ALL."""

from datetime import date

import polars as pl

from openmineral_dagster.lake.tables import EXPOSURES
from openmineral_dagster.reference.conversion import GRAMS
from openmineral_dagster.reference.instruments import INSTRUMENTS

WHOLE_BOOK = "ALL"


def exposures(positions: pl.DataFrame, prices: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Open exposures of the night, conforming to `risk.exposures`; long positive, netted by series.

    Args:
        positions: `market.positions` of the night.
        prices: the prices the night knew, one row a key.

    A contract is held until the day before its prompt date. A position whose series has no price cannot be valued and
    is left out; `unpriced` names it.
    """
    last = prices.sort("price_date").group_by("instrument", "tenor").last().select("instrument", "tenor", "price_date", "price")
    held = _open_on(positions, as_of).select("portfolio", "instrument", "tenor", "quantity", "unit")
    sized = _in_instrument_units(held).join(last, on=["instrument", "tenor"])
    everything = pl.concat([sized, sized.with_columns(portfolio=pl.lit(WHOLE_BOOK))])
    return (
        everything.group_by("portfolio", "instrument", "tenor", "quantity_unit", "price_date", "price")
        .agg(pl.col("quantity").sort().sum())
        .with_columns(as_of_date=pl.lit(as_of), value_usd=pl.col("quantity") * pl.col("price"))
        .select(EXPOSURES.dtypes.names())
        .sort(EXPOSURES.key)
    )


def unpriced(positions: pl.DataFrame, prices: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The open positions whose series has no price known on the night."""
    return _open_on(positions, as_of).join(prices.select("instrument", "tenor").unique(), on=["instrument", "tenor"], how="anti")


def _open_on(positions: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Positions entered by the night, not closed, and before their prompt: a contract settles on its prompt date."""
    ended = pl.min_horizontal("closed_on", "prompt_date") <= as_of
    return positions.filter((pl.col("entered_on") <= as_of) & ~ended.fill_null(False))


def _in_instrument_units(positions: pl.DataFrame) -> pl.DataFrame:
    """Quantities in the unit each instrument is priced per."""
    factors = pl.DataFrame(
        [
            (item.symbol, unit, item.quantity_unit, factor)
            for item in INSTRUMENTS
            for unit, factor in _factors(item.quantity_unit, item.lot)
        ],
        schema={"instrument": pl.String, "unit": pl.String, "quantity_unit": pl.String, "factor": pl.Float64},
        orient="row",
    )
    return positions.join(factors, on=["instrument", "unit"]).with_columns(quantity=pl.col("quantity") * pl.col("factor"))


def _factors(quantity_unit: str, lot: float) -> list[tuple[str, float]]:
    """What one of each unit is in `quantity_unit`: masses convert among themselves, anything else only to itself."""
    if quantity_unit not in GRAMS:
        return [(quantity_unit, 1.0), ("lots", lot)]
    return [*((unit, float(grams / GRAMS[quantity_unit])) for unit, grams in GRAMS.items()), ("lots", lot)]
