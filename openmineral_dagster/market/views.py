"""Which nights share one view of the past, so that many can be forecast together exactly as each would be alone."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, datetime

import polars as pl

from openmineral_dagster.reference.calendars import night_end


def nights_of_one_view(vintages: pl.DataFrame, nights: Sequence[date]) -> Iterator[list[date]]:
    """`nights`, oldest first, cut where a value is corrected or arrives late.

    Args:
        vintages: every vintage of the prices: known_at, known_basis.

    Between two cuts a later night knows what an earlier one did, and newer prices: its view, read up to what the earlier one
    knew, is the earlier one's.
    """
    observed = vintages.filter(pl.col("known_basis") == "observed")["known_at"].unique().sort().to_list()
    alike: list[date] = []
    seen: int | None = None
    for night in nights:
        count = _known(observed, night)
        if alike and count != seen:
            yield alike
            alike = []
        seen = count
        alike.append(night)
    if alike:
        yield alike


def _known(observed: Sequence[datetime], night: date) -> int:
    """How many corrections a night knows of."""
    return bisect_right(observed, night_end(night))
