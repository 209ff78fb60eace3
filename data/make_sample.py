"""Rewrites the bundled sample: `python data/make_sample.py [folder]` writes the same bytes to `data/sample` every time."""

import sys
from pathlib import Path

import numpy as np
from sample_generator.market import write_market
from sample_generator.paths import SEED, simulate

SAMPLE = Path(__file__).parent / "sample"


def make_sample(folder: Path) -> None:
    """The whole landing folder of the sample, written over what is there."""
    paths, files = np.random.default_rng(SEED).spawn(2)
    write_market(folder, simulate(paths), files)


if __name__ == "__main__":
    make_sample(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE)
