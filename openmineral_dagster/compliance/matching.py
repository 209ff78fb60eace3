"""How alike two names are, and which of many names are worth comparing: rare-word weights, trigram candidates, one score."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import log

import numpy as np
from rapidfuzz.distance import Indel, JaroWinkler

Words = tuple[str, ...]

CANDIDATES = 64
# Below this likeness two words are different words: "metals" and "minerals" are at 0.82.
SAME_WORD = 0.85
# Two words run together must be nearly spelled alike, for long strings are alike more easily.
SAME_RUN = 0.92
# The share of a name's rarity that the other name must hold; below it the score falls in proportion.
FULL_COVERAGE = 0.70
# Names this short, squeezed, or of one word count only when equal.
SHORT_NAME = 6


@dataclass(frozen=True)
class Scored:
    """A name of the index and its likeness to the query.

    Attributes:
        name: position in the index's `names`.
        score: likeness in [0, 1]; 1 for the same words in any order or spacing.
        equal: the same words in the same order.
        shared: words of the query that the name holds, rarest first.
    """

    name: int
    score: float
    equal: bool
    shared: Words


class NameIndex:
    """Distinct names with their words weighted by rarity, and the names each trigram occurs in."""

    def __init__(self, names: Sequence[Words]) -> None:
        """Index `names`: each a tuple of normalised words, no two the same."""
        self.names = tuple(names)
        counts = Counter(word for name in self.names for word in set(name))
        self._rarity = {word: log(1 + len(self.names) / count) for word, count in counts.items()}
        self._unseen = log(1 + 2 * len(self.names)) or 1.0
        held: dict[str, list[int]] = {}
        for position, name in enumerate(self.names):
            for gram in _name_trigrams(name):
                held.setdefault(gram, []).append(position)
        self._postings = {gram: np.asarray(positions, dtype=np.int32) for gram, positions in held.items()}
        self._weights = {gram: log(1 + len(self.names) / len(positions)) ** 2 for gram, positions in held.items()}
        norms = np.zeros(len(self.names))
        for gram, positions in self._postings.items():
            norms[positions] += self._weights[gram]
        self._norms = np.sqrt(norms)

    def alike(self, query: Words) -> Iterator[Scored]:
        """The names worth a look, about 64 of them, each compared with `query`."""
        for position in self._candidates(query):
            yield self._compare(query, int(position))

    def _candidates(self, query: Words) -> np.ndarray:
        """Positions of the names nearest to `query` by the cosine of rarity-weighted trigrams of their words."""
        grams = [gram for gram in _name_trigrams(query) if gram in self._postings]
        if not grams:
            return np.empty(0, dtype=np.int64)
        positions = np.concatenate([self._postings[gram] for gram in grams])
        weights = np.repeat([self._weights[gram] for gram in grams], [len(self._postings[gram]) for gram in grams])
        likeness = np.bincount(positions, weights, minlength=len(self.names)) / self._norms
        count = min(CANDIDATES, len(likeness))
        least = np.partition(likeness, -count)[-count]
        return np.flatnonzero(likeness >= max(least, 1e-9))[: 2 * CANDIDATES]

    def _compare(self, query: Words, position: int) -> Scored:
        listed = self.names[position]
        shared = tuple(sorted(set(query) & set(listed), key=lambda word: (-self._rarity_of(word), word)))
        squeezed, listed_squeezed = "".join(query), "".join(listed)
        if squeezed == listed_squeezed or sorted(query) == sorted(listed):
            return Scored(position, 1.0, query == listed, shared)
        if min(len(query), len(listed)) == 1 or min(len(squeezed), len(listed_squeezed)) <= SHORT_NAME:
            return Scored(position, 0.0, False, shared)
        coverage = min(self._coverage(query, listed), self._coverage(listed, query))
        score = _spelling(query, listed) * min(1.0, coverage / FULL_COVERAGE)
        return Scored(position, score, False, shared)

    def _coverage(self, words: Words, others: Words) -> float:
        """The share of the rarity of `words` that `others` hold, each word by its likest counterpart, in [0, 1]."""
        runs = [*others, *_joined(others)]
        found = [_best(word, runs, SAME_WORD) for word in words]
        for place, run in enumerate(_joined(words)):
            together = _best(run, others, SAME_RUN)
            found[place], found[place + 1] = max(found[place], together), max(found[place + 1], together)
        rarities = [self._rarity_of(word) for word in words]
        return sum(likeness * rarity for likeness, rarity in zip(found, rarities, strict=True)) / sum(rarities)

    def _rarity_of(self, word: str) -> float:
        return self._rarity.get(word, self._unseen)


def _spelling(query: Words, listed: Words) -> float:
    """Half Jaro-Winkler, half edit distance, each in the better of written and sorted order."""
    written, sorted_words = (" ".join(query), " ".join(listed)), (" ".join(sorted(query)), " ".join(sorted(listed)))
    jaro_winkler = max(JaroWinkler.similarity(*written), JaroWinkler.similarity(*sorted_words))
    edits = max(Indel.normalized_similarity(*sorted_words), Indel.normalized_similarity("".join(query), "".join(listed)))
    return 0.5 * jaro_winkler + 0.5 * edits


def _best(word: str, others: Sequence[str], least: float) -> float:
    return max((likeness for other in others if (likeness := JaroWinkler.similarity(word, other)) >= least), default=0.0)


def _joined(words: Words) -> list[str]:
    return [first + second for first, second in pairwise(words)]


@lru_cache(maxsize=65_536)
def _word_trigrams(word: str) -> tuple[str, ...]:
    padded = f" {word} "
    return tuple(dict.fromkeys(padded[start : start + 3] for start in range(len(padded) - 2)))


def _name_trigrams(name: Words) -> dict[str, None]:
    return dict.fromkeys(gram for word in name for gram in _word_trigrams(word))
