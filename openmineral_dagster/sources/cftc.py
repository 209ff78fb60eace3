"""Commitments of Traders: the CFTC's own weekly reports, and series of net positions drawn from them."""

import re
from dataclasses import dataclass

import polars as pl

from openmineral_dagster.lake.tables import POSITIONS_COT
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.sources.columns import EARLIEST, LATEST, Number, damaged, dated, iso_day, read_numbers
from openmineral_dagster.sources.faults import found, quarantined
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.parsed import Parsed, Reading, parsed
from openmineral_dagster.sources.text_table import TextTable, read_table

SOURCE = "cftc"
SERIES = ("date", "all", "long", "short", "net")
CODES = {
    "micro copper": "085699",
    "micro gold": "088695",
    "copper": "085692",
    "gold": "088691",
    "silver": "084691",
    "platinum": "076651",
    "palladium": "075651",
    "aluminum": "191691",
    "aluminium": "191691",
}
"""Contract market codes of the metals; names change, codes do not. The longer names are looked for first."""
MOST = 1e9
ROUNDING = 0.5


@dataclass(frozen=True)
class Layout:
    """Where a report of one kind has what: normalised column names, by category long, short and spreading (or "")."""

    report: str
    categories: dict[str, tuple[str, str, str]]


def _sides(stem: str, spreading: bool) -> tuple[str, str, str]:
    return f"{stem}_long_all", f"{stem}_short_all", f"{stem}_spread_all" if spreading else ""


LEGACY = Layout(
    "legacy",
    {
        "noncommercial": _sides("noncommercial_positions", True),
        "commercial": _sides("commercial_positions", False),
        "total reportable": _sides("total_reportable_positions", False),
        "nonreportable": _sides("nonreportable_positions", False),
    },
)
DISAGGREGATED = Layout(
    "disaggregated",
    {
        "producer": _sides("prod_merc_positions", False),
        "swap dealer": _sides("swap_positions", True),
        "managed money": _sides("m_money_positions", True),
        "other reportable": _sides("other_rept_positions", True),
        "nonreportable": _sides("nonrept_positions", False),
    },
)
MARKET, CODE, DAY, INTEREST = "market_and_exchange_names", "cftc_contract_market_code", "as_of_day", "open_interest_all"
WHOLE_CODE = r"^[0-9A-Z]{5}[0-9A-Z+]$"
"""A code that lost its leading zeros in a spreadsheet would be another contract."""
SCOPE, FUTURES_ONLY = "futonly_or_combined", "futonly"
WEEKLY_FIELDS = 191
"""Fields of the weekly disaggregated report, which comes without a header; with another number it is another report."""
WEEKLY_NAMES = (
    "market_and_exchange_names,as_of_date_in_form_yymmdd,report_date_as_yyyy-mm-dd,cftc_contract_market_code,cftc_market_code,"
    "cftc_region_code,cftc_commodity_code,open_interest_all,prod_merc_positions_long_all,prod_merc_positions_short_all,"
    "swap_positions_long_all,swap__positions_short_all,swap__positions_spread_all,m_money_positions_long_all,"
    "m_money_positions_short_all,m_money_positions_spread_all,other_rept_positions_long_all,other_rept_positions_short_all,"
    "other_rept_positions_spread_all,tot_rept_positions_long_all,tot_rept_positions_short_all,nonrept_positions_long_all,"
    "nonrept_positions_short_all"
)
"""Its first columns in order; the last one is SCOPE, those between are not read."""


def matches(landed: Landed) -> bool:
    """Whether the header is that of a report or of a series of net positions, or the first line that of a report without one."""
    return landed.names == SERIES or _headerless(landed.names) or _layout(_normal_names(landed.names)) is not None


def read(landed: Landed) -> Reading:
    """`market.positions_cot`: contracts long and short by category of trader, shorts as positive numbers.

    Only the columns over all months are read. The day is the Tuesday the positions stood; where a holiday moved it, another
    working day.

    Raises:
        BadInput: a series that is not named after a metal whose contract is known, or a report without a header that has not
            the fields of the one such report whose columns are known.
    """
    return _read_series(landed) if landed.names == SERIES else _read_report(landed)


def _read_series(landed: Landed) -> Reading:
    """A weekly series: non-commercial longs, shorts stored below zero, and their net."""
    table = landed.table
    words = f" {re.sub('[^a-z]+', ' ', table.stem.casefold())} "
    code = next((code for name, code in CODES.items() if f" {name} " in words), None)
    if code is None:
        raise BadInput(landed.file, "", table.stem, f"a file named after a metal: {', '.join(CODES)}")
    rows, faults = dated(table, "date", iso_day)
    rows, weekend = _on_working_days(rows)
    numbers = [Number("all", low=0, high=MOST, required=True), Number("long", low=0, high=MOST, required=True)]
    numbers += [Number("short", low=-MOST, high=0, required=True), Number("net", low=-MOST, high=MOST, required=True)]
    rows, wrong = read_numbers(table, rows, numbers)
    whole = rows.filter(pl.all_horizontal(pl.col(number.column).is_not_null() for number in numbers))
    apart = (pl.col("long") + pl.col("short") - pl.col("net")).abs() > ROUNDING
    odd = found(whole, pl.when(apart).then(pl.lit("not long less short")), "net", pl.col("net").cast(pl.String))
    used = whole.filter(~apart).with_columns(
        open_interest="all", short=-pl.col("short"), spreading=pl.lit(None, dtype=pl.Float64)
    )
    names = {"contract_code": code, "report": "net", "category": "noncommercial", "market": None}
    part = parsed(POSITIONS_COT, table, used, SOURCE, **names)
    return Reading((part,), quarantined("cftc", landed.file, [*faults, weekend, *wrong, odd], SOURCE))


