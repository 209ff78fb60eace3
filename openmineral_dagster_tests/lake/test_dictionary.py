"""The dictionary page is what the declarations say today."""

from openmineral_dagster.lake.dictionary import dictionary
from openmineral_dagster.lake.root import PROJECT
from openmineral_dagster.lake.tables import TABLES


def test_the_tracked_page_is_current():
    assert (PROJECT / "docs" / "tables.md").read_text() == dictionary(), "run: openmineral lake dictionary > docs/tables.md"


def test_every_column_of_every_table_is_in_it():
    page = dictionary()
    for table in TABLES.values():
        section = page.split(f"## {table.name}\n")[1].split("\n## ")[0]
        assert all(f"| `{column.name}` |" in section for column in table.columns)
