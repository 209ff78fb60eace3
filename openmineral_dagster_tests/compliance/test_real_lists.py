"""The bars of screening on the real OFAC and UN lists, where they lie beside the project."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from time import perf_counter

import pytest

from openmineral_dagster.compliance.screening import Screener
from openmineral_dagster.lake.root import PROJECT
from openmineral_dagster.sources.sanctions import read_lists

FOLDER = PROJECT.parent / "shared" / "data" / "sanctions"
NIGHT = date(2026, 2, 28)

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the real lists do not lie beside the project"),
]


@pytest.fixture(scope="module")
def screener() -> Screener:
    found = Screener(read_lists(FOLDER))
    found.screen("warm up", as_of=NIGHT)
    return found


def names(file: str) -> Iterator[str]:
    with Path(FOLDER / f"screening_{file}.csv").open(encoding="utf-8") as rows:
        yield from (row["full_name"] for row in csv.DictReader(rows))


def share_hit(screener: Screener, file: str) -> float:
    hits = [screener.screen(name, as_of=NIGHT).hit for name in names(file)]
    return sum(hits) / len(hits)


@pytest.mark.parametrize(("file", "least"), [("positives_un_untreated", 0.99), ("positives_un_treated", 0.95)])
def test_listed_people_are_hit(screener, file, least):
    assert share_hit(screener, file) >= least


@pytest.mark.parametrize("file", ["negatives_us", "negatives_global"])
def test_other_people_are_rarely_hit(screener, file):
    assert share_hit(screener, file) <= 0.02


def test_one_name_takes_at_most_50_milliseconds(screener):
    some = list(names("positives_un_treated"))[::10]
    started = perf_counter()
    for name in some:
        screener.screen(name, as_of=NIGHT)
    assert (perf_counter() - started) / len(some) <= 0.05


def test_undated_and_missing_lists_pass_nobody(screener):
    assert {screener.screen(name, as_of=NIGHT).outcome for name in list(names("negatives_us"))[::50]} <= {"review", "block"}


def test_every_entry_read_is_kept_and_only_the_screening_files_are_refused():
    lists = read_lists(FOLDER)
    assert {version.list: version.entries for version in lists.versions} == {"OFAC": 9044, "UN": 1003}
    assert all("screening_" in file for file in lists.faults["file"])
    assert lists.entries.filter(uid="2677", alias_kind="primary").height == 2
