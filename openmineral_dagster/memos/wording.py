"""What the words of a template may say: no figure in digits or words, no markup from outside, letters a to z only."""

import re
import unicodedata

from openmineral_dagster.memos.facts import GroundingError
from openmineral_dagster.memos.text import prints_a_number

_CARDINALS = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|"
    "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion|trillion|dozen"
)
_ORDINALS = "first|second|third|fifth|eighth|ninth|twelfth|twentieth|thirtieth|fortieth|fiftieth|ninetieth"
_MULTIPLES = "zero|nil|ones?|half|hal(?:f|ve)s?|halv(?:ed|es|ing)|quarters?|twofold|twice|thrice|bn|mn|mln|mio|tn"
_RATIOS = "(?:doubl|tripl|trebl|quadrupl|quintupl)(?:e|es|ed|ing)"
NUMBER_WORD = re.compile(
    rf"(?:{_CARDINALS}|one)*(?:{_CARDINALS})(?:s|th|ths|fold)?|(?:{_CARDINALS})*(?:{_ORDINALS})s?|{_MULTIPLES}|{_RATIOS}"
)
_PRONOUN_ONE = re.compile(r"\b(?:no one|one of)\b")
_MARKUP = re.compile(r"[<>\[\]`\\]|&#?\w+;|://")


def refuse_numbers(words: str) -> None:
    """Let words pass that print no number.

    Raises:
        GroundingError: naming the digit (of any script, or folding into one) or the number word. "One" passes as a
            pronoun: "one of", "no one".
    """
    for character in words:
        if prints_a_number(character):
            raise GroundingError(f"digit {character!r} outside a citation")
    for word in re.findall(r"[a-z]+", _PRONOUN_ONE.sub(" ", _plain(words))):
        if NUMBER_WORD.fullmatch(word):
            raise GroundingError(f"number word {word!r} outside a citation")


def prints_number_word(text: str) -> bool:
    """Whether `text` prints a number in digits or words."""
    try:
        refuse_numbers(text)
    except GroundingError:
        return True
    return False


def _plain(words: str) -> str:
    """Words as they are read: without emphasis marks, which could split a word, and in lower case."""
    return re.sub(r"[*_~]", "", unicodedata.normalize("NFKC", words)).casefold()


def refuse_markup(words: str) -> None:
    """Let words pass that hold headings, lists, emphasis and tables only.

    Raises:
        GroundingError: naming a tag, link, code, entity, invisible character or letter outside a to z.
    """
    found = _MARKUP.search(words)
    if found:
        raise GroundingError(f"markup {found.group()!r} in the words of a template")
    for character in words:
        hidden = unicodedata.category(character).startswith("C") and character != "\n"
        if hidden or (character.isalpha() and not character.isascii()):
            raise GroundingError(f"character {character!r} in the words of a template: letters a to z only")
