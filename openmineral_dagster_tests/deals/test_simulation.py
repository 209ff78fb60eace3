"""What a deal may make: every outcome is the decimal valuation of its terms, and the distribution is the forecast's own."""

from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from openmineral_dagster.deals.margins import contributions, margins
from openmineral_dagster.deals.outcomes import Outcomes, results
from openmineral_dagster.deals.ranges import Forecast, days_ahead, factors, shared_days
from openmineral_dagster.deals.simulation import simulate
from openmineral_dagster.deals.terms import parse_deal
from openmineral_dagster.deals.valuation import value_deal, value_in
from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import MARGIN_CONTRIBUTIONS, MARGINS, PRICE_DISTRIBUTION
from openmineral_dagster_tests.conftest import SHARED
from openmineral_dagster_tests.deals.markets import markets, quoted, rates
from openmineral_dagster_tests.deals.texts import CATHODE, CONCENTRATE, OPEN

AS_OF = date(2026, 11, 16)
GOLDEN = sorted((SHARED / "golden" / "deals").glob("*.yaml"))
DAILY = 0.012
MARKET = markets(quoted("CU", date(2026, 10, 1), AS_OF, 9000.0, 9000.0), fx=rates({AS_OF: 1.16}))


def forecasts(daily=DAILY, instrument="CU"):
    """Champion quantiles of a random walk of log prices."""
    levels = (0.01, 0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975, 0.99)
    rows = [
        {
            "as_of_date": AS_OF,
            "instrument": instrument,
            "tenor": "cash",
            "horizon_days": horizon,
            "quantile": level,
            "log_return": daily * horizon**0.5 * norm.ppf(level),
            "price": 9000.0,
            "model": "walk",
            "model_version": "1",
            "information": "night",
            "champion": True,
            "gate_status": "not rejected",
        }
        for horizon in (1, 5, 21)
        for level in levels
    ]
    return pl.DataFrame(rows, schema=PRICE_DISTRIBUTION.dtypes)


def drawn(deal, outcomes, seed=1):
    """Outcomes far enough apart that every tier, cap and threshold is met, written with few digits."""
    random = np.random.default_rng(seed)
    legs = deal.named_legs()
    return Outcomes(
        prices={
            (name, metal): np.round(float(terms.fixed_usd) * random.uniform(0.6, 1.5, outcomes), 2)
            for name, leg in legs.items()
            for metal, terms in leg.pricing.items()
        },
        assays={
            (name, assay): np.round(float(value) * random.uniform(0.0, 1.6, outcomes), 4)
            for name, leg in legs.items()
            for assay, value in leg.assay.items()
        },
        moisture_pct={
            name: np.round(random.uniform(0, 100, outcomes), 3) for name, leg in legs.items() if leg.quantity.wmt is not None
        },
        freight=np.ones(outcomes),
    )


def written(deal, outcomes, number):
    """The deal file of one outcome."""
    legs = {}
    for name, leg in deal.named_legs().items():
        pricing = {
            metal: terms.model_copy(update={"fixed_usd": Decimal(repr(float(outcomes.prices[name, metal][number])))})
            for metal, terms in leg.pricing.items()
        }
        assay = {assay: Decimal(repr(float(outcomes.assays[name, assay][number]))) for assay in leg.assay}
        quantity = leg.quantity
        if quantity.wmt is not None:
            moisture = Decimal(repr(float(outcomes.moisture_pct[name][number])))
            quantity = quantity.model_copy(update={"moisture_pct": moisture})
        legs[name] = leg.model_copy(update={"pricing": pricing, "assay": assay, "quantity": quantity})
    return deal.model_copy(update={"legs": deal.legs.model_copy(update=legs)})


TEXTS = {"zinc": CONCENTRATE, **{file.stem: file.read_text() for file in GOLDEN}}


@pytest.mark.parametrize("name", TEXTS)
def test_every_outcome_is_the_decimal_valuation_of_its_terms(name):
    deal = parse_deal(TEXTS[name], name)
    outcomes = drawn(deal, 200)
    valued = value_deal(deal)
    hedged = sum((amount for line, amount in valued.costs.items() if line.startswith("hedge")), Decimal(0))
    for number, found in enumerate(results(valued, outcomes)):
        exact = value_deal(written(deal, outcomes, number))
        lots = sum((amount for line, amount in exact.costs.items() if line.startswith("hedge")), Decimal(0))
        # three decimals of a tonne or ounce are five dollars at most on the dearest metal; lots stay those that were planned
        assert found == pytest.approx(float(exact.result_usd + lots - hedged), abs=30)


def test_the_same_seed_gives_the_same_outcomes_and_another_seed_others():
    valued = value_in(parse_deal(OPEN, "x"), MARKET, AS_OF)
    one, two, other = (simulate(valued, MARKET(AS_OF), forecasts(), 1_000, seed).results for seed in (1, 1, 2))
    assert (one == two).all()
    assert (one != other).any()


