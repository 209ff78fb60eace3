"""The README's promises that can be typed: its SQL runs on the sample and answers."""

import re

import pytest

from openmineral_dagster.lake.root import PROJECT
from openmineral_dagster_tests.nights import select

pytestmark = pytest.mark.xdist_group("night")

BLOCK = re.search(r"```sql\n(.*?)```", (PROJECT / "README.md").read_text(), re.DOTALL).group(1)
QUERIES = [query.strip() for query in BLOCK.split(";") if query.strip()]


def test_the_first_questions_are_there():
    assert len(QUERIES) >= 5


@pytest.mark.parametrize("query", QUERIES, ids=range(1, len(QUERIES) + 1))
def test_each_first_question_has_an_answer(sample_night, query):
    assert select(sample_night, query)
