"""Claim: a landing is taken up in seconds, and once more, unchanged, in a fraction of one. Give a folder, or the sample is used.

Prints the seconds of the landing step on an empty data root, of the same again, their ratio, and peak memory.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from openmineral_dagster.defs.assets.market import take_up
from openmineral_dagster.lake.root import DataRoot, bind, locate
from openmineral_dagster.reference.code import code_digest
from openmineral_dagster.sources.landing import landing_digest, price_span, read_landing


def load(root: DataRoot) -> float:
    """Seconds of taking the landing up for its last night, as the nightly does."""
    night = price_span(read_landing(root.landing))[1]
    started = time.monotonic()
    digest = f"{landing_digest(root.landing)} {code_digest()}"
    if root.lake.taken_up(night) != digest:
        take_up(root, [night], digest)
    return time.monotonic() - started


def main() -> None:
    """Run and print."""
    landing = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as folder:
        root = locate(landing, Path(folder) / "root")
        bind(root)
        cold, unchanged = load(root), load(root)
    print(f"{root.landing.name}: cold {cold:.2f} s, unchanged {unchanged:.3f} s; unchanged over cold {unchanged / cold:.3f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
