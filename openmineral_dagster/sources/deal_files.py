"""The text of deal files. What it says is read elsewhere; here it is only made sure that it is text of a sane size."""

from openmineral_dagster.reference.errors import BadInput

FOLDER = "deals"
SUFFIXES = (".yaml", ".yml")
LARGEST = 256 * 1024
"""Bytes; a deal with every clause the platform knows takes a few thousand."""


def matches(file: str) -> bool:
    """Whether `file` (path inside the landing) lies where deals land: deals/*.yaml or *.yml."""
    folder, _, name = file.rpartition("/")
    return folder == FOLDER and name.casefold().endswith(SUFFIXES)


def read(file: str, data: bytes) -> str:
    """The text of a deal file, UTF-8 with or without a byte order mark.

    Raises:
        BadInput: it is empty, too large, or not text.
    """
    if not data.strip():
        raise BadInput(file, "", "", "a file with something in it")
    if len(data) > LARGEST:
        raise BadInput(file, "", f"{len(data)} bytes", f"at most {LARGEST} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(file, "", str(error), "text in UTF-8") from error
    if "\0" in text:
        raise BadInput(file, "", "a NUL byte", "text in UTF-8")
    return text
