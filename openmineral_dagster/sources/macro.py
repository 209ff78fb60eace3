"""Market-wide indicators: the VIX, as CBOE serves it."""

import polars as pl

from openmineral_dagster.reference.instruments import find
from openmineral_dagster.sources.bars import has_bars, read_bars
from openmineral_dagster.sources.columns import iso_day, us_day
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.parsed import Reading, named_instrument


def matches(landed: Landed) -> bool:
    """Whether a file holds the bars of an index: told from futures by its name alone, the headers being the same."""
    named = find(landed.stem.replace("_", "-").split("-")[0])
    return has_bars(landed.names) and named is not None and named.venue == "CBOE"


def read(landed: Landed) -> Reading:
    """`market.bars` and spot prices of the index, in index points."""
    return read_bars(landed.table, named_instrument(landed.table, ("CBOE",)), "cboe", "macro", _day)


def _day(text: pl.Expr) -> pl.Expr:
    return pl.coalesce(iso_day(text), us_day(text))
