"""Claim: a warm night on the sample takes seconds, and its peak memory stays modest. One process, as `make nightly` runs it.

Prints the seconds of three warm nights in a row, the ratio of the slowest to the fastest, and peak memory of the command.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def night(root: Path) -> float:
    """Seconds of one `openmineral nightly` on the sample."""
    started = time.monotonic()
    command = [sys.executable, "-m", "openmineral_dagster.cli", "nightly", "--data-root", str(root)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def main() -> None:
    """Run and print."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        first, *warm = [night(root) for _ in range(4)]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    print(f"first night, training included: {first:.1f} s")
    print(f"warm nights: {', '.join(f'{seconds:.1f}' for seconds in warm)} s; slowest over fastest {max(warm) / min(warm):.2f}")
    print(f"peak memory of one process: {peak:.2f} GB")


if __name__ == "__main__":
    main()
