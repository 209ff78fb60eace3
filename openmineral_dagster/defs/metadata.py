"""What the catalogue shows of a table: its schema, its size and its first rows."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from openmineral_dagster.lake.schema import Table

HEAD_ROWS = 5
HEAD_COLUMNS = 8


def column_schema(table: Table) -> dg.TableSchema:
    """The table's columns with their meaning and constraints, as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(c.name, str(c.dtype), c.comment, dg.TableColumnConstraints(nullable=c.nullable)) for c in table.columns
        ]
    )


def definition_metadata(table: Table) -> dict[str, Any]:
    """Metadata of the asset that holds `table`, known before it ever ran."""
    return {"dagster/column_schema": column_schema(table), "dagster/table_name": table.name}


def materialization_metadata(frame: pl.DataFrame, sample_data: bool) -> Mapping[str, Any]:
    """Row count, a look at the first rows, and whether they are made up."""
    head = frame.head(HEAD_ROWS).select(frame.columns[:HEAD_COLUMNS])
    with pl.Config(tbl_formatting="MARKDOWN", tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, fmt_str_lengths=60):
        shown = str(head)
    marked = {"data": "SAMPLE DATA, not real"} if sample_data else {}
    return {"dagster/row_count": frame.height, "first_rows": dg.MetadataValue.md(shown), **marked}
