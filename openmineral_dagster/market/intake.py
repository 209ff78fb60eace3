"""What a night takes up from the landing: the rows it could know, dated by arrival, and the book as it stood."""

from collections.abc import Iterable
from datetime import date, datetime

import polars as pl

from openmineral_dagster.lake.schema import UTC_TIME, Table
from openmineral_dagster.lake.tables import (
    BARS,
    FILES,
    FX,
    MONTHLY,
    NEWS,
    POSITIONS,
    POSITIONS_COT,
    PRICES,
    QUARANTINE,
    RATES,
    STOCKS,
)
from openmineral_dagster.lake.vintages import known_by
from openmineral_dagster.reference.calendars import night_end
from openmineral_dagster.sources.landing import Landing, Parsed

MARKET_TABLES = (PRICES, BARS, STOCKS, FX, RATES, MONTHLY, POSITIONS_COT, NEWS)


def arrivals(landing: Landing, as_of: date, seen_at: datetime) -> dict[str, pl.DataFrame]:
    """Rows by table name that sources had published by the night of `as_of`, each with `arrived_at` and `seen_at`.

    Args:
        seen_at: when this landing was read (aware); the arrival of a file that carries no vintage date.
    """
    return {table.name: _arrivals_of(table, landing.parsed, as_of, seen_at) for table in MARKET_TABLES}


def _arrivals_of(table: Table, parsed: Iterable[Parsed], as_of: date, seen_at: datetime) -> pl.DataFrame:
    columns = [name for name in table.dtypes if name not in ("known_at", "known_basis")]
    frames = [
        part.rows.select(columns).with_columns(
            arrived_at=pl.lit(night_end(part.vintage) if part.vintage else seen_at).cast(UTC_TIME),
            seen_at=pl.lit(seen_at).cast(UTC_TIME),
        )
        for part in parsed
        if part.table == table.name
    ]
    unknown = pl.lit(None, dtype=UTC_TIME)
    empty = table.empty().select(columns).with_columns(arrived_at=unknown, seen_at=unknown)
    return pl.concat([empty, *frames], how="vertical_relaxed").filter(pl.col("published_at") <= night_end(as_of))


def positions_known(landing: Landing, as_of: date) -> pl.DataFrame:
    """`market.positions` of the night: rows entered by then; a closing the night could not know of is left open."""
    columns = [name for name in POSITIONS.dtypes if name != "as_of_date"]
    frames = [part.rows.select(columns) for part in landing.parsed if part.table == POSITIONS.name]
    held = pl.concat([POSITIONS.empty().select(columns), *frames], how="vertical_relaxed")
    known_closing = pl.when(pl.col("closed_on") <= as_of).then("closed_on")
    return held.filter(pl.col("entered_on") <= as_of).with_columns(as_of_date=pl.lit(as_of), closed_on=known_closing)


def positions_ahead(landing: Landing, as_of: date) -> pl.DataFrame:
    """Faults of positions entered after the last night there are prices for: they lie in the file and count in nothing yet.

    Only the last night may say so: an earlier one could not see them.
    """
    frames = [part.rows.select("position_id", "entered_on") for part in landing.parsed if part.table == POSITIONS.name]
    held = pl.concat([POSITIONS.empty().select("position_id", "entered_on"), *frames])
    place = pl.col("position_id").str.split(":")
    return held.filter(pl.col("entered_on") > as_of).select(
        source=pl.lit("positions"),
        file=place.list.slice(0, place.list.len() - 1).list.join(":"),
        row=place.list.last().cast(pl.Int64),
        field=pl.lit("entered_on"),
        value=pl.col("entered_on").dt.to_string("%Y-%m-%d"),
        reason=pl.lit(f"expected {as_of} or earlier, the last night there are prices for: it counts from its own day on"),
        known_at=pl.lit(night_end(as_of)).cast(UTC_TIME),
    )


def faults_known(faults: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`market.quarantine` of the night: the faults of rows it could know of."""
    known = known_by(faults.lazy(), night_end(as_of)).collect().with_columns(as_of_date=pl.lit(as_of))
    return known.select(QUARANTINE.dtypes.names()).unique(QUARANTINE.key, keep="first", maintain_order=True)


def files_received(landing: Landing, as_of: date) -> pl.DataFrame:
    """`ops.files` of the night: what landed, by the hash its bytes are kept under."""
    schema = {name: dtype for name, dtype in FILES.dtypes.items() if name != "as_of_date"}
    received = pl.DataFrame(list(landing.files), schema=schema, orient="row")
    return received.with_columns(as_of_date=pl.lit(as_of)).select(FILES.dtypes.names())
