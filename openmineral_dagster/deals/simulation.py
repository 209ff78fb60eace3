"""What a deal may make: its result over seeded outcomes of prices, assays, moisture and freight, and what moves it most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from openmineral_dagster.deals.outcomes import Outcomes, Values, results
from openmineral_dagster.deals.quotes import PROVISIONAL, Market, Quote
from openmineral_dagster.deals.ranges import Forecast, champions, correlation, days_ahead, factors, shared_days
from openmineral_dagster.deals.uncertainty import Spread, spread_of
from openmineral_dagster.deals.valuation import Valuation
from openmineral_dagster.reference.errors import BadInput

OUTCOMES, SEED = 100_000, 20_260_101
OUTCOMES_A_FACTOR = 20_000
"""Outcomes behind the standard deviation of one factor alone: good to half a percent."""
NONE_OPEN = "fixed"
Key = tuple[str, str]
"""Leg and metal, or leg and assay."""


@dataclass(frozen=True)
class Margins:
    """The distribution of a deal's result, USD.

    Attributes:
        results: one an outcome.
        alone: standard deviation by factor when it alone is uncertain, the largest first.
        model, gate_status: whose forecast ranges moved the prices, and what those passed.
    """

    results: Values
    seed: int
    alone: Mapping[str, float]
    model: str
    gate_status: str

    def loss_probability(self) -> float:
        """Share of outcomes below zero."""
        return float((self.results < 0).mean())

    def quantile(self, level: float) -> float:
        """The result that is not exceeded with a probability."""
        return float(np.quantile(self.results, level))


@dataclass(frozen=True)
class _Model:
    """What is uncertain about a deal, and how far.

    Attributes:
        open_prices: quotes with days to come.
        forecasts: what moves each of them.
        days: variance of each in days.
        root: factors of their correlation.
    """

    valued: Valuation
    spread: Spread
    open_prices: Mapping[Key, Quote]
    forecasts: Sequence[Forecast]
    days: Sequence[float]
    root: Values
    assays: Sequence[Key] = field(default_factory=tuple)


def simulate(
    valued: Valuation, market: Market, distribution: pl.DataFrame, outcomes: int = OUTCOMES, seed: int = SEED
) -> Margins:
    """The deal's result over seeded outcomes.

    Args:
        market: what the night knew; its history ties the metals.
        distribution: `forecasts.price_distribution` of the night.

    Raises:
        BadInput: an open price has no forecast; the file is left for the caller to name.
    """
    model = _model(valued, market, distribution)
    found = results(valued, _drawn(model, outcomes, seed, None))
    alone = {
        name: float(results(valued, _drawn(model, min(outcomes, OUTCOMES_A_FACTOR), seed, name)).std()) for name in _names(model)
    }
    ranked = dict(sorted(alone.items(), key=lambda item: -item[1]))
    return Margins(found, seed, ranked, *_whose(model.forecasts))


def _model(valued: Valuation, market: Market, distribution: pl.DataFrame) -> _Model:
    open_prices = {
        key: quote for key, quote in valued.quotes.items() if quote.average.forward_days and not key[0].endswith(PROVISIONAL)
    }
    ahead = [days_ahead(quote, market.as_of) for quote in open_prices.values()]
    days = [shared_days(own, own) for own in ahead]
    found = [_forecast(distribution, key, quote, held) for (key, quote), held in zip(open_prices.items(), days, strict=True)]
    root = factors(correlation(list(open_prices.values()), market)) if open_prices else np.zeros((0, 0))
    assays = [(name, assay) for name, leg in valued.deal.named_legs().items() for assay in leg.assay]
    return _Model(valued, spread_of(valued.deal), open_prices, found, days, root, assays)


def _forecast(distribution: pl.DataFrame, key: Key, quote: Quote, days: float) -> Forecast:
    found = champions(distribution, quote, days)
    if found is None:
        raise BadInput("", f"legs.{key[0]}.pricing.{key[1]}", quote.series[0], "an instrument with a forecast on the night")
    return found


def _names(model: _Model) -> list[str]:
    """Every factor that can move the deal's result."""
    uncertain = {assay for _, assay in model.assays if model.spread.material.get(assay)}
    wet = any(leg.quantity.wmt is not None for leg in model.valued.deal.named_legs().values())
    settled = any(model.spread.laboratory.get(assay) for _, assay in model.assays)
    named = [f"price.{metal}" for metal in dict.fromkeys(metal for _, metal in model.open_prices)]
    others = {"laboratories": settled, "moisture": wet, "freight": "freight" in model.valued.costs}
    return [*named, *(f"assay.{assay}" for assay in sorted(uncertain)), *(name for name, there in others.items() if there)]


