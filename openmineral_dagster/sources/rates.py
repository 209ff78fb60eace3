"""The US par yield curve, as the Treasury serves it. Percent in the files, fractions here."""

import re

import polars as pl

from openmineral_dagster.lake.tables import RATES
from openmineral_dagster.sources.columns import Number, dated, iso_day, read_cells, us_day
from openmineral_dagster.sources.faults import quarantined
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.parsed import Reading, parsed

SOURCE = "treasury"
PERCENT = Number("percent", low=-10, high=100)
_TENOR = re.compile(r"(\d+(?:\.\d+)?) (mo|month|yr)")


def matches(landed: Landed) -> bool:
    """Whether a header has a date, then tenors such as "3 mo" and "10 yr"."""
    tenors = [name for name in landed.names[1:] if name]
    return landed.names[:1] == ("date",) and bool(tenors) and all(_TENOR.fullmatch(name) for name in tenors)


def read(landed: Landed) -> Reading:
    """`market.rates` as annual fractions, UST_1M to UST_30Y. A blank is a holiday or a tenor not yet sold."""
    table = landed.table
    series = {name: _ust(name) for name in table.names[1:] if name}
    rows, faults = dated(table, table.names[0], _curve_day)
    cells = rows.unpivot(list(series), index=["row", "day"], variable_name="column", value_name=PERCENT.column)
    percents, wrong = read_cells(table, cells, PERCENT, "column")
    named = pl.col("column").replace_strict(series, return_dtype=pl.String)
    rates = percents.with_columns(series=named, rate=as_fraction())
    return Reading((parsed(RATES, table, rates, SOURCE),), quarantined("rates", table.file, [*faults, wrong], SOURCE))


def as_fraction() -> pl.Expr:
    """A percentage as a fraction, rounded, so that 4.37 percent is 0.0437 and not a neighbour of it."""
    return (pl.col(PERCENT.column) / 100).round(8)


def _curve_day(text: pl.Expr) -> pl.Expr:
    return pl.coalesce(us_day(text), iso_day(text))


def _ust(name: str) -> str:
    tenor = _TENOR.fullmatch(name)
    if tenor is None:
        raise ValueError(f"{name} is no tenor")
    return f"UST_{tenor.group(1)}{'Y' if tenor.group(2) == 'yr' else 'M'}"
