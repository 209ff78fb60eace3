"""What Dagster loads: the code location of the data root named in the environment, else of the bundled sample.

OPENMINERAL_LANDING and OPENMINERAL_DATA_ROOT name the folders, as --landing and --data-root do on the command line.
"""

import os
from pathlib import Path

import dagster as dg

from openmineral_dagster.defs.build import build_defs
from openmineral_dagster.lake.root import locate


def _folder(variable: str) -> Path | None:
    named = os.environ.get(variable)
    return Path(named) if named else None


@dg.definitions
def defs() -> dg.Definitions:
    """The code location."""
    return build_defs(locate(_folder("OPENMINERAL_LANDING"), _folder("OPENMINERAL_DATA_ROOT")))
