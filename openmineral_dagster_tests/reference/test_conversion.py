"""Units convert exactly, and never silently wrong."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmineral_dagster.reference.conversion import GRAMS, convert_mass, convert_price
from openmineral_dagster.reference.errors import UsageFault

values = st.decimals("0.01", "100000", places=4)
masses = st.sampled_from(sorted(GRAMS))


def near(value, wanted):
    return abs(value - Decimal(wanted)) <= abs(Decimal(wanted)) * Decimal("1e-20")


@pytest.mark.parametrize(
    ("value", "quoted", "wanted", "price"),
    [
        ("1", "USD/lb", "USD/t", "2204.62262"),
        ("1", "USc/lb", "USD/t", "22.0462262"),
        ("9921", "USD/t", "USD/t", "9921"),
        ("1", "USD/kg", "USD/t", "1000"),
    ],
)
def test_prices_convert_as_the_trade_does(value, quoted, wanted, price):
    assert near(convert_price(Decimal(value), quoted, wanted), price)


def test_a_chinese_price_without_its_tax_in_dollars():
    assert near(convert_price(Decimal("84750"), "CNY/t", "USD/t", Decimal("7.5"), Decimal("0.13")), "10000")


def test_a_short_ton_is_two_thousand_pounds():
    assert convert_mass(Decimal(1), "st", "lb") == pytest.approx(Decimal(2000), rel=Decimal("1e-6"))


@pytest.mark.parametrize(
    ("quoted", "wanted", "rate", "tax", "reason"),
    [
        ("USD/ton", "USD/t", None, None, "USD/ton"),
        ("dollars/t", "USD/t", None, None, "dollars/t"),
        ("USD", "USD/t", None, None, "expected a currency and a mass"),
        ("EUR/t", "USD/t", None, None, "expected a rate above zero"),
        ("EUR/t", "USD/t", "-1", None, "expected a rate above zero"),
        ("USD/t", "USD/lb", "1.1", None, "expected none"),
        ("CNY/t", "USD/t", "7.2", None, "value-added tax"),
        ("CNY/t", "USD/t", "7.2", "13", "expected a fraction"),
    ],
)
def test_what_is_not_said_or_not_known_is_refused(quoted, wanted, rate, tax, reason):
    given_rate, given_tax = (Decimal(text) if text else None for text in (rate, tax))
    with pytest.raises(UsageFault, match=reason):
        convert_price(Decimal(1), quoted, wanted, given_rate, given_tax)


def test_an_unknown_mass_is_refused():
    with pytest.raises(UsageFault, match="dmtu"):
        convert_mass(Decimal(1), "dmtu", "t")


@given(values, masses, masses)
def test_there_and_back_is_where_it_was(value, one, other):
    assert near(convert_mass(convert_mass(value, one, other), other, one), value)


@given(values, masses, masses, masses)
def test_by_way_of_a_third_unit_is_the_same(value, one, two, three):
    assert near(convert_mass(convert_mass(value, one, two), two, three), convert_mass(value, one, three))


@given(values, masses, masses)
def test_the_value_of_a_mass_is_the_same_in_any_unit(value, one, other):
    price = convert_price(value, f"USD/{one}", f"USD/{other}")
    assert near(price * convert_mass(Decimal(1), one, other), value)


@pytest.mark.parametrize("value", [1.5, "1", Decimal("NaN"), Decimal("Infinity"), 1])
def test_only_finite_decimals_are_converted(value):
    with pytest.raises(UsageFault, match="finite decimal"):
        convert_price(value, "USD/t", "USD/lb")
    with pytest.raises(UsageFault, match="finite decimal"):
        convert_mass(value, "t", "lb")


def test_pence_are_hundredths_and_the_offshore_renminbi_is_taxed_like_the_other():
    assert convert_price(Decimal(100), "GBX/t", "GBP/t") == 1
    with pytest.raises(UsageFault, match="value-added tax"):
        convert_price(Decimal(1), "CNH/t", "USD/t", rate=Decimal(7))
    with pytest.raises(UsageFault, match="currencies"):
        convert_price(Decimal(1), "RMB/t", "USD/t", rate=Decimal(7), tax=Decimal(0))
