"""The St. Louis Fed's copies of public series: one request a series, for several in one come out sparse."""

from openmineral_dagster.sources.fred import SERIES
from openmineral_dagster.sources.network.source import Address, Source, fixed

ADDRESS = "https://fred.stlouisfed.org/graph/fredgraph.csv?id="

SOURCE = Source(
    "fred",
    "Rates, oil, VIX and monthly metal prices",
    "free with attribution; the IMF's monthly prices are copyrighted: cite them",
    fixed(*(Address(f"{ADDRESS}{name}", f"rates/{name}.csv", "fred", series=name) for name in SERIES)),
    tuple(dict.fromkeys(series.source for series in SERIES.values())),
)
