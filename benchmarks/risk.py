"""Claims: historical value at risk of 10,000 positions by 5,000 scenarios takes a second; a million simulated paths over 20
series three; fifteen years of nightly figures by every method for 17 portfolios three minutes, fits included, on one thread.

The prices are simulated: seven series, GARCH volatility. Prints seconds and the peak of memory after each.
"""

import resource
import time
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl

from openmineral_dagster.lake.tables import EXPOSURES, FX, POSITIONS
from openmineral_dagster.reference.calendars import is_business_day
from openmineral_dagster.reference.publication import published_at
from openmineral_dagster.risk.book import NO_DEALS, exposures, lines
from openmineral_dagster.risk.fits import Fits
from openmineral_dagster.risk.history import Histories, histories
from openmineral_dagster.risk.measure import figures
from openmineral_dagster.risk.methods import book_of, monte_carlo
from openmineral_dagster.risk.tails import empirical

LAST = date(2024, 12, 31)
SERIES = (("CU", "3m"), ("AL", "3m"), ("ZN", "3m"), ("NI", "3m"), ("PB", "3m"), ("GC", "front"), ("SI", "front"))
TWENTY = (
    *((metal, tenor) for metal in ("CU", "AL", "ZN", "NI", "PB", "SN") for tenor in ("3m", "cash")),
    *((symbol, "front") for symbol in ("GC", "SI", "HG", "PL", "PA")),
    ("AU-LBMA", "pm"),
    ("AG-LBMA", "noon"),
    ("PT-LBMA", "pm"),
)


def walk(seed: int, rows: int) -> np.ndarray:
    """A price path with volatility in clusters."""
    random, variance, log = np.random.default_rng(seed), 1e-4, np.zeros(rows)
    for row in range(1, rows):
        step = np.sqrt(variance) * random.standard_t(6) * np.sqrt(4 / 6)
        variance = 1e-6 + 0.05 * step**2 + 0.94 * variance
        log[row] = log[row - 1] + step
    return 2000.0 * np.exp(log)


def market(series: tuple[tuple[str, str], ...], years: int) -> Histories:
    """Histories of generated prices."""
    days = [day for back in range(365 * years, -1, -1) if is_business_day(day := LAST - timedelta(days=back))]
    frames = []
    for seed, (instrument, tenor) in enumerate(series):
        moments = [published_at("comex" if tenor == "front" else "lme", day) for day in days]
        columns = {"instrument": instrument, "tenor": tenor, "price_date": days, "price": walk(seed, len(days))}
        frames.append(pl.DataFrame({**columns, "published_at": moments}))
    return histories(pl.concat(frames), FX.empty(), LAST)


def book(rows: list[tuple[str, str, str, float]]) -> pl.DataFrame:
    """`market.positions` of portfolio, instrument, tenor, quantity in lots."""
    full = [
        (LAST, f"book.csv:{row}", portfolio, instrument, tenor, lots, "lots", date(2000, 1, 3), None, None, None)
        for row, (portfolio, instrument, tenor, lots) in enumerate(rows)
    ]
    return pl.DataFrame(full, schema=POSITIONS.dtypes, orient="row")


def seventeen() -> pl.DataFrame:
    """Each series long and short, and three mixed books."""
    singles = [(f"{name} {side}", name, tenor, side * 10.0) for name, tenor in SERIES for side in (1, -1)]
    mixed = [(f"mixed {seed}", *series, lots) for seed in range(3) for series, lots in zip(SERIES, _sizes(seed), strict=True)]
    return book([*singles, *mixed])


def _sizes(seed: int) -> list[float]:
    return [float(lots) for lots in np.random.default_rng(seed).integers(-20, 21, len(SERIES))]


def timed(what: str, work: Callable[[], object]) -> None:
    """Print how long some work took."""
    started = time.monotonic()
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{what}: {time.monotonic() - started:.2f} s, peak memory {peak:.2f} GB", flush=True)


def historical() -> None:
    """10,000 positions, each revalued under 5,000 scenarios of its own series."""
    random = np.random.default_rng(1)
    moves, sizes = random.normal(0, 0.01, (5000, 10_000)).astype(np.float32), random.normal(0, 1e5, 10_000).astype(np.float32)
    timed("historical value at risk, 10,000 positions by 5,000 scenarios", lambda: empirical((moves @ sizes).astype(float)))


def whole_book() -> None:
    """10,000 rows of a positions file to exposures and every method's figures."""
    known, random = market(SERIES, 8), np.random.default_rng(2)
    rows = book([("book", *SERIES[row % 7], float(lots)) for row, lots in enumerate(random.integers(-20, 21, 10_000))])

    def work() -> None:
        held = exposures(lines(rows, NO_DEALS, LAST), known, LAST)
        figures(held, known, LAST, Fits())

    timed("10,000 rows of positions to figures by every method, both horizons", work)


def simulation() -> None:
    """A million paths over twenty series."""
    known = market(TWENTY, 3)
    held = book_of(known, LAST, dict.fromkeys(TWENTY, 100.0), Fits())
    timed("1,000,000 simulated paths over 20 series", lambda: monte_carlo(held, 1, 1_000_000))


def fifteen_years() -> None:
    """3,789 nights of 17 portfolios and the whole book."""
    known, fits, positions = market(SERIES, 22), Fits(), seventeen()
    days = (date(2010, 1, 4) + timedelta(days=step) for step in range((LAST - date(2010, 1, 4)).days + 1))
    nights = [day for day in days if is_business_day(day)]

    def work() -> None:
        for night in nights:
            held = exposures(lines(positions, NO_DEALS, night), known, night)
            figures(held.select(EXPOSURES.dtypes.names()), known, night, fits)

    timed(f"{len(nights)} nights of 17 portfolios and their sum by every method, both horizons", work)
    print(f"of them {len(fits)} fits of GARCH and GJR")


def main() -> None:
    """Run and print."""
    historical()
    whole_book()
    simulation()
    fifteen_years()


if __name__ == "__main__":
    main()
