"""Prices a deal leaves open, from the market as a night knew it: the average of the quotational period, past and to come.

Published days count as they are, days to come by the forward curve, days without a publication not at all.
Source: domain reference 1.2.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

import polars as pl

from openmineral_dagster.deals.schedule import period_of, provisional_on
from openmineral_dagster.deals.terms import Deal, Leg
from openmineral_dagster.lake.tables import FX, PRICES
from openmineral_dagster.market.averages import Average, average, by_day, curve_day, forward_curve
from openmineral_dagster.market.freshness import STALE_AFTER_BUSINESS_DAYS, business_days_between
from openmineral_dagster.market.prompts import Forward
from openmineral_dagster.reference.errors import BadInput

Series = tuple[str, str]
"""Instrument and tenor."""
PRICED_ON: dict[str, tuple[Series, ...]] = {
    "copper": (("CU", "cash"),),
    "zinc": (("ZN", "cash"),),
    "lead": (("PB", "cash"),),
    "nickel": (("NI", "cash"),),
    "tin": (("SN", "cash"),),
    "aluminium": (("AL", "cash"),),
    "gold": (("AU-LBMA", "pm"), ("GC", "front")),
    "silver": (("AG-LBMA", "noon"), ("SI", "front")),
    "platinum": (("PT-LBMA", "pm"), ("PL", "front")),
    "palladium": (("PD-LBMA", "pm"), ("PA", "front")),
}
"""The series of each metal: the one contracts name, then New York's nearby future for a desk that has no London auction."""
PRICED = sorted({instrument for series in PRICED_ON.values() for instrument, _ in series})
THREE_MONTHS = "3m"
Curve = Callable[[date], Forward]
Quotes = Mapping[tuple[str, str], "Quote"]
"""By leg and metal; PROVISIONAL behind the leg for what its provisional invoice is priced on."""
PROVISIONAL = ".provisional"


@dataclass(frozen=True)
class Quote:
    """The price of one metal over one quotational period, as a night knew it.

    Attributes:
        start, end: first and last day of the period.
        price: USD per tonne or ounce, two decimals.
        average: the mean price with its fixed, forward and missing days.
        extrapolated_days: days to come that lie beyond the curve and are priced at its end.
        curve_date: the day whose prices the days to come are priced off.
        stale: whether that day is more than three business days before the night.
    """

    metal: str
    series: Series
    start: date
    end: date
    price: Decimal
    average: Average
    extrapolated_days: int
    curve_date: date
    stale: bool

    @property
    def days(self) -> int:
        """Pricing days, those skipped left out."""
        return self.average.fixed_days + self.average.forward_days

    @property
    def unpriced(self) -> Decimal:
        """Share of the pricing days still to come, six decimals."""
        return (Decimal(self.average.forward_days) / self.days).quantize(Decimal("0.000001"))

    def flags(self, where: str) -> Iterator[str]:
        """What a reader should know before relying on the price; one line each."""
        instrument, tenor = self.series
        if self.series != PRICED_ON[self.metal][0]:
            yield f"{where} is priced on {instrument} {tenor}: {' '.join(PRICED_ON[self.metal][0])} is not known"
        if self.average.missing_days:
            missing = ", ".join(day.isoformat() for day in self.average.missing_days)
            yield f"{where} has no {instrument} {tenor} price of {missing}: skipped"
        if self.extrapolated_days:
            yield f"{where} has {self.extrapolated_days} days beyond the curve: priced at its end"
        if self.stale and self.average.forward_days:
            yield f"{where} is priced off a curve of {self.curve_date}: stale"


