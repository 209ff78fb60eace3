"""Names in files and deals find the instrument they mean."""

import pytest

from openmineral_dagster.reference.instruments import INSTRUMENTS, find, find_tenor


@pytest.mark.parametrize(
    ("name", "symbol"), [("copper", "CU"), (" LME  Copper ", "CU"), ("HG=F", "HG"), ("gold", "GC"), ("aluminum", "AL")]
)
def test_an_instrument_answers_to_its_names(name, symbol):
    assert find(name).symbol == symbol


def test_an_unknown_name_finds_nothing():
    assert find("cobalt") is None


def test_no_two_instruments_share_a_name():
    names = [name.casefold() for item in INSTRUMENTS for name in {item.symbol, *item.aliases}]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "tenor", "found"),
    [("CU", "3M", "3m"), ("CU", "cash", "cash"), ("CU", "front", None), ("gold", "spot", "front"), ("gold", "3m", None)],
)
def test_a_tenor_is_one_the_instrument_is_quoted_for(name, tenor, found):
    assert find_tenor(find(name), tenor) == found
