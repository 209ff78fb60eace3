"""Claims: a night's forecast of every series and horizon takes seconds where nothing is retrained; the ensemble's walk-forward
of 13 years minutes, fits included; 50 tuning trials two minutes.

Takes a landing folder, the sample's by default: `benchmarks/forecasts.py ../shared/data`. One process, one thread.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from openmineral_dagster.features.fits import Fits
from openmineral_dagster.features.inputs import Inputs
from openmineral_dagster.features.panel import feature_history
from openmineral_dagster.forecasting import tuning
from openmineral_dagster.forecasting.calibration import calibration
from openmineral_dagster.forecasting.distribution import forecast
from openmineral_dagster.forecasting.examples import FEATURES_READ
from openmineral_dagster.forecasting.models import MEMBERS
from openmineral_dagster.forecasting.scorecard import scorecard
from openmineral_dagster.forecasting.series import Market
from openmineral_dagster.forecasting.skill import skill
from openmineral_dagster.forecasting.study import ENSEMBLE, market_of, study_of
from openmineral_dagster.forecasting.training import held_out
from openmineral_dagster.forecasting.walk import walk_forward
from openmineral_dagster.lake.root import SAMPLE_LANDING
from openmineral_dagster.lake.store import Lake
from openmineral_dagster.lake.tables import PRICES
from openmineral_dagster.market.intake import arrivals
from openmineral_dagster.reference.calendars import night_end
from openmineral_dagster.sources.landing import price_span, read_landing


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what the work gave."""
    started = time.monotonic()
    result = work()
    return time.monotonic() - started, result


def prices_of(landing: Path, folder: Path) -> tuple[pl.DataFrame, date]:
    """What the last night of a landing knew, and that night."""
    landed = read_landing(landing)
    last = price_span(landed)[1]
    lake = Lake(folder)
    lake.merge(PRICES, arrivals(landed, last, datetime.now(UTC))[PRICES.name])
    return lake.read(PRICES, night_end(last)).collect(), last


def night(prices: pl.DataFrame, last: date, fits: Fits) -> int:
    """Everything a night publishes of its forecasts; rows."""
    study = study_of(market_of(prices, fits), last, last)
    tables = (forecast(study, last, ENSEMBLE, {}), scorecard(study, last, 1), skill(study, last), calibration(study, last))
    return sum(table.height for table in tables)


def ensemble(market: Market, first: date, last: date) -> int:
    """Origins walked by the members of the ensemble."""
    rows = [range(series.rows_through(first), series.rows_through(last)) for series in market.series]
    walked = walk_forward(market, MEMBERS, [pl.Series(own, dtype=pl.Int64).to_numpy() for own in rows])
    return sum(len(quantiles) for quantiles in walked[MEMBERS[0].name].values())


def main() -> None:
    """Run and print."""
    landing = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE_LANDING
    fits: Fits = {}
    with tempfile.TemporaryDirectory() as folder:
        prices, last = prices_of(landing, Path(folder))
    cold, rows = timed(lambda: night(prices, last, fits))
    warm, _ = timed(lambda: night(prices, last, fits))
    print(f"a night's forecasts and scores, {rows:,} rows: {warm:.1f} s; with {len(fits)} GARCH fits to make: {cold:.1f} s")
    first = max(date(2011, 12, 31), last - timedelta(days=13 * 365 + 4))
    walked, origins = timed(lambda: ensemble(market_of(prices, {}), first, last))
    print(f"ensemble walked from {first} to {last}, {origins:,} forecasts, fits included: {walked:.1f} s")
    market = market_of(prices, fits, feature_history(Inputs(prices), FEATURES_READ))
    with tempfile.TemporaryDirectory() as folder:
        fitted, _ = held_out(market, last)
        seconds, _ = timed(lambda: tuning.tune(f"sqlite:///{folder}/studies.db", fitted, last))
    print(f"{tuning.TRIALS} trials on {len(fitted.days):,} examples: {seconds:.1f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
