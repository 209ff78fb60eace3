"""The data dictionary: every table of the publication with its key, columns, types, units and bounds, as Markdown."""

from collections.abc import Iterable

from openmineral_dagster.lake.schema import Column, Table
from openmineral_dagster.lake.tables import TABLES

LAYOUTS = {
    "vintages": "Grows: a row a vintage, with `known_at`; read it as of a time.",
    "nights": "Computed anew for each night, by `as_of_date`.",
}


def dictionary() -> str:
    """The page, generated from the declarations that also make the checks and the comments."""
    tables = sorted(TABLES.values(), key=lambda table: table.name)
    contents = "\n".join(f"- [`{table.name}`](#{_anchor(table)}): {table.meaning}" for table in tables)
    return "\n\n".join(["# Data dictionary", contents, *(_described(table) for table in tables)]) + "\n"


def _anchor(table: Table) -> str:
    return table.name.replace(".", "")


def _described(table: Table) -> str:
    lines = ["| column | type | unit | meaning | values |", "|---|---|---|---|---|", *map(_row, table.columns)]
    key = ", ".join(f"`{name}`" for name in table.key)
    return "\n".join([f"## {table.name}", "", f"{table.meaning}. {LAYOUTS[table.layout]} Key: {key}.", "", *lines])


def _row(column: Column) -> str:
    cells = (f"`{column.name}`", str(column.dtype), column.unit, column.meaning, "; ".join(_rules(column)))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _rules(column: Column) -> Iterable[str]:
    if column.low is not None or column.high is not None:
        low, high = (f"{bound:g}" if bound is not None else "" for bound in (column.low, column.high))
        yield f"{low} to {high}" if low and high else f"from {low}" if low else f"up to {high}"
    if column.choices:
        yield ", ".join(column.choices)
    if column.nullable:
        yield "may be null"
