"""The worked contracts to the cent: the valuation against stored figures, and those figures by two ways that know none of it.

The figures come from a sheet in exact fractions. The second way is the trade's own rule of thumb: what a tonne is worth by the
sheet's rates, times the tonnes, in floating point and without any rounding. Edges are worked by hand besides.
"""

from datetime import date
from decimal import Decimal

import pytest

from openmineral_dagster.deals.incoterms import flags
from openmineral_dagster.deals.quotes import no_market
from openmineral_dagster.deals.statement import as_json
from openmineral_dagster.deals.terms import parse_deal
from openmineral_dagster.deals.valuation import value_in
from openmineral_dagster_tests.deals.markets import markets, priced
from openmineral_dagster_tests.deals.worked import sheet
from openmineral_dagster_tests.deals.worked.contracts import contracts, expected, split

CONTRACTS, EXPECTED = contracts(), expected()
KEYS = sorted(CONTRACTS)
IDS = [f"{family}: {case}" for family, case in KEYS]


def valuation_of(contract):
    text, terms = split(contract)
    if terms is None:
        return value_in(parse_deal(text, "deal.yaml"), no_market, date(2026, 11, 20))
    prices = sheet.published(terms)
    quoted = [
        priced("CU", tenor, {day: float(both[number]) for day, both in prices.items()})
        for number, tenor in enumerate(("cash", "3m"))
    ]
    return value_in(parse_deal(text, "deal.yaml"), markets(*quoted), date.fromisoformat(terms["as_of"]))


def figures(valued):
    """The valuation's figures under the sheet's names."""
    printed, found = as_json(valued), {}
    for name, leg in printed["legs"].items():
        found |= {f"{name}.{key}": leg[key] for key in ("dmt", "gross_oz", "after_melt_oz") if key in leg}
        for metal, paid in leg["payables"].items():
            found |= {f"{name}.{metal}.quantity": paid["quantity"], f"{name}.{metal}.value_usd": paid["value_usd"]}
        found |= {f"{name}.{metal}.price_usd": quote["price_usd"] for metal, quote in leg.get("open_prices", {}).items()}
        found |= {f"{name}.refining.{metal}_usd": amount for metal, amount in leg.get("refining_charges_usd", {}).items()}
        wanted = ("treatment_charge_usd", "penalties_usd", "gross_usd", "net_usd", "provisional_usd", "balance_usd")
        found |= {f"{name}.{key}": leg[key] for key in wanted if key in leg}
    found |= {f"costs.{name}": amount for name, amount in printed["costs_usd"].items()}
    totals = ("gross_margin_usd", "net_margin_usd", "netback_usd", "landed_cost_usd")
    found |= {key: printed[key] for key in totals if key in printed}
    return found | {"flags": str(len(flags(valued.deal)))}


def test_there_are_more_than_sixty_of_them():
    assert len(CONTRACTS) >= 100
    assert set(CONTRACTS) == set(EXPECTED)


@pytest.mark.parametrize("key", KEYS, ids=IDS)
def test_a_contract_is_worth_what_was_worked_out(key):
    assert figures(valuation_of(CONTRACTS[key])) == EXPECTED[key]


def test_the_stored_figures_are_the_sheets():
    assert {key: sheet.figures(contract) for key, contract in CONTRACTS.items()} == EXPECTED


def a_tonne(leg, flat):
    """What a wet tonne of a leg is worth, unrounded."""
    if "t" in leg["quantity"]:
        ((metal, terms),) = leg["pricing"].items()
        return (flat[metal] + float(terms.get("premium_usd", 0))) * (1 - float(terms.get("discount_pct", 0)) / 100)
    dry = 1 - float(leg["quantity"]["moisture_pct"]) / 100
    worth = -float(sheet.charge(leg, flat)) - float(sheet.penalty(leg))
    for terms in leg["payables"]:
        own, ounces = leg["pricing"][terms["metal"]], terms["assay"].endswith("_gpt")
        price = (flat[terms["metal"]] + float(own.get("premium_usd", 0))) * (1 - float(own.get("discount_pct", 0)) / 100)
        refining = leg.get("refining_charges", {}).get(terms["metal"], {})
        kept = float(refining.get("usd_per_oz", 0)) + float(refining.get("usc_per_lb", 0)) * 22.0462262
        share = float(sheet.grade(terms, sheet.F(leg["assay"][terms["assay"]])))
        worth += share / (31.1034768 if ounces else 100) * (price - kept)
    return dry * worth


@pytest.mark.parametrize("key", [key for key in KEYS if key[0] != "dore"])
def test_the_net_value_is_that_of_a_tonne_times_the_tonnes(key):
    for name, leg in CONTRACTS[key]["legs"].items():
        stated = EXPECTED[key]
        flat = {
            metal: float(terms.get("fixed_usd") or stated[f"{name}.{metal}.price_usd"]) for metal, terms in leg["pricing"].items()
        }
        tonnes = float(leg["quantity"].get("wmt") or leg["quantity"]["t"])
        # three decimals of every weight: half a thousandth of a tonne at its price, half a thousandth of an ounce at its own
        rounding = 0.0005 * sum(price for price in flat.values()) + 0.0005 * 9_000 + 0.05
        assert float(stated[f"{name}.net_usd"]) == pytest.approx(tonnes * a_tonne(leg, flat), abs=rounding)


