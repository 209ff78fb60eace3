"""Claim: in at most five of a hundred worlds without an edge does the platform claim to know where prices go.

200 worlds of eight series: walks without drift, GARCH volatility, Student t shocks, closes that say nothing of later fixes.
The GARCH law is given instead of fitted, to save time; everything else is the nightly's own code. Also prints how often the
width of the ranges is called better than EWMA's: GARCH made these worlds, so there it would be right.
Whether a challenger is promoted on nothing is measured in `peeking.py`.
"""

import sys
from datetime import date, timedelta

import numpy as np
import polars as pl

from openmineral_dagster.features.scales import Garch
from openmineral_dagster.forecasting.skill import skill
from openmineral_dagster.forecasting.study import market_of, study_of

LAW = Garch(1e-6, 0.05, 0.94, 6.0)
SERIES = (*((metal, "3m") for metal in ("CU", "AL", "ZN", "NI")), *((metal, "front") for metal in ("HG", "GC", "SI", "CL")))
ROWS, LAST = 1300, date(2024, 9, 30)


class Known(dict[str, Garch]):
    """Fits that are the law, whatever the prices."""

    def __contains__(self, digest: object) -> bool:
        return True

    def __getitem__(self, digest: str) -> Garch:
        return LAW


def walk(random: np.random.Generator) -> np.ndarray:
    """Log prices of one series."""
    shocks = random.standard_t(LAW.nu, ROWS) * np.sqrt((LAW.nu - 2) / LAW.nu)
    returns, variance = np.empty(ROWS), LAW.omega / (1 - LAW.persistence)
    for row, shock in enumerate(shocks):
        returns[row] = np.sqrt(variance) * shock
        variance = LAW.omega + LAW.alpha * returns[row] ** 2 + LAW.beta * variance
    return np.cumsum(returns)


def world(seed: int) -> pl.DataFrame:
    """Prices of one world, known at their hour."""
    random = np.random.default_rng(seed)
    days = [day for back in range(2 * ROWS) if (day := LAST - timedelta(days=back)).weekday() < 5][:ROWS][::-1]
    frames = []
    for instrument, tenor in SERIES:
        hour = 13 if tenor == "3m" else 19
        known = (pl.col("price_date").cast(pl.Datetime("us")) + pl.duration(hours=hour)).dt.replace_time_zone("UTC")
        prices = {"instrument": instrument, "tenor": tenor, "price_date": days, "price": 1000 * np.exp(walk(random))}
        frames.append(pl.DataFrame(prices, schema_overrides={"price_date": pl.Date}).with_columns(known_at=known))
    return pl.concat(frames)


def claims(seed: int) -> tuple[bool, bool]:
    """Whether a world's night claims to know where prices go, and whether it calls any width better."""
    study = study_of(market_of(world(seed), Known()), LAST, LAST)
    found = skill(study, LAST)
    return not found.filter(pl.col("mean_claim").is_in(["skill", "catch-up"])).is_empty(), "better" in set(found["range_claim"])


def main() -> None:
    """Run and print."""
    worlds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    found = np.array([claims(seed) for seed in range(worlds)])
    share = 100 * found.mean(axis=0)
    print(f"{worlds} worlds without an edge: {found[:, 0].sum()} claim to know where prices go ({share[0]:.1f} %)")
    print(f"width called better than EWMA's in {found[:, 1].sum()} ({share[1]:.1f} %)")


if __name__ == "__main__":
    main()
