"""One file of the landing as its readers see it: unpacked, with its first line, its names and its table at hand."""

import zlib
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.sources.folder import LARGEST
from openmineral_dagster.sources.text_table import TextTable, decoded, header_line, header_names, read_table, stem_and_vintage

HEAD = 262_144
"""Bytes a file is recognised by: more than the longest line of news."""
GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Landed:
    """A file of the landing.

    Attributes:
        file: path inside the landing folder, as it landed.
        data: its bytes, unpacked where it came as gzip.
    """

    file: str
    data: bytes

    @cached_property
    def line(self) -> str:
        """The first line that is not blank.

        Raises:
            BadInput: the file is empty, or no text.
        """
        return header_line(decoded(self.file, self.data[:HEAD]))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The column names in the first line, trimmed and in lower case."""
        return header_names(self.line)

    @property
    def stem(self) -> str:
        """The file's name without folder, endings and vintage date."""
        return stem_and_vintage(self.file)[0]

    @property
    def vintage(self) -> date | None:
        """The date the file carries in its name."""
        return stem_and_vintage(self.file)[1]

    @property
    def text(self) -> str:
        """All of it as text.

        Raises:
            BadInput: the file is empty, or no text.
        """
        return decoded(self.file, self.data)

    @cached_property
    def table(self) -> TextTable:
        """All of it as a table of text.

        Raises:
            BadInput: it is no text, or no table with one name a column.
        """
        return read_table(self.file, self.data)


def unpacked(file: str, data: bytes) -> Landed:
    """A landed file; gzip is undone, never beyond the size a file may have.

    Raises:
        BadInput: a gzip file that is torn, damaged, or too large inside.
    """
    if not data.startswith(GZIP):
        return Landed(file, data)
    stream = zlib.decompressobj(wbits=31)
    try:
        inside = stream.decompress(data, LARGEST + 1)
    except zlib.error as error:
        raise BadInput(file, "", str(error), "a whole gzip file") from error
    if len(inside) > LARGEST:
        raise BadInput(file, "", f"more than {LARGEST} bytes", f"at most {LARGEST} bytes when unpacked")
    if not stream.eof:
        raise BadInput(file, "", "the file ends too soon", "a whole gzip file")
    return Landed(file, inside)