def test_the_spread_of_an_open_price_is_that_of_the_average_it_is_made_of():
    valued = value_in(parse_deal(OPEN, "x"), MARKET, AS_OF)
    found = simulate(valued, MARKET(AS_OF), forecasts(), 100_000)
    # by brute force: a random walk day by day, both periods averaged over the same path
    steps = np.random.default_rng(3).normal(0, DAILY, (20_000, 80))
    paths = 9000.0 * np.exp(np.cumsum(steps, axis=1))
    buying, selling = (days_ahead(valued.quotes[name, "copper"], AS_OF).astype(int) - 1 for name in ("buy", "sell"))
    walked = 100 * (paths[:, selling].mean(axis=1) - (9000.0 * 11 + paths[:, buying].sum(axis=1)) / 21)
    assert found.results.std() == pytest.approx(walked.std(), rel=0.03)
    assert found.alone["price.copper"] == pytest.approx(walked.std(), rel=0.04)


def test_nothing_uncertain_is_one_outcome():
    found = simulate(value_deal(parse_deal(CATHODE, "x")), MARKET(AS_OF), forecasts())
    assert (found.alone, found.model) == ({}, "fixed")
    assert set(found.results) == {900_900.0}


def test_a_file_may_state_its_own_uncertainty():
    usual, wide = (
        simulate(value_deal(parse_deal(text, "x")), MARKET(AS_OF), forecasts()).alone["freight"]
        for text in (CONCENTRATE, CONCENTRATE + 'uncertainty: {freight_pct: "10"}\n')
    )
    assert wide == pytest.approx(2 * usual, rel=1e-6)


def test_the_goods_are_the_same_on_both_legs_and_laboratories_are_not():
    found = simulate(value_deal(parse_deal(CONCENTRATE, "x")), MARKET(AS_OF), forecasts()).alone
    assert found["assay.zn_pct"] < found["laboratories"]


def test_contributions_are_ranked_and_share_all_of_the_variance():
    valued = value_in(parse_deal(OPEN, "x"), MARKET, AS_OF)
    shares = contributions(simulate(valued, MARKET(AS_OF), forecasts(), 2_000))
    assert sum(share for _, _, share in shares) == pytest.approx(1)
    assert [alone for _, alone, _ in shares] == sorted((alone for _, alone, _ in shares), reverse=True)


def test_a_night_of_deals_is_two_tables_and_a_deal_without_a_forecast_is_named():
    deals = [parse_deal(CONCENTRATE, "x"), parse_deal(OPEN, "y")]
    tables, without = margins(deals, MARKET, forecasts(), AS_OF)
    rows = require_valid(tables[MARGINS], MARGINS)
    assert rows["deal_id"].to_list() == ["CU-2", "ZN-1"]
    assert (rows["q05_usd"] < rows["q50_usd"]).all() and (rows["q50_usd"] < rows["q95_usd"]).all()
    assert require_valid(tables[MARGIN_CONTRIBUTIONS], MARGIN_CONTRIBUTIONS).height == 5
    assert without == []
    tables, without = margins(deals, MARKET, forecasts(instrument="ZN"), AS_OF)
    assert tables[MARGINS]["deal_id"].to_list() == ["ZN-1"]
    assert "legs.buy.pricing.copper: expected an instrument with a forecast" in without[0]


def test_a_closed_deal_has_nothing_uncertain_left():
    market = markets(quoted("CU", date(2026, 10, 1), date(2027, 3, 1), 9000.0, 9000.0), fx=rates({AS_OF: 1.16}))
    assert margins([parse_deal(OPEN, "x")], market, forecasts(), date(2027, 2, 5))[0][MARGINS].is_empty()


def test_beyond_the_last_level_a_forecast_goes_on_as_steeply():
    scores = np.array([-2.0, 0.0, 2.0])
    forecast = Forecast(21, scores, 0.02 * scores, 0.0, "walk", "")
    assert forecast.at(np.array([-4.0, -1.0, 3.0]), 21.0) == pytest.approx([-0.08, -0.02, 0.06])
    assert forecast.at(np.array([1.0]), 84.0) == pytest.approx([0.04]), "twice the width in four times the days"


def test_averages_share_the_days_that_both_are_made_of():
    near, far = np.arange(1.0, 22.0), np.arange(22.0, 43.0)
    assert shared_days(near, near) == pytest.approx(1 + 20 * 41 / (6 * 21))
    assert shared_days(near, far) == pytest.approx(near.mean())


def test_factors_give_the_correlation_they_were_made_for():
    tied = np.array([[1.0, 0.6, -0.2], [0.6, 1.0, 0.1], [-0.2, 0.1, 1.0]])
    assert factors(tied) @ factors(tied).T == pytest.approx(tied)
