"""What ran on a night, and how fresh its sources were."""

import polars as pl

from openmineral_dagster.lake.schema import UTC_TIME, Table
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

FETCHES = Table(
    "ops.fetches",
    "nights",
    "What came last of asking each publisher over the network by the night; empty where none is turned on",
    (
        AS_OF,
        column("source", pl.String, "publisher", key=True),
        column("file", pl.String, "where its data land; empty where its addresses could not be found", key=True),
        column(
            "status",
            pl.String,
            "new, unchanged; refused: no use; unreachable: none came; not asked: it wants to be left alone",
            choices=("new", "unchanged", "refused", "unreachable", "not asked"),
        ),
        column("reason", pl.String, "why the desk goes on with what it had; empty where it need not"),
        column("asked_at", UTC_TIME, "time of the round", "UTC"),
        column("url", pl.String, "address of the last good data; null where there never were any", nullable=True),
        column("received_at", UTC_TIME, "when the last good data came", "UTC", nullable=True),
        column("sha256", pl.String, "SHA-256 of their bytes: the name they are kept under", nullable=True),
        column("bytes", pl.Int64, "their size", "bytes", nullable=True, low=0),
        column("rows", pl.Int64, "usable rows in them; entries of a list", nullable=True, low=0),
        column("last_date", pl.Date, "the last day they speak of; null where they name none", nullable=True),
    ),
)

FRESHNESS = Table(
    "ops.freshness",
    "nights",
    "How old each source was on the night",
    (
        AS_OF,
        column("source", pl.String, "source of the publication rules, or publisher of a list or of news", key=True),
        column(
            "last_date",
            pl.Date,
            "latest day with a value known on the night; of a list or news the day it was last received or confirmed",
            nullable=True,
        ),
        column("business_days_old", pl.Int64, "London business days from last_date to the night", "days", nullable=True, low=0),
        column("stale", pl.Boolean, "more than three business days behind the last day the source should have published"),
        column("problem", pl.String, "why asking its publisher last brought nothing; null where it did", nullable=True),
    ),
)
