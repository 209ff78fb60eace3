"""`openmineral ui`: Dagster's own server on a data root."""

import os
import sys

from openmineral_dagster.defs.launch import prepare_home
from openmineral_dagster.lake.root import DataRoot, bind


def serve(root: DataRoot, port: int) -> None:
    """Replace this process by `dagster dev`, with the instance that terminal runs use."""
    bind(root)
    named = {
        "DAGSTER_HOME": str(prepare_home(root)),
        "OPENMINERAL_LANDING": str(root.landing),
        "OPENMINERAL_DATA_ROOT": str(root.path),
    }
    command = [
        sys.executable,
        "-m",
        "dagster",
        "dev",
        "-m",
        "openmineral_dagster.definitions",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    os.execve(sys.executable, command, os.environ | named)  # noqa: S606 our own interpreter
