"""A memo template in the making: every cell it mentions goes to the ledger and stands in the text as a citation."""

import re
from collections.abc import Mapping

from openmineral_dagster.memos.facts import Fact, Ledger, fact_of
from openmineral_dagster.memos.formats import full_format
from openmineral_dagster.memos.wording import prints_number_word

NOT_AVAILABLE = "not available"
_VOCABULARY = re.compile(r"[A-Za-z][A-Za-z_. ]{0,40}")


class Draft:
    """Hands out the citations of one memo."""

    def __init__(self) -> None:
        self.ledger = Ledger()

    def cell(self, source: str, row: Mapping[str, object] | None, column: str, form: str) -> str:
        """Citation of a cell; the words "not available" where row or cell is missing."""
        fact = fact_of(source, row, column) if row is not None else None
        return self._citation(fact, form) if fact else NOT_AVAILABLE

    def rate(self, source: str, row: Mapping[str, object] | None, column: str) -> str:
        """Citation of an amount or price in the full format of its unit."""
        fact = fact_of(source, row, column) if row is not None else None
        return self._citation(fact, full_format(fact.unit)) if fact else NOT_AVAILABLE

    def label(self, source: str, row: Mapping[str, object], column: str) -> str:
        """A name of our own vocabulary as words, any other text as a citation."""
        text = str(row[column])
        words = re.sub(r"[_.]+", " ", text)
        if _VOCABULARY.fullmatch(text) and not prints_number_word(words):
            return words.strip()
        return self.cell(source, row, column, "text")

    def _citation(self, fact: Fact, form: str) -> str:
        return "{{" + self.ledger.cite(fact) + "|" + form + "}}"
