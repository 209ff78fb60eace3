"""The European Central Bank's reference rates: their whole history in one zipped file."""

from openmineral_dagster.sources.network.source import Address, Source, fixed

SOURCE = Source(
    "ecb",
    "Euro reference rates",
    "free with attribution",
    fixed(Address("https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip", "fx/eurofxref-hist.zip", "fx")),
    ("ecb",),
)
