"""GARCH fits kept between nights: the same ones come back, and damage brings none."""

import pytest

from openmineral_dagster.features.scales import Garch
from openmineral_dagster.forecasting import fits

KEPT = {"a": Garch(1e-6, 0.05, 0.94, 8.0), "b": None}


def test_fits_come_back_as_they_were(tmp_path):
    assert fits.load(tmp_path) == {}
    fits.save(tmp_path, KEPT)
    assert fits.load(tmp_path) == KEPT


@pytest.mark.parametrize(
    "damage", [lambda text: text[:-20], lambda text: text.replace("1e-06", "1e-04"), lambda text: "", lambda text: "{}"]
)
def test_of_a_damaged_file_nothing_is_kept(tmp_path, damage):
    fits.save(tmp_path, KEPT)
    file = fits.file_of(tmp_path)
    file.write_text(damage(file.read_text()))
    assert fits.load(tmp_path) == {}
