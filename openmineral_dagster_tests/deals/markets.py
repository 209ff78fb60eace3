"""Small markets for deals that leave prices open: what is known of a series is written down day by day."""

from datetime import timedelta

import polars as pl

from openmineral_dagster.deals.quotes import Market
from openmineral_dagster.lake.tables import FX, PRICES
from openmineral_dagster.reference.calendars import is_business_day, night_end


def business_days(start, end):
    return [day for step in range((end - start).days + 1) if is_business_day(day := start + timedelta(days=step))]


def priced(instrument, tenor, prices):
    """`market.prices` rows of one series from price by day."""
    rows = [
        (instrument, tenor, day, price, "USD/t", "USD", "test", night_end(day), night_end(day), "rule")
        for day, price in prices.items()
    ]
    return pl.DataFrame(rows, schema=PRICES.dtypes, orient="row")


def rates(per_eur):
    """`market.fx` rows of dollars a euro from rate by day."""
    rows = [("USD", day, rate, "ecb", night_end(day), night_end(day), "rule") for day, rate in per_eur.items()]
    return pl.DataFrame(rows, schema=FX.dtypes, orient="row")


def markets(*series, fx=None):
    """What each night knew: the rows of its day and before."""
    prices, euro = pl.concat([PRICES.empty(), *series]), FX.empty() if fx is None else fx

    def market(day):
        known = pl.col("known_at") <= night_end(day)
        return Market(prices.filter(known), euro.filter(known), day)

    return market


def quoted(instrument, start, end, cash, three_month):
    """Cash and three-month prices of every London business day: constants, or functions of the day."""
    days = business_days(start, end)
    both = (("cash", cash), ("3m", three_month))
    return pl.concat(
        [priced(instrument, tenor, {day: price(day) if callable(price) else price for day in days}) for tenor, price in both]
    )
