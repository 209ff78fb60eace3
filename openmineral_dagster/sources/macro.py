"""Market-wide indicators: the VIX, as CBOE serves it."""

import polars as pl

from openmineral_dagster.reference.instruments import find
from openmineral_dagster.sources.bars import has_bars, read_bars
from openmineral_dagster.sources.columns import iso_day, us_day
from openmineral_dagster.sources.parsed import Reading, named_instrument
from openmineral_dagster.sources.text_table import TextTable


def matches(names: tuple[str, ...], stem: str) -> bool:
    """Whether a file holds the bars of an index: told from futures by its name alone, the headers being the same."""
    named = find(stem.replace("_", "-").split("-")[0])
    return has_bars(names) and named is not None and named.venue == "CBOE"


def read(table: TextTable) -> Reading:
    """`market.bars` and spot prices of the index, in index points."""
    return read_bars(table, named_instrument(table, ("CBOE",)), "cboe", "macro", _day)


def _day(text: pl.Expr) -> pl.Expr:
    return pl.coalesce(iso_day(text), us_day(text))
