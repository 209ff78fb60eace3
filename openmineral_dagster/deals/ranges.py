"""The published forecast ranges as shocks of a deal's open prices: one normal factor a price, tied by time and by history.

A period's average moves with the days it is made of: the average of days t1 to t1 + n - 1 ahead has the variance of
t1 + (n - 1)(2n - 1) / (6n) days, two averages the covariance of the mean of min(ti, tj). Metals are tied by the correlation of
their daily log returns. Each factor is read off the champion's published quantiles of the horizon nearest in time, whose width
is stretched by the root of the days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import norm

from openmineral_dagster.deals.quotes import PRICED_ON, Market, Quote, Series
from openmineral_dagster.reference.calendars import is_business_day

Values = npt.NDArray[np.float64]
MIDDLE = 0.5
RETURNS, FEWEST_RETURNS = 250, 60
"""Daily returns a correlation is taken of; fewer than sixty in common say nothing, and the metals are then left untied."""


@dataclass(frozen=True)
class Forecast:
    """The champion's quantiles of a log return over a horizon.

    Attributes:
        scores: standard normal scores of the published levels, rising.
        returns: log return at each.
        middle: log return at one half: what a night knows already, and time does not stretch.
    """

    horizon: int
    scores: Values
    returns: Values
    middle: float
    model: str
    gate_status: str

    def at(self, scores: Values, days: float) -> Values:
        """Log returns over `days` at standard normal scores: beyond the last published level as steep as up to it."""
        width = np.sqrt(days / self.horizon)
        inside = np.interp(scores, self.scores, self.returns)
        low = self._beyond(scores, 0, 1) * (scores < self.scores[0])
        high = self._beyond(scores, -1, -2) * (scores > self.scores[-1])
        return np.asarray(self.middle + width * (inside + low + high - self.middle))

    def _beyond(self, scores: Values, end: int, inner: int) -> Values:
        slope = (self.returns[end] - self.returns[inner]) / (self.scores[end] - self.scores[inner])
        return np.asarray(slope * (scores - self.scores[end]))


def champions(distribution: pl.DataFrame, quote: Quote, days: float) -> Forecast | None:
    """The champion's forecast that moves a quote: of its series, else of the same metal; None where there is none.

    Args:
        distribution: `forecasts.price_distribution` of the night.
        days: trading days the price has to move in; the published horizon nearest to it, in ratio, is taken.
    """
    rows = distribution.filter("champion")
    for instrument, tenor in _candidates(rows, quote):
        own = rows.filter(instrument=instrument, tenor=tenor).sort("quantile")
        if own.height:
            horizon = min(own["horizon_days"].unique().to_list(), key=lambda held: abs(np.log(held / days)))
            return _forecast(own.filter(horizon_days=horizon), horizon)
    return None


def _candidates(rows: pl.DataFrame, quote: Quote) -> list[Series]:
    """The series itself, other tenors of its instrument, then what else the metal is priced on."""
    tenors = rows.filter(instrument=quote.series[0])["tenor"].unique().sort().to_list()
    return [quote.series, *((quote.series[0], tenor) for tenor in tenors), *PRICED_ON[quote.metal]]


def _forecast(rows: pl.DataFrame, horizon: int) -> Forecast:
    levels, returns = rows["quantile"].to_numpy(), rows["log_return"].to_numpy()
    middle = float(np.interp(MIDDLE, levels, returns))
    return Forecast(horizon, norm.ppf(levels), returns, middle, rows["model"][0], rows["gate_status"][0])


def days_ahead(quote: Quote, as_of: date) -> Values:
    """Business days from the night to each pricing day to come, 1 for the next one."""
    coming = [day for step in range(1, (quote.end - as_of).days + 1) if is_business_day(day := as_of + timedelta(days=step))]
    return np.array([number for number, day in enumerate(coming, 1) if day >= quote.start], dtype=np.float64)


def shared_days(one: Values, other: Values) -> float:
    """Variance, in days, that two averages share: the mean of min(ti, tj)."""
    return float(np.minimum.outer(one, other).mean())


def correlation(quotes: Sequence[Quote], market: Market) -> Values:
    """Correlation of the factors of some quotes, with ones on its diagonal and no negative eigenvalue."""
    days = [days_ahead(quote, market.as_of) for quote in quotes]
    own = [shared_days(ahead, ahead) for ahead in days]
    tied = np.array(
        [
            [
                _between(one.series, other.series, market) * shared_days(days[i], days[j]) / np.sqrt(own[i] * own[j])
                for j, other in enumerate(quotes)
            ]
            for i, one in enumerate(quotes)
        ]
    )
    return tied


def _between(one: Series, other: Series, market: Market) -> float:
    """Correlation of the daily log returns of two series over the last 250 days both have."""
    if one == other:
        return 1.0
    first, second = market.fixings(one), market.fixings(other)
    common = sorted(set(first) & set(second))[-RETURNS - 1 :]
    if len(common) <= FEWEST_RETURNS:
        return 0.0
    moves: list[Values] = [np.diff(np.log([prices[day] for day in common])) for prices in (first, second)]
    return float(np.corrcoef(moves[0], moves[1])[0, 1])


def factors(tied: Values) -> Values:
    """A matrix whose product with independent normals has the correlation `tied`; small negative eigenvalues are none."""
    values, vectors = np.linalg.eigh(tied)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(root / np.linalg.norm(root, axis=1, keepdims=True))
