"""Averages of quotational periods: the mean of the daily prices of a month, known ones and forward ones."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import polars as pl

from openmineral_dagster.lake.tables import QUOTATIONAL_PERIODS
from openmineral_dagster.market.prompts import Forward, cash_prompt, forward
from openmineral_dagster.reference.calendars import is_business_day
from openmineral_dagster.reference.errors import UsageFault
from openmineral_dagster.reference.instruments import lme_metals

PERIODS_SHOWN = 4
"""Months on the published table: the last one, the current one, and the next two."""


@dataclass(frozen=True)
class Average:
    """The average of a period as of a day.

    Attributes:
        price: mean over fixed and forward days, half up to two decimals; None where there is neither.
        fixed_days, forward_days: business days with a known price, and those still to come.
        missing_days: past business days without a price: skipped, never filled.
        fixed_sum, forward_sum: sums of the prices known and of those to come.
    """

    price: Decimal | None
    fixed_days: int
    forward_days: int
    missing_days: tuple[date, ...]
    fixed_sum: Decimal = Decimal(0)
    forward_sum: Decimal = Decimal(0)

    @property
    def unpriced(self) -> float | None:
        """Share of the priced days that is still to come: 1 before the period, 0 after it."""
        days = self.fixed_days + self.forward_days
        return self.forward_days / days if days else None


def quotational_month(reference: date, months: int) -> tuple[date, date]:
    """First and last day of the month `months` after that of the shipment or arrival: M+n."""
    count = reference.year * 12 + reference.month - 1 + months
    first, after = date(count // 12, count % 12 + 1, 1), date((count + 1) // 12, (count + 1) % 12 + 1, 1)
    return first, after - timedelta(days=1)


def average(fixings: dict[date, float], start: date, end: date, last: date, ahead: Callable[[date], float] | None) -> Average:
    """The mean of the daily prices of the London business days from `start` to `end`.

    Args:
        fixings: price by day.
        last: the last day a price could be known of; later ones are priced by `ahead`.
        ahead: forward price for a pricing day; None where there is no curve, and days to come are then left out.

    Source: concentrate contract practice, LME official cash settlement, days without a publication skipped.

    Raises:
        UsageFault: the period ends before it starts.
    """
    if end < start:
        raise UsageFault(f"quotational period from {start} to {end}: expected an end on or after the start")
    days = [day for step in range((end - start).days + 1) if is_business_day(day := start + timedelta(days=step))]
    known = [fixings[day] for day in days if day <= last and day in fixings]
    coming = [ahead(day) for day in days if day > last] if ahead else []
    missing = tuple(day for day in days if day <= last and day not in fixings)
    fixed_sum, forward_sum = _total(known), _total(coming)
    count = len(known) + len(coming)
    price = ((fixed_sum + forward_sum) / count).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP) if count else None
    return Average(price, len(known), len(coming), missing, fixed_sum, forward_sum)


def _total(prices: Iterable[float]) -> Decimal:
    """The sum of prices as they were written: 9000.01 is that, not the float nearest to it."""
    return sum((Decimal(repr(price)) for price in prices), Decimal(0))


def quotational_periods(prices: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`market.quotational_periods` of the night: LME cash averaged over last month, this one and the next two.

    Args:
        prices: what the night knew, one row a key. Days to come are priced off the curve of the last day with both tenors.
    """
    rows = []
    for metal in lme_metals():
        cash = by_day(prices, metal.symbol, "cash")
        if not cash:
            continue
        curve = forward_curve(cash, by_day(prices, metal.symbol, "3m"))
        ahead = curve and price_ahead(curve)
        for months in range(-1, PERIODS_SHOWN - 1):
            start, end = quotational_month(as_of, months)
            found = average(cash, start, end, as_of, ahead)
            if found.price is not None:
                shares = (found.fixed_days, found.forward_days, len(found.missing_days), found.unpriced)
                rows.append((as_of, metal.symbol, start, end, float(found.price), *shares))
    return pl.DataFrame(rows, schema=QUOTATIONAL_PERIODS.dtypes, orient="row")


def by_day(prices: pl.DataFrame, symbol: str, tenor: str) -> dict[date, float]:
    """Price by day of one series."""
    return dict(prices.filter(instrument=symbol, tenor=tenor).select("price_date", "price").iter_rows())


def forward_curve(cash: dict[date, float], three_month: dict[date, float]) -> Callable[[date], Forward] | None:
    """Forward cash price by pricing day, off the last day with both prices; None where there is no such day."""
    day = curve_day(cash, three_month)
    if day is None:
        return None
    return lambda pricing_day: forward(cash[day], three_month[day], day, max(cash_prompt(pricing_day), cash_prompt(day)))


def curve_day(cash: dict[date, float], three_month: dict[date, float]) -> date | None:
    """The last day with both prices: a curve between two days is none."""
    return max(set(cash) & set(three_month), default=None)


def price_ahead(curve: Callable[[date], Forward]) -> Callable[[date], float]:
    """The prices of a forward curve alone."""
    return lambda pricing_day: curve(pricing_day).price
