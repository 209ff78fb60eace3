"""What two spellings of a name have in common: characters, scripts, legal forms and word order brought to one form."""

import re
import unicodedata
from typing import Literal

from anyascii import anyascii
from rapidfuzz.distance import OSA

from openmineral_dagster.reference.errors import BadInput

EntityType = Literal["person", "entity", "vessel"]
ENTITY_TYPES: tuple[EntityType, ...] = ("person", "entity", "vessel")
# The longest name on the lists of 2026 has 324 characters.
MAX_LENGTH = 500
# Company forms of the trade's jurisdictions, as they read once punctuation is gone ("S.A.R.L." is "sarl").
_FORMS = """
ab ag ao as asa bhd bv bvba cjsc co company corp corporation cv dmcc eood fz fzc fze fzco gmbh inc incorporated jlt jsc kft
kg kk lda limitada limited llc llp lp ltd ltda mbh mchj nv oao ojsc ood oy oyj ooo pao pjsc plc pt pte pty pvt sa sab saoc
sapi sarl sas sdn se spa spc srl sro tao too wll zao zoo
"""
LEGAL_FORMS = frozenset(_FORMS.split())
LONG_FORMS = ("company", "corporation", "limited", "limitada", "incorporated")
# Words of one or two letters that spell a legal form when they stand side by side: "S. A.", "d. o. o.", "Sp. z o.o.".
SPLIT_FORMS = (
    ("s", "p", "a"),
    ("s", "a", "r", "l"),
    ("s", "r", "l"),
    ("d", "o", "o"),
    ("s", "a"),
    ("n", "v"),
    ("b", "v"),
    ("l", "l", "c"),
)


def tokens(name: str, entity_type: EntityType) -> tuple[str, ...]:
    """The words of `name` as they are compared: lower-case Latin letters and digits.

    A person's "LAST, First" is turned; others lose their legal forms, unless nothing else is left.

    Raises:
        BadInput: the name holds no letter or digit, or is longer than 500 characters.
    """
    if len(name) > MAX_LENGTH:
        raise BadInput("name", "", display(name, 40), f"a name of at most {MAX_LENGTH} characters")
    text = _readable(name)
    words = _words(text)
    if not words:
        raise BadInput("name", "", display(name, 40), "a name with letters or digits")
    if entity_type != "person":
        return tuple(_without_forms(words) or words)
    last, _, first = text.partition(",")
    return tuple(_words(first) + _words(last))


def spellings(name: str, entity_type: EntityType | None) -> tuple[tuple[str, ...], ...]:
    """Every form in which `name` is compared: as a person and as a company where the type is not known, and without what
    stands in brackets ("BUTEMBO AIRLINES (BAL)").

    Raises:
        BadInput: as `tokens`.
    """
    types: tuple[EntityType, ...] = (entity_type,) if entity_type else ("person", "entity")
    forms = dict.fromkeys(tokens(name, kind) for kind in types)
    bare = re.sub(r"\([^()]*\)", " ", name)
    if bare != name and any(char.isalnum() for char in bare):
        forms |= dict.fromkeys(tokens(bare, kind) for kind in types if _words(_readable(bare)))
    return tuple(forms)


def display(name: str, limit: int = 120) -> str:
    """`name` as one printable line of at most `limit` characters, safe in a message, a table or JSON."""
    text = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in name[: limit * 2])
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _readable(name: str) -> str:
    """Latin letters, digits and punctuation only: accents stripped, other scripts transliterated, signs and pictures gone.

    Invisible characters are taken out rather than turned into spaces, for they are put into words to hide them.
    """
    kept = []
    for char in unicodedata.normalize("NFKD", name):
        category = unicodedata.category(char)
        if char.isspace():
            kept.append(" ")
        elif category[0] in "CM" and not _is_letter_like(char):
            continue
        elif category in ("So", "Sk", "Sm", "Sc"):
            kept.append(" ")
        else:
            kept.append(char)
    return anyascii("".join(kept)).casefold()


def _is_letter_like(char: str) -> bool:
    """Vowel signs of Indic and South-East Asian scripts are marks that carry sound; accents (combining class > 0) are not."""
    return unicodedata.category(char)[0] == "M" and unicodedata.combining(char) == 0


def _words(text: str) -> list[str]:
    text = re.sub(r"['`´’]", "", text.replace("&", " and "))
    text = re.sub(r"\b([a-z])\.(?=[a-z]\b)", r"\1", text)
    return re.findall(r"[a-z0-9]+", text)


def _is_form(word: str) -> bool:
    """Whether `word` is a legal form, a long one also with one slip of the keyboard in it ("corproation")."""
    return word in LEGAL_FORMS or (len(word) > 5 and any(OSA.distance(word, form, score_cutoff=1) <= 1 for form in LONG_FORMS))


def _without_forms(words: list[str]) -> list[str]:
    kept = list(words)
    for form in SPLIT_FORMS:
        if tuple(kept[-len(form) :]) == form and len(kept) > len(form):
            kept = kept[: -len(form)]
    kept = [word for word in kept if not _is_form(word)]
    # "Muller GmbH & Co. KG" would end in the "and" between its forms.
    while kept and kept[-1] == "and":
        kept.pop()
    return kept
