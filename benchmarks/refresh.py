"""Claim: all publishers are refreshed in seconds, an unchanged refresh in less, and the largest list fits in a small process.

Prints the seconds of a full round of every publisher against a server of our own, of an unchanged round, and peak memory
of a round whose UK list is a CSV of 50 MB. Pauses of politeness are left out: they are the publishers' to ask for.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from openmineral_dagster.lake.raw import RawStore
from openmineral_dagster.sources.network.catalogue import SOURCES
from openmineral_dagster.sources.network.received import Received, utc_now
from openmineral_dagster.sources.network.refresh import refresh
from openmineral_dagster.sources.network.settings import Settings
from openmineral_dagster.sources.network.transport import Transport
from openmineral_dagster_tests.sources.network.publishers import UK_LIST, everything
from openmineral_dagster_tests.sources.network.server import serving
from openmineral_dagster_tests.sources.test_sanctions import UK

LARGE_LIST_BYTES = 50_000_000


def large_list() -> bytes:
    """The UK list's layout with as many names as 50 MB hold."""
    head, columns, *rows = UK.split("\r\n")
    filler = ",".join(["statement of reasons " * 7] * 6)
    names = []
    size = 0
    while size < LARGE_LIST_BYTES:
        row = rows[0].replace("RUS0001", f"RUS{len(names):07d}").replace("DORANTE", f"DORANTE {len(names)}") + f",{filler}"
        names.append(row)
        size += len(row) + 2
    return "\r\n".join([head, columns + ",a,b,c,d,e,f", *names, ""]).encode()


def ask(address: str, folder: Path, names: list[str]) -> tuple[float, int]:
    """Seconds of a round, and how many files were new."""
    received = Received(folder / "received", folder / "network", RawStore(folder / "raw"))
    asked = [source for source in SOURCES if source.name in names]
    started = time.monotonic()
    outcomes = refresh(asked, Transport(mirror=address, sleep=lambda seconds: None), received, Settings(), utc_now)
    seconds = time.monotonic() - started
    failed = [f"{outcome.file}: {outcome.reason}" for outcome in outcomes if outcome.failed]
    if failed:
        raise SystemExit("\n".join(failed))
    return seconds, sum(outcome.status == "new" for outcome in outcomes)


def main() -> None:
    """Run and print; with an address and a folder, only the round of the UK list, for its memory."""
    if len(sys.argv) == 3:
        seconds, _ = ask(sys.argv[1], Path(sys.argv[2]), ["uk"])
        # The program's own: the kernel's other figure starts at what its parent held.
        peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text()).group(1)) / 1e3
        print(f"a list of 50 MB: {seconds:.1f} s, peak memory {peak:.0f} MB")
        return
    names = [source.name for source in SOURCES]
    with serving() as web, tempfile.TemporaryDirectory() as folder:
        web.publish(everything())
        (full, files), (unchanged, none) = (ask(web.address, Path(folder), names) for _ in range(2))
        print(f"{len(names)} publishers, {files} files: full {full:.2f} s, unchanged {unchanged:.2f} s ({none} new)")
        web.publish({UK_LIST: large_list()})
        subprocess.run([sys.executable, __file__, web.address, f"{folder}/large"], check=True)


if __name__ == "__main__":
    main()