def _drawn(model: _Model, outcomes: int, seed: int, only: str | None) -> Outcomes:
    """Seeded outcomes; with `only`, of one factor, the others at their middle."""
    streams = iter(np.random.default_rng(seed).spawn(5))

    def normals(rows: int) -> Values:
        return next(streams).standard_normal((rows, outcomes))

    moved, material, settled, water, freight = (
        normals(rows) for rows in (len(model.open_prices), len(model.spread.material), len(model.assays), 1, 1)
    )
    kept = {name: only in (None, name) for name in ("laboratories", "moisture", "freight")}
    goods = dict(zip(model.spread.material, material, strict=True))
    return Outcomes(
        prices=_prices(model, moved, only),
        assays=_assays(model, goods, settled * kept["laboratories"], only),
        moisture_pct=_moisture(model, water[0] * kept["moisture"]),
        freight=np.maximum(0.0, 1 + model.spread.freight_pct / 100 * freight[0] * kept["freight"]),
    )


def _prices(model: _Model, normals: Values, only: str | None) -> dict[Key, Values]:
    """Every price of every leg: what is fixed as it is, days to come moved by their forecast."""
    outcomes = normals.shape[1]
    found: dict[Key, Values] = {
        (name, metal): np.full(outcomes, float(terms.fixed_usd or model.valued.quotes[name, metal].price))
        for name, leg in model.valued.deal.named_legs().items()
        for metal, terms in leg.pricing.items()
    }
    moved = model.root @ normals if len(model.open_prices) else normals
    for (key, quote), forecast, days, scores in zip(model.open_prices.items(), model.forecasts, model.days, moved, strict=True):
        shock = np.exp(forecast.at(scores * (only in (None, f"price.{key[1]}")), days))
        fixed, ahead = float(quote.average.fixed_sum), float(quote.average.forward_sum)
        found[key] = (fixed + ahead * shock) / quote.days
    return found


def _assays(model: _Model, goods: Mapping[str, Values], settled: Values, only: str | None) -> dict[Key, Values]:
    """What each leg is settled on: the goods' own assay, and what its laboratories make of it; never below nothing."""
    legs, found = model.valued.deal.named_legs(), {}
    for (name, assay), noise in zip(model.assays, settled, strict=True):
        stated = float(legs[name].assay[assay])
        own = goods[assay] * model.spread.material[assay] * (only in (None, f"assay.{assay}")) if assay in goods else 0.0
        found[name, assay] = np.maximum(0.0, stated + own + noise * model.spread.laboratory.get(assay, 0.0))
    return found


def _moisture(model: _Model, water: Values) -> dict[str, Values]:
    """Moisture of the goods: one deviation, the same on every leg."""
    stated = {name: leg.quantity.moisture_pct for name, leg in model.valued.deal.named_legs().items()}
    spread = model.spread.moisture_pct
    return {
        name: np.clip(float(moisture) + spread * water, 0.0, 100.0) for name, moisture in stated.items() if moisture is not None
    }


def _whose(forecasts: Sequence[Forecast]) -> tuple[str, str]:
    """The models behind the prices and their gates, each once."""
    models, gates = ({forecast.model for forecast in forecasts}, {forecast.gate_status for forecast in forecasts})
    return "; ".join(sorted(models)) or NONE_OPEN, "; ".join(sorted(gates)) or "no price is open"
