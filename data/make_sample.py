"""Rewrites the bundled sample: `python data/make_sample.py [folder]` writes the same bytes to `data/sample` every time."""

import sys
from pathlib import Path

import numpy as np
from sample_generator.about import write_about
from sample_generator.book import write_book
from sample_generator.deals import write_deals
from sample_generator.market import write_market
from sample_generator.news import write_news
from sample_generator.paths import SEED, simulate
from sample_generator.sanctions import write_lists

SAMPLE = Path(__file__).parent / "sample"


def make_sample(folder: Path) -> None:
    """The whole landing folder of the sample, written over what is there."""
    path_numbers, file_numbers = np.random.default_rng(SEED).spawn(2)
    paths = simulate(path_numbers)
    write_market(folder, paths, file_numbers)
    write_book(folder, paths)
    write_deals(folder)
    write_news(folder)
    write_lists(folder)
    write_about(folder)


if __name__ == "__main__":
    make_sample(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE)
