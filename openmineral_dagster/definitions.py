"""What Dagster loads: the code location of the data root named in the environment, else of the bundled sample.

OPENMINERAL_LANDING and OPENMINERAL_DATA_ROOT name the folders, as --landing and --data-root do on the command line;
OPENMINERAL_EXECUTOR is in_process (the default) or multiprocess.
"""

import os
from pathlib import Path

import dagster as dg

from openmineral_dagster.defs.build import build_defs
from openmineral_dagster.lake.root import locate

EXECUTORS = {"in_process": dg.in_process_executor, "multiprocess": dg.multiprocess_executor}


def _folder(variable: str) -> Path | None:
    named = os.environ.get(variable)
    return Path(named) if named else None


@dg.definitions
def defs() -> dg.Definitions:
    """The code location."""
    root = locate(_folder("OPENMINERAL_LANDING"), _folder("OPENMINERAL_DATA_ROOT"))
    return build_defs(root, EXECUTORS[os.environ.get("OPENMINERAL_EXECUTOR", "in_process")])
