"""A data root belongs to one landing folder."""

import pytest

from openmineral_dagster.lake.root import SAMPLE_LANDING, bind, default_root, locate
from openmineral_dagster.reference.errors import UsageFault


def test_a_root_remembers_its_landing(tmp_path):
    bind(locate(tmp_path / "landing", tmp_path / "root"))
    assert locate(None, tmp_path / "root").landing == tmp_path / "landing"


def test_a_root_refuses_another_landing(tmp_path):
    bind(locate(tmp_path / "landing", tmp_path / "root"))
    with pytest.raises(UsageFault, match="belongs to landing"):
        locate(tmp_path / "other", tmp_path / "root")


def test_the_sample_and_a_given_landing_have_different_roots(tmp_path):
    assert len({default_root(SAMPLE_LANDING), default_root(tmp_path / "a"), default_root(tmp_path / "b" / "a")}) == 3


def test_a_folder_with_other_files_is_not_taken_for_a_root(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageFault, match="holds other files"):
        bind(locate(tmp_path / "landing", tmp_path))


def test_a_root_under_a_file_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageFault, match="cannot be written"):
        bind(locate(tmp_path / "landing", tmp_path / "file" / "root"))


def test_locating_a_root_writes_nothing(tmp_path):
    locate(tmp_path / "landing", tmp_path / "root")
    assert not (tmp_path / "root").exists()