class Market:
    """Prices and exchange rates as one night knew them.

    Args:
        prices: `market.prices`, one row a key.
        fx: `market.fx`, one row a key.
    """

    def __init__(self, prices: pl.DataFrame, fx: pl.DataFrame, as_of: date) -> None:
        self.as_of = as_of
        self._prices = prices.filter(pl.col("instrument").is_in(PRICED)).select("instrument", "tenor", "price_date", "price")
        self._fx = fx.filter(currency="USD").select("rate_date", "per_eur").sort("rate_date")
        self._series: dict[Series, dict[date, float]] = {}
        self._curves: dict[Series, tuple[date, Curve] | None] = {}
        self._quotes: dict[tuple[str, date, date], Quote | None] = {}

    def fixings(self, series: Series) -> dict[date, float]:
        """Price by day of a series; empty where none is known."""
        if series not in self._series:
            self._series[series] = by_day(self._prices, *series)
        return self._series[series]

    def quote(self, metal: str, start: date, end: date) -> Quote | None:
        """The price of a metal over a period; None where nothing is known to price it on."""
        key = metal, start, end
        if key not in self._quotes:
            self._quotes[key] = self._quote(metal, start, end, self)
        return self._quotes[key]

    def quote_on_curve_of(self, earlier: "Market", metal: str, start: date, end: date) -> Quote | None:
        """The price with today's fixings, and days to come priced off the curve of an earlier night."""
        return self._quote(metal, start, end, earlier)

    def _quote(self, metal: str, start: date, end: date, ahead: "Market") -> Quote | None:
        series = self.series_of(metal)
        curve = series and ahead.curve(series)
        if series is None or curve is None:
            return None
        day, forward = curve
        coming: list[Forward] = []

        def price_ahead(pricing_day: date) -> float:
            coming.append(forward(pricing_day))
            return coming[-1].price

        found = average(self.fixings(series), start, end, self.as_of, price_ahead)
        if found.price is None:
            return None
        return Quote(
            metal, series, start, end, found.price, found, sum(price.extrapolated for price in coming), day, self._is_stale(day)
        )

    def series_of(self, metal: str) -> Series | None:
        """The first of a metal's series that is not stale, else the first that is known at all."""
        known = [series for series in PRICED_ON[metal] if self.fixings(series)]
        fresh = [series for series in known if not self._is_stale(max(self.fixings(series)))]
        return next(iter([*fresh, *known]), None)

    def _is_stale(self, day: date) -> bool:
        return business_days_between(day, self.as_of) > STALE_AFTER_BUSINESS_DAYS

    def curve(self, series: Series) -> tuple[date, Curve] | None:
        """The last day prices to come can be read off, and the price by pricing day: flat where a series has no curve."""
        if series not in self._curves:
            self._curves[series] = self._curve(series)
        return self._curves[series]

    def _curve(self, series: Series) -> tuple[date, Curve] | None:
        instrument, _ = series
        spot, later = self.fixings(series), self.fixings((instrument, THREE_MONTHS))
        day, ahead = curve_day(spot, later), forward_curve(spot, later)
        if day is not None and ahead is not None:
            return day, ahead
        return (max(spot), partial(_flat, spot[max(spot)])) if spot else None

    def usd_per_eur(self) -> Decimal | None:
        """The last ECB rate; None where none is known."""
        rates = self._fx["per_eur"]
        return Decimal(repr(rates[-1])) if rates.len() else None

    def rate_flags(self) -> Iterator[str]:
        """What a reader should know of that rate; one line each."""
        day = self._fx["rate_date"].max()
        if isinstance(day, date) and self._is_stale(day):
            yield f"euros are changed at the rate of {day}: stale"


def _flat(price: float, day: date) -> Forward:
    return Forward(price, True)


Markets = Callable[[date], Market]
"""What the night of a date knew."""


def no_market(day: date) -> Market:
    """A market of which nothing is known: enough for deals that fix every price."""
    return Market(PRICES.empty(), FX.empty(), day)


def quotes_of(deal: Deal, market: Markets, as_of: date) -> dict[tuple[str, str], Quote]:
    """Every price the deal leaves open, as the night of `as_of` knew it; the provisional ones as of their invoice's day.

    Args:
        market: what the night of a date knew.

    Raises:
        BadInput: a leg has neither price nor period, lacks the date its period counts from, or nothing is known to
            price it on; the file is left for the caller to name.
    """
    found: dict[tuple[str, str], Quote] = {}
    for name, leg in deal.named_legs().items():
        found |= _quotes(name, name, leg, market(as_of))
        if leg.provisional is not None or provisional_on(leg) is not None:
            invoiced = min(as_of, provisional_on(leg) or as_of)
            found |= _quotes(name, name + PROVISIONAL, provisional_leg(leg), market(invoiced))
    return found


def provisional_leg(leg: Leg) -> Leg:
    """The leg with what its provisional invoice is made on where that differs."""
    changed = {key: value for key, value in leg.provisional or () if value is not None}
    return leg.model_copy(update=changed)


def _quotes(name: str, label: str, leg: Leg, market: Market) -> dict[tuple[str, str], Quote]:
    found: dict[tuple[str, str], Quote] = {}
    for metal, terms in leg.pricing.items():
        if terms.fixed_usd is None:
            quote = market.quote(metal, *period_of(leg, metal, f"legs.{name}"))
            if quote is None:
                raise BadInput("", f"legs.{label}.pricing.{metal}", "no price", _wanted(metal, market.as_of))
            found[label, metal] = quote
    return found


def _wanted(metal: str, as_of: date) -> str:
    series = " or ".join(f"{instrument} {tenor}" for instrument, tenor in PRICED_ON[metal])
    return f"fixed_usd, or a price of {series} known by {as_of}"
