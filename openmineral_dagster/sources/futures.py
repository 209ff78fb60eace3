"""Continuous front-month futures: bars as downloaded, in either of the two header shapes downloads come in."""

from openmineral_dagster.sources.bars import has_bars, read_bars
from openmineral_dagster.sources.columns import iso_day
from openmineral_dagster.sources.landed import Landed
from openmineral_dagster.sources.parsed import Reading, named_instrument

VENUES = ("COMEX", "NYMEX")


def matches(landed: Landed) -> bool:
    """Whether a file holds bars; those of an index are recognised before."""
    return has_bars(landed.names)


def read(landed: Landed) -> Reading:
    """`market.bars` and front prices of the contract the file is named after, such as HG=F.csv.

    A date stamped with a time and zone is the exchange's own day. The rolls between contracts are left as they are.

    Raises:
        BadInput: the name is no contract the desk knows.
    """
    instrument = named_instrument(landed.table, VENUES)
    return read_bars(landed.table, instrument, instrument.venue.lower(), "futures", iso_day)
