"""Raw bytes are kept once, whole, and by the hash of what was received."""

import pytest

from openmineral_dagster.lake.raw import RawStore
from openmineral_dagster.reference.errors import UsageFault


@pytest.fixture
def raw(tmp_path):
    return RawStore(tmp_path / "raw")


@pytest.mark.parametrize("content", [b"", b"date,price\n", bytes(range(256)) * 100])
def test_what_is_kept_is_read_back_byte_for_byte(raw, content):
    assert raw.read(raw.keep(content)) == content


def test_the_same_bytes_are_kept_once(raw):
    raw.keep(b"twice")
    (path,) = (path for path in raw.folder.rglob("*") if path.is_file())
    before = path.stat()
    raw.keep(b"twice")
    assert path.stat() == before


def test_bytes_that_are_not_kept_or_damaged_are_refused_by_name(raw):
    digest = raw.keep(b"content")
    with pytest.raises(UsageFault, match="not kept"):
        raw.read("0" * 64)
    other = raw.keep(b"other")
    (raw.folder / digest[:2] / f"{digest}.gz").write_bytes((raw.folder / other[:2] / f"{other}.gz").read_bytes())
    with pytest.raises(UsageFault, match="damaged"):
        raw.read(digest)
