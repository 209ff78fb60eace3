"""Files appear whole or not at all, one by one and many together."""

import os
from unittest.mock import patch

import pytest

from openmineral_dagster.lake.atomic import durable_together, write_atomically


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path):
    for content in (b"one", b"two"):
        write_atomically(tmp_path / "a" / "file", content)
    assert (tmp_path / "a" / "file").read_bytes() == b"two"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["file"]


@pytest.mark.parametrize("fails", [False, True])
def test_files_written_together_are_made_durable_once_also_after_a_failure(tmp_path, fails):
    with patch.object(os, "fsync") as one, patch.object(os, "sync") as all_of_them:
        try:
            with durable_together(True):
                write_atomically(tmp_path / "first", b"1")
                write_atomically(tmp_path / "second", b"2")
                if fails:
                    raise RuntimeError
        except RuntimeError:
            pass
        assert (one.call_count, all_of_them.call_count) == (0, 1)
        write_atomically(tmp_path / "third", b"3")
        assert one.call_count == 2
