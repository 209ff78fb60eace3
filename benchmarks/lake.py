"""Claims: a day appended costs the day and not the history, and gives the rows of a full rebuild; an as-of read of five
million rows takes half a second.

1,000 series with 20 years of days. Prints seconds, their ratios and peak memory.
"""

import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from openmineral_dagster.lake.store import Lake
from openmineral_dagster.lake.tables import PRICES

SERIES, YEARS, START = 1_000, 20, date(2006, 1, 2)
MOMENT = datetime(2026, 6, 30, 22, tzinfo=UTC)


def history() -> pl.DataFrame:
    """What a landing would bring: a price a series and weekday."""
    days = [day for step in range(365 * YEARS) if (day := START + timedelta(days=step)).weekday() < 5]
    grid = pl.DataFrame({"instrument": [f"M{number:04d}" for number in range(SERIES)]}).join(
        pl.DataFrame({"price_date": days}), how="cross"
    )
    published = pl.col("price_date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC") + pl.duration(hours=13)
    return grid.with_columns(
        tenor=pl.lit("3m"),
        price=pl.Series(np.random.default_rng(0).lognormal(8, 1, grid.height)),
        unit=pl.lit("USD/t"),
        currency=pl.lit("USD"),
        source=pl.lit("lme"),
        published_at=published,
        arrived_at=pl.lit(MOMENT).cast(pl.Datetime("us", "UTC")),
    )


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what the work gave."""
    started = time.monotonic()
    result = work()
    return time.monotonic() - started, result


def rows(lake: Lake) -> pl.DataFrame:
    """Every vintage, in order of its key."""
    return lake.scan(PRICES).collect().sort(PRICES.key)


def main() -> None:
    """Run and print."""
    incoming = history()
    last = incoming["price_date"].max()
    with tempfile.TemporaryDirectory() as folder:
        appended, rebuilt = Lake(Path(folder) / "appended"), Lake(Path(folder) / "rebuilt")
        before, _ = timed(lambda: appended.merge(PRICES, incoming.filter(pl.col("price_date") < last)))
        day, new = timed(lambda: appended.merge(PRICES, incoming.filter(pl.col("price_date") == last)))
        rebuilt.merge(PRICES, incoming)
        same = rows(appended).equals(rows(rebuilt))
        every, known = timed(lambda: appended.read(PRICES, MOMENT).collect())
        one, _ = timed(lambda: appended.read(PRICES, MOMENT).filter(pl.col("instrument") == "M0500").collect())
    print(f"history of {incoming.height - new.height:,} rows: {before:.2f} s; one day of {new.height:,}: {day:.3f} s")
    print(f"day over history {day / before:.4f}; equal to a full rebuild: {same}")
    print(f"as-of read of {known.height:,} rows: {every:.2f} s; of one series: {one:.3f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
