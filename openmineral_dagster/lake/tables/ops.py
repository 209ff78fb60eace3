"""What ran on a night, and how fresh its sources were."""

import polars as pl

from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables.columns import AS_OF, column

RUNS = Table(
    "ops.runs",
    "nights",
    "What ran for each night, from which data",
    (
        AS_OF,
        column("stage", pl.String, "table or step", key=True),
        column("rows", pl.Int64, "rows it holds for the night", low=0),
        column("landing", pl.String, "name of the landing folder"),
        column("sample_data", pl.Boolean, "true when everything comes from the bundled sample: SAMPLE DATA, not real"),
    ),
)

FILES = Table(
    "ops.files",
    "nights",
    "The files of the landing as the night received them; their bytes are kept by hash",
    (
        AS_OF,
        column("file", pl.String, "path inside the landing folder", key=True),
        column("sha256", pl.String, "SHA-256 of the bytes as received: the name they are kept under"),
        column("bytes", pl.Int64, "size as received", "bytes", low=0),
    ),
)

FRESHNESS = Table(
    "ops.freshness",
    "nights",
    "How old each source was on the night",
    (
        AS_OF,
        column("source", pl.String, "source of the publication rules", key=True),
        column("last_date", pl.Date, "latest day with a value known on the night"),
        column("business_days_old", pl.Int64, "London business days from last_date to the night", "days", low=0),
        column("stale", pl.Boolean, "more than three business days behind the last day the source should have published"),
    ),
)
