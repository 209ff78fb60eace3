"""Interest rates: single series as FRED serves them, and the US par yield curve. Percent in the files, fractions here."""

import re

import polars as pl

from openmineral_dagster.lake.tables import RATES
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.sources.columns import DayParser, Number, dated, iso_day, read_cells, us_day
from openmineral_dagster.sources.faults import quarantined
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.parsed import Reading, parsed
from openmineral_dagster.sources.text_table import TextTable

SERIES = {"sofr": "sofr", "dgs10": "treasury"}
"""FRED series the platform keeps, and who publishes them first."""
CURVE_SOURCE = "treasury"
PERCENT = Number("percent", low=-10, high=100)
_TENOR = re.compile(r"(\d+(?:\.\d+)?) (mo|month|yr)")


def matches(landed: Landed) -> bool:
    """Whether a header is that of a FRED series or of the par yield curve."""
    return is_curve(landed.names) or is_series(landed.names)


def is_curve(names: tuple[str, ...]) -> bool:
    """A date, then tenors such as "3 mo" and "10 yr"."""
    tenors = [name for name in names[1:] if name]
    return names[:1] == ("date",) and bool(tenors) and all(_TENOR.fullmatch(name) for name in tenors)


def is_series(names: tuple[str, ...]) -> bool:
    """A date and one FRED series."""
    return len(names) == 2 and (names[0] == "observation_date" or (names[0] == "date" and names[1] in SERIES))


def read(landed: Landed) -> Reading:
    """`market.rates` as annual fractions: SOFR, DGS10, or UST_1M to UST_30Y. A blank is a holiday or a tenor not yet sold.

    Raises:
        BadInput: a FRED series the platform does not keep.
    """
    table = landed.table
    if is_curve(table.names):
        series = {name: _ust(name) for name in table.names[1:] if name}
        return _read(table, series, CURVE_SOURCE, _curve_day)
    name = table.names[1]
    if name not in SERIES:
        raise BadInput(table.file, "", name.upper(), f"a known series: {', '.join(known.upper() for known in SERIES)}")
    return _read(table, {name: name.upper()}, SERIES[name], iso_day)


def _read(table: TextTable, series: dict[str, str], source: str, parse: DayParser) -> Reading:
    """The columns named in `series` as rates of the series they stand for."""
    rows, faults = dated(table, table.names[0], parse)
    cells = rows.unpivot(list(series), index=["row", "day"], variable_name="column", value_name="percent")
    percents, wrong = read_cells(table, cells, PERCENT, "column")
    # Rounded, so that 4.37 percent is 0.0437 and not a neighbour of it.
    rate = (pl.col("percent") / 100).round(8)
    rates = percents.with_columns(series=pl.col("column").replace_strict(series, return_dtype=pl.String), rate=rate)
    return Reading((parsed(RATES, table, rates, source),), quarantined("rates", table.file, [*faults, wrong], source))


def _curve_day(text: pl.Expr) -> pl.Expr:
    return pl.coalesce(us_day(text), iso_day(text))


def _ust(name: str) -> str:
    tenor = _TENOR.fullmatch(name)
    if tenor is None:
        raise ValueError(f"{name} is no tenor")
    return f"UST_{tenor.group(1)}{'Y' if tenor.group(2) == 'yr' else 'M'}"
