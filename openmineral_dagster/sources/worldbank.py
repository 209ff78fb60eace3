"""The World Bank's Pink Sheet: monthly averages in an Excel workbook whose rows are found by what is in them."""

import io
import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from openmineral_dagster.lake.tables import MONTHLY
from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.sources.columns import HIGHEST_PRICE, Number, read_cells
from openmineral_dagster.sources.faults import FOUND, found, quarantined
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.parsed import Reading, parsed
from openmineral_dagster.sources.text_table import TextTable

if TYPE_CHECKING:
    import pandas as pd

SOURCE = "worldbank"
SHEET, TITLE = "Monthly Prices", "pink sheet"
ZIP = b"PK\x03\x04"
MOST_ROWS, MOST_COLUMNS, LARGEST_INSIDE = 5_000, 300, 300_000_000
MONTH = re.compile(r"(\d{4})M(\d{2})")
UPDATED = re.compile(r"Updated on (\w+ \d{1,2}, \d{4})", re.IGNORECASE)
VALUE = Number("value", low=-HIGHEST_PRICE, high=HIGHEST_PRICE)
_CELLS = {"row": pl.Int64, "day": pl.Date, "series": pl.String, "unit": pl.String, "value": pl.String}


@dataclass(frozen=True)
class _Sheet:
    """The cells of the sheet and where things are in it: series names, their units, and the months below."""

    cells: "pd.DataFrame"
    start: int

    @property
    def series(self) -> dict[int, str]:
        """Column -> name of the series, without the marks behind it."""
        named = {column: _text(name).rstrip(" *") for column, name in enumerate(self.cells.iloc[self.start - 2])}
        return {column: name for column, name in named.items() if name}

    def unit(self, column: int) -> str:
        """Unit of a column, such as $/mt."""
        return _text(self.cells.iat[self.start - 1, column]).strip("()")

    @property
    def updated(self) -> date | None:
        """The day the sheet says it was updated on."""
        above = " ".join(_text(cell) for cell in self.cells.iloc[: self.start, 0])
        said = UPDATED.search(above)
        try:
            return datetime.strptime(said.group(1), "%B %d, %Y").date() if said else None
        except ValueError:
            return None


def matches(landed: Landed) -> bool:
    """Whether the file is an Excel workbook; whether it is a Pink Sheet shows when it is opened."""
    if not landed.data.startswith(ZIP):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(landed.data)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except Exception:  # a damaged archive is no workbook, whatever the reader stumbles over
        return False


def read(landed: Landed) -> Reading:
    """`market.monthly`: the average of each month in the sheet's own unit; a mark or blank for missing gives no row.

    The vintage is the day the sheet was updated on.

    Raises:
        BadInput: the file is no workbook, or holds no Pink Sheet.
    """
    sheet = _opened(landed)
    cells, faults = _cells(sheet)
    text = TextTable(landed.file, (), cells, cells.clear(), None)
    values, wrong = read_cells(text, cells, VALUE, "series")
    vintage = sheet.updated or landed.vintage
    early = pl.col("day") > pl.lit(vintage, dtype=pl.Date)
    future = found(values, pl.when(early).then(pl.lit(f"a month after the sheet's own day, {vintage}")), pl.col("series"))
    part = parsed(MONTHLY, text, values.filter(~early.fill_null(False)), SOURCE)
    known = type(part)(part.table, part.rows, part.file, vintage)
    return Reading((known,), quarantined("worldbank", landed.file, [*faults, wrong, future], SOURCE))


def _opened(landed: Landed) -> _Sheet:
    import pandas as pd

    try:
        with zipfile.ZipFile(io.BytesIO(landed.data)) as archive:
            if sum(item.file_size for item in archive.infolist()) > LARGEST_INSIDE:
                raise BadInput(landed.file, "", "a workbook", f"at most {LARGEST_INSIDE} bytes when unpacked")
        cells = pd.read_excel(
            io.BytesIO(landed.data), sheet_name=SHEET, header=None, dtype=object, engine="openpyxl", nrows=MOST_ROWS
        )
    except BadInput:
        raise
    except Exception as error:  # whatever a damaged or foreign archive makes the reader stumble over
        raise BadInput(
            landed.file, SHEET, f"{type(error).__name__}", "an Excel workbook with the sheet of a Pink Sheet"
        ) from error
    start = next((row for row, cell in enumerate(cells.iloc[:, 0]) if MONTH.fullmatch(_text(cell))), 0) if cells.shape[1] else 0
    if start < 2 or TITLE not in " ".join(_text(cell) for cell in cells.iloc[:start, 0]).casefold():
        raise BadInput(landed.file, SHEET, "another sheet", "the Pink Sheet's title, names, units and months such as 1960M01")
    return _Sheet(cells.iloc[:, :MOST_COLUMNS], start)


def _cells(sheet: _Sheet) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Every cell below the names as text, and the faults of rows and columns that cannot be told apart."""
    months, faults = _months(sheet)
    names = list(sheet.series.values())
    repeated = sorted({name for name in names if names.count(name) > 1})
    columns = {column: name for column, name in sheet.series.items() if column and name not in repeated}
    faults += [(sheet.start - 1, name, name, "the name of two columns", None) for name in repeated]
    units, grid = {column: sheet.unit(column) for column in columns}, sheet.cells.to_numpy()
    rows = [
        (row + 1, month, name, units[column], _text(grid[row, column]))
        for row, month in months.items()
        for column, name in columns.items()
    ]
    odd = pl.DataFrame(faults, schema=FOUND, orient="row")
    return pl.DataFrame(rows, schema=_CELLS, orient="row"), [odd]


def _months(sheet: _Sheet) -> tuple[dict[int, date], list[tuple[object, ...]]]:
    """Row -> first day of its month, and the faults of the rows without one; rows are counted from 0, faults from 1."""
    months: dict[int, date] = {}
    faults: list[tuple[object, ...]] = []
    for row in range(sheet.start, len(sheet.cells)):
        text = _text(sheet.cells.iat[row, 0])
        code = MONTH.fullmatch(text)
        month = date(int(code[1]), int(code[2]), 1) if code and 1 <= int(code[2]) <= 12 and int(code[1]) > 0 else None
        if month is None:
            if text:
                faults.append((row + 1, "", text, "not a month such as 1960M01", None))
        elif month in months.values():
            faults.append((row + 1, "", text, "the month of an earlier row again", month))
        else:
            months[row] = month
    return months, faults


def _text(cell: object) -> str:
    """A cell as text, stripped; "" for an empty one."""
    return "" if cell is None or cell != cell else str(cell).strip()  # noqa: PLR0124 NaN alone differs from itself
