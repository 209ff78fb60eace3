"""`openmineral ui`: Dagster's own server on a data root."""

import os
import sys
from datetime import datetime, timedelta

from openmineral_dagster.defs.instance import prepare_home
from openmineral_dagster.defs.partitions import LAST_NIGHT
from openmineral_dagster.lake.root import DataRoot, bind
from openmineral_dagster.reference.calendars import LONDON
from openmineral_dagster.sources.landing import price_span, read_landing

ALIVE_FOR = timedelta(days=10)


def serve(root: DataRoot, port: int) -> None:
    """Replace this process by `dagster dev`, with the instance that terminal runs use.

    Raises:
        UsageFault: the landing or the data root cannot be used.
    """
    last = price_span(read_landing(root.landing, root.received))[1]
    bind(root)
    history = {} if not root.sample_data and last + ALIVE_FOR >= datetime.now(LONDON).date() else {LAST_NIGHT: last.isoformat()}
    named = {
        **history,
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
