"""Daily warehouse stocks of COMEX and NYMEX: an old Excel report whose rows are found by their labels."""

import io
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from openmineral_dagster.lake.tables import STOCKS
from openmineral_dagster.reference.conversion import convert_mass
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.reference.instruments import find
from openmineral_dagster.sources.columns import Number, read_numbers
from openmineral_dagster.sources.faults import found, quarantined
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.lme import LARGEST_STOCK
from openmineral_dagster.sources.parsed import Parsed, Reading, parsed
from openmineral_dagster.sources.text_table import TextTable, table_of

if TYPE_CHECKING:
    import pandas as pd

SOURCE_NAME = "comex_stocks"
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_ROWS, MOST_COLUMNS = 2_000, 50
REPORTED = re.compile(r"report date:?\s*(\d{1,2}/\d{1,2}/\d{4})", re.IGNORECASE)
METALS = {
    "copper": ("HG", "st", "short ton"),
    "gold": ("GC", "oz", "troy ounce"),
    "silver": ("SI", "oz", "troy ounce"),
    "platinum": ("PL", "oz", "troy ounce"),
    "palladium": ("PA", "oz", "troy ounce"),
}
"""Contract, unit and the report's word for the unit, by the first word of the heading."""
LABELS = {"total registered": "on_warrant", "total eligible": "eligible", "combined total": "total"}
COLUMNS = ("metal", "on_warrant", "eligible", "total")
NUMBERS = tuple(Number(name, low=0, high=1e10, required=True) for name in COLUMNS[1:])
ROUNDING = 1.0


def matches(landed: Landed) -> bool:
    """Whether the file is an old Excel workbook; whether it is a stock report shows when it is opened."""
    return landed.data.startswith(OLD_OFFICE)


def read(landed: Landed) -> Reading:
    """`market.stocks` in tonnes of the day the report is dated: registered metal is on warrant, the rest is eligible only.

    Raises:
        BadInput: it is no workbook, or no report with a date, a metal, its unit and its totals.
    """
    cells = _opened(landed)
    day = _day(landed, cells)
    table = table_of(landed.file, COLUMNS, ((1 + number, *row) for number, row in enumerate(_totals(landed, cells))), ())
    rows, wrong = read_numbers(table, table.rows.with_columns(day=pl.lit(day)), NUMBERS)
    whole = rows.filter(pl.all_horizontal(pl.col(number.column).is_not_null() for number in NUMBERS))
    apart = (pl.col("on_warrant") + pl.col("eligible") - pl.col("total")).abs() > ROUNDING
    odd = found(whole, pl.when(apart).then(pl.lit("not registered plus eligible")), "total", pl.col("total").cast(pl.String))
    parts = [_part(table, row, day) for row in whole.filter(~apart).iter_rows(named=True)]
    return Reading(tuple(parts), quarantined("comex_stocks", landed.file, [*wrong, odd], SOURCE_NAME))


def _part(table: TextTable, row: dict[str, object], day: date) -> Parsed:
    """One metal in tonnes."""
    symbol, unit, _ = METALS[str(row["metal"])]
    tonnes = {name: float(convert_mass(Decimal(str(row[name])), unit, "t")) for name in ("on_warrant", "total")}
    if tonnes["total"] > LARGEST_STOCK:
        raise BadInput(table.file, "total", row["total"], f"at most {LARGEST_STOCK:g} t")
    unknown = pl.lit(None, dtype=pl.Float64)
    stock = pl.DataFrame({"day": [day], **{name: [value] for name, value in tonnes.items()}}).with_columns(cancelled=unknown)
    return parsed(STOCKS, table, stock, SOURCE_NAME, instrument=symbol)


def _opened(landed: Landed) -> "pd.DataFrame":
    import pandas as pd

    try:
        quiet = {"logfile": io.StringIO()}
        book = io.BytesIO(landed.data)
        cells = pd.read_excel(book, header=None, dtype=object, engine="xlrd", nrows=MOST_ROWS, engine_kwargs=quiet)
    except Exception as error:  # whatever a damaged or foreign file makes the reader stumble over
        raise BadInput(landed.file, "", type(error).__name__, "an Excel workbook with a stock report") from error
    return cells.iloc[:, :MOST_COLUMNS]


def _rows(cells: "pd.DataFrame") -> Iterator[list[str]]:
    """The texts of each row, without the empty cells."""
    for row in cells.itertuples(index=False):
        texts = [_text(cell) for cell in row]
        yield [text for text in texts if text]


def _text(cell: object) -> str:
    """A cell as text; "" for an empty one, a day as the report writes days."""
    if cell is None or cell != cell:  # noqa: PLR0124 NaN alone differs from itself
        return ""
    return f"{cell:%m/%d/%Y}" if isinstance(cell, datetime) else " ".join(str(cell).split())


def _day(landed: Landed, cells: "pd.DataFrame") -> date:
    """The day the report is dated; the activity it reports is of the business day before."""
    for row in _rows(cells):
        dated = REPORTED.search(" ".join(row))
        if dated:
            try:
                return datetime.strptime(dated.group(1), "%m/%d/%Y").date()
            except ValueError:
                break
    raise BadInput(landed.file, "Report Date", "", "a day such as 10/09/2026")


def _totals(landed: Landed, cells: "pd.DataFrame") -> Iterator[tuple[str, ...]]:
    """Metal and totals as text: a heading such as COPPER, its unit, then the labelled rows, whose last cell counts."""
    metal, unit_said, found_rows = "", False, dict[str, str]()
    for row in _rows(cells):
        words = " ".join(row).casefold()
        first = row[0].casefold().split()[:1] if row else []
        if first and first[0] in METALS and len(row) == 1:
            metal, unit_said, found_rows = first[0], False, {}
        unit_said = unit_said or bool(metal and METALS[metal][2] in words)
        label = LABELS.get(row[0].casefold()) if row else None
        if label and metal:
            found_rows[label] = row[-1].replace(",", "")
        if len(found_rows) == len(LABELS):
            if not unit_said or find(METALS[metal][0]) is None:
                raise BadInput(landed.file, metal, "no such word", f"its unit, {METALS[metal][2]}")
            yield metal, *(found_rows[name] for name in COLUMNS[1:])
            metal, unit_said, found_rows = "", False, {}
