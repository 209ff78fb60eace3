"""Claims: 18 portfolios by 10 methods at three levels are examined in less than 6 ms a night after 3,800 nights, and gated in a
few more; the record of all those nights is made at once in seconds. Made-up figures; one process, one thread.
"""

import resource
import time
from datetime import date, timedelta
from itertools import product

import numpy as np
import polars as pl
from scipy.stats import norm

from openmineral_dagster.lake.tables import PNL, VAR
from openmineral_dagster.risk.gate import READING, gated
from openmineral_dagster.risk.record import Record

NIGHTS, WATCHED = 3800, 400
METHODS = [*READING, *(f"method_{number}" for number in range(len(READING), 10))]
LEVELS = (0.95, 0.975, 0.99)
PORTFOLIOS = [f"portfolio_{number}" for number in range(18)]
DAYS = [date(2010, 1, 1) + timedelta(days=day) for day in range(NIGHTS + 1)]


def figures(random: np.random.Generator) -> pl.DataFrame:
    """`risk.var` of every night; the first method is the published one."""
    keys = pl.DataFrame(list(product(PORTFOLIOS, METHODS, LEVELS)), schema=["portfolio", "method", "confidence"], orient="row")
    size = norm.ppf(keys["confidence"].to_numpy()) * 1e5 * np.exp(0.2 * random.standard_normal((len(DAYS), keys.height)))
    return pl.DataFrame({"as_of_date": DAYS}).join(keys, how="cross").with_columns(
        horizon_days=pl.lit(1),
        var_usd=pl.Series(size.ravel()),
        es_usd=pl.Series(1.2 * size.ravel()),
        margin=pl.lit(1.0),
        scenarios=pl.lit(500),
        published=pl.col("method") == METHODS[0],
        gate_status=pl.lit(""),
    ).select(VAR.dtypes.names())  # fmt: skip


def gains(random: np.random.Generator) -> pl.DataFrame:
    """`risk.pnl` of every night."""
    nights = pl.DataFrame({"as_of_date": DAYS[1:], "held_from": DAYS[:-1], "price_date": DAYS[1:]})
    made = nights.join(pl.DataFrame({"portfolio": PORTFOLIOS}), how="cross")
    return made.with_columns(pnl_usd=pl.Series(1e5 * random.standard_normal(made.height))).select(PNL.dtypes.names())


def main() -> None:
    """Run and print."""
    random = np.random.default_rng(3)
    var, pnl = figures(random), gains(random)
    started = time.perf_counter()
    record = Record.of(var, pnl.filter(pl.col("as_of_date") < DAYS[-WATCHED]))
    print(f"record of {NIGHTS - WATCHED:,} nights at once: {time.perf_counter() - started:.1f} s")
    by_night = {night: part for (night,), part in var.filter(pl.col("as_of_date") >= DAYS[-WATCHED - 1]).group_by("as_of_date")}
    both_horizons = {night: pl.concat([part, part.with_columns(horizon_days=pl.lit(10))]) for night, part in by_night.items()}
    by_day = {night: part for (night,), part in pnl.filter(pl.col("as_of_date") >= DAYS[-WATCHED]).group_by("as_of_date")}
    adding = examining = gating = 0.0
    for before, night in zip(DAYS[-WATCHED - 1 : -1], DAYS[-WATCHED:], strict=True):
        started = time.perf_counter()
        record.add(night, by_night[before], by_day[night])
        added = time.perf_counter()
        exams = record.examine(night)
        examined = time.perf_counter()
        gated(both_horizons[before], exams)
        adding, examining, gating = (
            adding + added - started,
            examining + examined - added,
            gating + time.perf_counter() - examined,
        )
    each = {"add": adding, "examine": examining, "gate": gating}
    words = ", ".join(f"{name} {1e3 * seconds / WATCHED:.2f} ms" for name, seconds in each.items())
    print(f"a night of {exams.height:,} exams: {words}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
