"""Characters: which ones print a number, and how text from outside is made safe to stand in a memo."""

import re
import unicodedata

LONGEST_TEXT = 240
"""Longer text is cut and ends in three dots: a memo quotes, it does not copy."""
UNPRINTABLE = "unprintable text"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ALWAYS_ESCAPED = set("\\`*[]{}|~@$")
_LINK_TARGET = re.compile(r"(?<=\])\(")
_OUTER_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_AUTOLINK = re.compile(r"(?i)\bwww(?=\.)|(?<=\w)(?=://)")
_BLOCK_MARK = re.compile(r"^(\d*)(?=[-+=#.)])")


def prints_a_number(character: str) -> bool:
    """Whether one character shows a number: digits of any script, superscripts, fractions, circled and Roman numerals,
    and whatever compatibility folding turns into one of them."""
    if character.isascii():
        return character.isdigit()
    shown = character + unicodedata.normalize("NFKC", character)
    return any(part.isdigit() or part.isdecimal() or part.isnumeric() for part in shown)


def cleaned(text: str) -> str:
    """`text` on one line: compatibility characters folded, control, invisible and direction marks out, spaces single.

    Text of which nothing is left reads as `UNPRINTABLE`.
    """
    folded = unicodedata.normalize("NFKC", text)
    spaced = "".join(" " if character.isspace() else character for character in folded)
    visible = "".join(character for character in spaced if not unicodedata.category(character).startswith("C"))
    single = " ".join(unicodedata.normalize("NFKC", visible).split())
    return (single if len(single) <= LONGEST_TEXT else single[: LONGEST_TEXT - 3].rstrip() + "...") or UNPRINTABLE


def escaped(text: str) -> str:
    """Cleaned `text` as Markdown that reads as just these characters: no tag, link, image, emphasis, list or heading."""
    marked = "".join(_ENTITIES.get(c, "\\" + c if c in _ALWAYS_ESCAPED else c) for c in cleaned(text))
    marked = _LINK_TARGET.sub(r"\\(", marked)
    marked = _OUTER_UNDERSCORE.sub(r"\\_", marked)
    marked = _AUTOLINK.sub(lambda found: found.group() + "\\", marked)
    return _BLOCK_MARK.sub(r"\1\\", marked)