BY_HAND = {
    # 8,000 wmt less 9.25 percent; min(27.35 x 0.965 = 26.39275, 26.35) percent of it; x 9,723.50
    ("copper", "as traded", "buy.dmt"): "7260.000",
    ("copper", "as traded", "buy.copper.quantity"): "1913.010",
    ("copper", "as traded", "buy.copper.value_usd"): "18601152.74",
    # 21.25 x 7,260; arsenic 1.1 x 2.50 + bismuth 1.4 x 3 + fluorine 0.65 x 1 = 7.60 a dry tonne
    ("copper", "as traded", "buy.treatment_charge_usd"): "154275.00",
    ("copper", "as traded", "buy.penalties_usd"): "55176.00",
    # arsenic one whole step of 2.50, fluorine none, bismuth still 4.20: 6.70
    ("copper", "whole steps of penalty", "buy.penalties_usd"): "48642.00",
    ("copper", "whole steps reached exactly", "buy.penalties_usd"): "71511.00",  # 2 x 2.50 + 4.20 + 0.65 = 9.85
    ("copper", "penalty exactly on its threshold", "buy.penalties_usd"): "35211.00",  # 4.20 + 0.65 = 4.85
    # 7,984 x 0.9075 = 7,245.480 dmt; 1 g/t x 90 percent, / 31.1034768
    ("copper", "gold exactly on the first tier", "sell.gold.quantity"): "209.653",
    ("copper", "gold a hair below the first tier", "sell.gold.quantity"): "0.000",
    ("copper", "silver just below its threshold", "buy.silver.quantity"): "0.000",
    ("copper", "copper below its deduction", "buy.copper.quantity"): "0.000",
    ("copper", "percentage and deduction meet", "buy.copper.quantity"): "1742.400",  # 24 percent of 7,260
    ("copper", "bone dry", "buy.dmt"): "8000.000",
    ("copper", "nothing but water", "sell.net_usd"): "0.00",
    ("copper", "half a lot rounds up", "costs.hedge_fees"): "17.50",
    ("copper", "less than half a lot rounds down", "costs.hedge_fees"): "0.00",
    # 4,200 x 0.916 = 3,847.200 dmt; 85 + 5 percent of 127.75 = 91.3875
    ("zinc", "as traded", "sell.treatment_charge_usd"): "351585.99",
    ("zinc", "price exactly on the upper edge", "sell.treatment_charge_usd"): "327012.00",
    ("zinc", "price exactly on the lower edge", "sell.treatment_charge_usd"): "327012.00",
    ("zinc", "falling price turns the charge negative", "sell.treatment_charge_usd"): "-30777.60",  # 10 - 18 = -8
    ("zinc", "participation up to a cap", "sell.treatment_charge_usd"): "350095.20",  # 85 + 6 = 91
    ("zinc", "price exactly on the cap", "sell.treatment_charge_usd"): "350095.20",
    # 245 + 47.50 for 2,000 to 2,500 + 7.5 percent of 627.75 = 339.58125
    ("zinc", "the scale of 2015", "sell.treatment_charge_usd"): "1306436.99",
    ("zinc", "silver exactly its deduction", "sell.silver.quantity"): "0.000",
    ("refined", "half a lot", "costs.hedge_fees"): "18.00",
    ("refined", "a hair below half a lot", "costs.hedge_fees"): "0.00",
    ("refined", "one and a half lots", "costs.hedge_fees"): "36.00",
    ("refined", "half a cent rounds up", "sell.gross_usd"): "4934.01",  # 0.5 x 9,868.01 = 4,934.005
    ("dore", "everything lost in the melt", "sell.net_usd"): "0.00",
    ("dore", "half a lot of gold hedged", "costs.hedge_fees"): "9.00",
    # November 2026 has 21 pricing days, cash 9,000 rising 12.50 a day: the mean of the 21 is 9,000 + 12.50 x 10
    ("open", "all published", "buy.copper.price_usd"): "9125.00",
    # the curve of 16 November ends flat at 9,060 + 10 x 11
    ("open", "beyond three months the curve is flat", "sell.copper.price_usd"): "9170.00",
    # 31 December: 43 trading days after the first, 9,000 + 42 x 12.50 = 9,525 to 9,060 + 42 x 11 = 9,522
    ("open", "the last day of the year", "buy.copper.price_usd"): "9125.00",
}


@pytest.mark.parametrize("key", BY_HAND, ids=[": ".join(key) for key in BY_HAND])
def test_a_figure_worked_by_hand(key):
    family, case, figure = key
    assert Decimal(EXPECTED[family, case][figure]) == Decimal(BY_HAND[key])
