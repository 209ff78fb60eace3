"""Small landing folders for tests, and what a reading of them holds."""

from pathlib import Path

import polars as pl

from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import POSITIONS, TABLES
from openmineral_dagster.sources.landing import Landing, read_landing

LME_HEADER = "date,cash_settlement,three_month,lme_stock"
BARS_HEADER = "Date,Open,High,Low,Close"


def lines(*rows: str) -> str:
    """Rows as a file has them, each ended by a line feed."""
    return "".join(f"{row}\n" for row in rows)


def read(folder: Path, files: dict[str, str | bytes]) -> Landing:
    """The reading of a landing folder that holds `files` (content by path), each of its tables valid."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return valid(read_landing(folder))


def valid(landing: Landing) -> Landing:
    """`landing`, once its rows and faults keep the rules of their tables."""
    for part in landing.parsed:
        table = TABLES[part.table]
        missing = {"as_of_date": pl.date(2030, 1, 1)} if table is POSITIONS else {"known_at": pl.col("published_at")}
        basis = {"known_basis": pl.lit("rule")} if "known_basis" in table.dtypes else {}
        require_valid(part.rows.with_columns(**missing, **basis), table)
    require_valid(landing.faults.with_columns(as_of_date=pl.date(2030, 1, 1)), TABLES["market.quarantine"])
    return landing


def rows(landing: Landing, table: str) -> pl.DataFrame:
    """All rows of `table`, in order of file."""
    frames = [part.rows for part in landing.parsed if part.table == table]
    return pl.concat(frames) if frames else TABLES[table].empty()


def values(landing: Landing, table: str, *columns: str) -> list[tuple]:
    """The given columns of `table` as tuples, sorted."""
    return sorted(rows(landing, table).select(columns).iter_rows(), key=str)


def faults(landing: Landing, *columns: str) -> list[tuple]:
    """Row, field and value of every fault, or the columns asked for."""
    return landing.faults.select(columns or ("row", "field", "value")).rows()


def reasons(landing: Landing) -> list[str]:
    """Why things were not used."""
    return landing.faults["reason"].to_list()
