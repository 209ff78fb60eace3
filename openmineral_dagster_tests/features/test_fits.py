"""Fits kept between nights: the same ones come back, and damage brings none."""

import pytest

from openmineral_dagster.features import fits
from openmineral_dagster.features.gjr import Gjr
from openmineral_dagster.features.scales import Garch

KEPT = {"a": Garch(1e-6, 0.05, 0.94, 8.0), "b": None}
ASYMMETRIC = {"a": Gjr(1e-6, 0.02, 0.06, 0.94, 8.0)}


def test_fits_come_back_as_they_were(tmp_path):
    assert fits.load(tmp_path, Garch) == {}
    fits.save(tmp_path, Garch, KEPT)
    fits.save(tmp_path, Gjr, ASYMMETRIC)
    assert fits.load(tmp_path, Garch) == KEPT
    assert fits.load(tmp_path, Gjr) == ASYMMETRIC


@pytest.mark.parametrize(
    "damage", [lambda text: text[:-20], lambda text: text.replace("1e-06", "1e-04"), lambda text: "", lambda text: "{}"]
)
def test_of_a_damaged_file_nothing_is_kept(tmp_path, damage):
    fits.save(tmp_path, Garch, KEPT)
    file = fits.file_of(tmp_path, Garch)
    file.write_text(damage(file.read_text()))
    assert fits.load(tmp_path, Garch) == {}
