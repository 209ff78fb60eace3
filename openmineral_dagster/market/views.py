"""Which nights share one view of the past, so that many can be computed together exactly as each would be alone."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

import polars as pl

from openmineral_dagster.reference.calendars import night_end


def nights_of_one_view(vintages: pl.DataFrame, nights: Sequence[date], also: Iterable[datetime] = ()) -> Iterator[list[date]]:
    """`nights`, oldest first, cut where a value is corrected or arrives late.

    Args:
        vintages: every vintage of all that is read: known_at, known_basis.
        also: further moments to cut at.

    Between two cuts a later night knows what an earlier one did, and newer values: its view, read up to what the earlier one
    knew, is the earlier one's.
    """
    observed = vintages.filter(pl.col("known_basis") == "observed")["known_at"]
    moments = sorted({*observed.unique(), *also})
    alike: list[date] = []
    seen: int | None = None
    for night in nights:
        count = bisect_right(moments, night_end(night))
        if alike and count != seen:
            yield alike
            alike = []
        seen = count
        alike.append(night)
    if alike:
        yield alike