def _read_report(landed: Landed) -> Reading:
    """A report of all contracts: a row a contract, a column a category and side."""
    table = _with_header(landed) if _headerless(landed.names) else landed.table
    names = _normal_names(table.names)
    layout = _layout(names)
    if layout is None:
        raise BadInput(landed.file, "", landed.line, "the header of a legacy or disaggregated report")
    needed = {MARKET, CODE, DAY, INTEREST, SCOPE, *(number.column for number in _counts(layout))}
    columns = {normal: name for name, normal in zip(table.names, names, strict=True) if normal in needed}
    rows = table.rows.select("row", **columns)
    day = iso_day(pl.col(DAY))
    day = pl.when(day.is_between(EARLIEST, LATEST)).then(day)
    rows = rows.with_columns(day=day, contract_code=pl.col(CODE), market=pl.col(MARKET))
    undated = found(rows, pl.when(pl.col("day").is_null()).then(pl.lit("not a date (YYYY-MM-DD) of this age")), DAY, DAY)
    rows, weekend = _on_working_days(rows.filter(pl.col("day").is_not_null()))
    rows, others = _of_futures_alone(rows)
    shortened = ~pl.col(CODE).str.contains(WHOLE_CODE)
    unknown = found(rows, pl.when(shortened).then(pl.lit("not a contract market code of six characters")), CODE, CODE)
    rows = rows.filter(~shortened)
    first = pl.col("row").min().over("contract_code", "day")
    again = found(rows, pl.when(pl.col("row") != first).then(pl.format("the contract and date of row {} again", first)))
    rows = rows.filter(pl.col("row") == first)
    rows, wrong = read_numbers(table, rows, [Number(INTEREST, low=0, high=MOST, required=True), *_counts(layout)])
    parts = tuple(_category(table, rows, layout, category) for category in layout.categories)
    faults = [damaged(table, iso_day), undated, weekend, others, unknown, again, *wrong]
    return Reading(parts, quarantined("cftc", landed.file, faults, SOURCE))


def _headerless(names: tuple[str, ...]) -> bool:
    """Whether a first line is data already: a market, then its day as YYMMDD and as YYYY-MM-DD."""
    return len(names) > 2 and bool(re.fullmatch(r"\d{6}", names[1]) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", names[2]))


def _with_header(landed: Landed) -> TextTable:
    """The weekly disaggregated report, its columns named.

    Raises:
        BadInput: it is another report, whose columns could be taken for others.
    """
    if len(landed.names) != WEEKLY_FIELDS:
        expected = f"a header, or the {WEEKLY_FIELDS} fields of the weekly disaggregated report"
        raise BadInput(landed.file, "", f"{len(landed.names)} fields without a header", expected)
    between = WEEKLY_FIELDS - WEEKLY_NAMES.count(",") - 1
    return read_table(landed.file, f"{WEEKLY_NAMES}{',' * between}{SCOPE}\n{landed.text}".encode())


def _of_futures_alone(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`rows` without those that count options as well, where the report says so, and their faults."""
    if SCOPE not in rows.columns:
        return rows, found(rows, pl.lit(None, dtype=pl.String))
    combined = pl.col(SCOPE).str.to_lowercase() != FUTURES_ONLY
    return rows.filter(~combined), found(rows, pl.when(combined).then(pl.lit("not futures only")), SCOPE, SCOPE)


def _category(table: TextTable, rows: pl.DataFrame, layout: Layout, category: str) -> Parsed:
    """The rows of one category of trader that have both sides and the open interest."""
    long, short, spreading = layout.categories[category]
    sides = rows.with_columns(
        open_interest=pl.col(INTEREST),
        long=pl.col(long),
        short=pl.col(short),
        spreading=pl.col(spreading) if spreading else pl.lit(None, dtype=pl.Float64),
    )
    whole = sides.drop_nulls(["open_interest", "long", "short"])
    return parsed(POSITIONS_COT, table, whole, SOURCE, report=layout.report, category=category)


def _counts(layout: Layout) -> list[Number]:
    named = [name for columns in layout.categories.values() for name in columns if name]
    return [Number(name, low=0, high=MOST, required=True) for name in named]


def _on_working_days(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`rows` without those dated at a weekend, and their faults."""
    weekend = pl.col("day").dt.weekday() > 5
    return rows.filter(~weekend), found(rows, pl.when(weekend).then(pl.lit("dated at a weekend")))


def _layout(names: tuple[str, ...]) -> Layout | None:
    """The kind of report whose columns are all there."""
    for layout in (LEGACY, DISAGGREGATED):
        if {MARKET, CODE, DAY, INTEREST, *(number.column for number in _counts(layout))} <= set(names):
            return layout
    return None


def _normal_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Column names of either report in one spelling: "Noncommercial Positions-Spreading (All)" is
    noncommercial_positions_spread_all, Swap__Positions_Short_All is swap_positions_short_all."""
    return tuple(_normal(name) for name in names)


def _normal(name: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_").replace("spreading", "spread")
    return DAY if plain in ("as_of_date_in_form_yyyy_mm_dd", "report_date_as_yyyy_mm_dd") else plain
