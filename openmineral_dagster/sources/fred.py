"""Single series as FRED serves them: a date, a value, a full stop or nothing where there is none."""

from dataclasses import dataclass

import polars as pl

from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables import MONTHLY, PRICES, RATES
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.reference.instruments import find
from openmineral_dagster.sources.columns import HIGHEST_PRICE, Number, dated, iso_day, read_numbers
from openmineral_dagster.sources.faults import quarantined
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.parsed import Parsed, Reading, parsed, price_terms
from openmineral_dagster.sources.rates import PERCENT, as_fraction
from openmineral_dagster.sources.text_table import TextTable

HEADERS = ("observation_date", "date")


@dataclass(frozen=True)
class Series:
    """One series: who publishes it first, the table its values go to, and the instrument it prices, if any."""

    source: str
    table: Table
    instrument: str = ""


SERIES: dict[str, Series] = {
    "SOFR": Series("sofr", RATES),
    "DFF": Series("fed", RATES),
    "DGS3MO": Series("treasury", RATES),
    "DGS2": Series("treasury", RATES),
    "DGS10": Series("treasury", RATES),
    "DFII10": Series("treasury", RATES),
    "T10YIE": Series("fred", RATES),
    "VIXCLS": Series("cboe", PRICES, "VIX"),
    "DCOILWTICO": Series("eia", PRICES, "WTI"),
    "DCOILBRENTEU": Series("eia", PRICES, "BRENT"),
    "PCOPPUSDM": Series("imf", MONTHLY),
    "PALUMUSDM": Series("imf", MONTHLY),
    "PZINCUSDM": Series("imf", MONTHLY),
    "PLEADUSDM": Series("imf", MONTHLY),
    "PNICKUSDM": Series("imf", MONTHLY),
    "PTINUSDM": Series("imf", MONTHLY),
}
MONTHLY_UNIT = "USD/t"


def matches(landed: Landed) -> bool:
    """Whether a header is that of a FRED series: told from other tables by its own word for the date, or by its name."""
    if len(landed.names) != 2 or landed.names[0] not in HEADERS:
        return False
    return landed.names[0] == HEADERS[0] or landed.names[1].upper() in SERIES


def read(landed: Landed) -> Reading:
    """`market.rates` as annual fractions, `market.prices` of oil and the VIX, `market.monthly` of the IMF's metals.

    Raises:
        BadInput: a series the platform does not keep.
    """
    table, name = landed.table, landed.names[1].upper()
    if name not in SERIES:
        raise BadInput(landed.file, "", name, f"a known series: {', '.join(SERIES)}")
    series = SERIES[name]
    rows, faults = dated(table, table.names[0], iso_day)
    value = _number(series, table.names[1])
    rows, wrong = read_numbers(table, rows, [value])
    part = _parsed(series, name, table, rows.filter(pl.col(value.column).is_not_null()))
    return Reading((part,), quarantined("rates", table.file, [*faults, *wrong], series.source))


def _number(series: Series, column: str) -> Number:
    if series.table is RATES:
        return Number(column, low=PERCENT.low, high=PERCENT.high)
    instrument = find(series.instrument)
    below_zero = instrument is not None and instrument.can_be_negative
    return Number(column, low=-HIGHEST_PRICE, high=HIGHEST_PRICE, positive=not below_zero)


def _parsed(series: Series, name: str, table: TextTable, rows: pl.DataFrame) -> Parsed:
    """The rows in the columns of the table they go to."""
    value, instrument = rows.rename({table.names[1]: PERCENT.column}), find(series.instrument)
    if series.table is RATES:
        return parsed(RATES, table, value.with_columns(rate=as_fraction()), series.source, series=name)
    if instrument is None:
        monthly = value.rename({PERCENT.column: "value"})
        return parsed(MONTHLY, table, monthly, series.source, series=name, unit=MONTHLY_UNIT)
    prices = value.rename({PERCENT.column: "price"})
    return parsed(PRICES, table, prices, series.source, tenor=instrument.tenors[0], **price_terms(instrument))
