"""One file of the landing as its readers see it: unpacked, with its first line, its names and its table at hand."""

import gzip
import io
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import islice

from openmineral_dagster.reference.errors import BadInput
from openmineral_dagster.sources.folder import LARGEST
from openmineral_dagster.sources.text_table import TextTable, decoded, header_line, header_names, read_table, stem_and_vintage

HEAD = 262_144
"""Bytes a file is recognised by: more than the longest line of news."""
FIRST_LINES = 20
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"


@dataclass(frozen=True)
class Landed:
    """A file of the landing.

    Attributes:
        file: path inside the landing folder, as it landed.
        data: its bytes, unpacked where it came as gzip, or as the one file of a zip archive.
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

    @cached_property
    def first_lines(self) -> tuple[str, ...]:
        """The first lines that are not blank: a file of one object a line is told by any of them, for one may be damaged.

        Raises:
            BadInput: the file is empty, or no text.
        """
        lines = decoded(self.file, self.data[:HEAD]).split("\n")
        return tuple(islice((line for line in lines if line.strip()), FIRST_LINES))

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
    """A landed file; gzip and an archive of one file are undone, never beyond the size a file may have.

    Raises:
        BadInput: an archive that is torn, damaged, or too large inside.
    """
    if data.startswith(GZIP):
        return Landed(file, _gunzipped(file, data))
    return Landed(file, _unzipped(file, data) if data.startswith(ZIP) else data)


def _gunzipped(file: str, data: bytes) -> bytes:
    """Everything in a gzip file, all its members one after another."""
    try:
        inside = gzip.GzipFile(fileobj=io.BytesIO(data)).read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(file, "", " ".join(str(error).split()), "a whole gzip file") from error
    _require_sane(file, len(inside))
    return inside


def _unzipped(file: str, data: bytes) -> bytes:
    """The one file of an archive; an archive of several, such as a workbook, stays as it is."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) != 1:
                return data
            with archive.open(members[0]) as inside:
                content = inside.read(LARGEST + 1)
    except Exception as error:  # whatever a damaged archive makes the reader stumble over
        raise BadInput(file, "", " ".join(str(error).split()), "a whole zip archive without a password") from error
    _require_sane(file, len(content))
    return content


def _require_sane(file: str, size: int) -> None:
    if size > LARGEST:
        raise BadInput(file, "", f"more than {LARGEST} bytes", f"at most {LARGEST} bytes when unpacked")
