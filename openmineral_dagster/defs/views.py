"""Which nights of a run share one view of the tables that grow, so that what they need is computed once for all of them."""

from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

import polars as pl

from openmineral_dagster.defs.nightly import Night
from openmineral_dagster.market.views import nights_of_one_view


def nights_alike(files: tuple[Path, ...], night: Night, also: tuple[datetime, ...] = ()) -> list[date]:
    """The nights of the run whose view of the rows in `files`, which never change, is that of `night`; oldest first.

    Args:
        also: further moments at which a view changes.
    """
    return next(group for group in _groups(files, night.among or (night.as_of,), also) if night.as_of in group)


@lru_cache(maxsize=4)
def _groups(files: tuple[Path, ...], nights: tuple[date, ...], also: tuple[datetime, ...]) -> list[list[date]]:
    dated = [pl.read_parquet(file, columns=["known_at", "known_basis"]) for file in files]
    return list(nights_of_one_view(pl.concat(dated), nights, also)) if dated else [list(nights)]
