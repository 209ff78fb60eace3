"""How assets meet the lake: an asset key is a table name, a partition is a night, reading is as of that night."""

from datetime import date

import dagster as dg
import polars as pl

from openmineral_dagster.defs.metadata import materialization_metadata
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables import TABLES
from openmineral_dagster.reference.calendars import night_end


def table_of(key: dg.AssetKey) -> Table:
    """The table an asset holds."""
    return TABLES[".".join(key.path)]


class LakeIOManager(dg.ConfigurableIOManager):
    """Stores what assets return in the lake, and hands them what the night knew: no asset can read the future."""

    data_root: dg.ResourceDependency[DataRootResource]

    def handle_output(self, context: dg.OutputContext, obj: pl.DataFrame) -> None:
        """Merge new vintages, or replace the rows of the night; rows that break their schema fail the step."""
        table, as_of = table_of(context.asset_key), date.fromisoformat(context.partition_key)
        if table.layout == "vintages":
            self.data_root.lake.merge(table, obj)
        else:
            self.data_root.lake.write_night(table, as_of, obj)
        context.add_output_metadata(materialization_metadata(self._stored(table, as_of), self.data_root.root.sample_data))

    def load_input(self, context: dg.InputContext) -> pl.DataFrame:
        """The table as the night of the partition knew it."""
        return self._stored(table_of(context.asset_key), date.fromisoformat(context.asset_partition_key))

    def _stored(self, table: Table, as_of: date) -> pl.DataFrame:
        lake = self.data_root.lake
        return lake.read(table, night_end(as_of)).collect() if table.layout == "vintages" else lake.read_night(table, as_of)
