"""Claim: the daily panel of 1,000 instruments over 20 years, every feature of it, takes less than 10 seconds.

Every instrument has cash and 3m prices, bars, warehouse reports and commitments. A part of the same features is computed with
pandas for 50 of the instruments, and the same part for the same 50 with the panel. Prints seconds, ratio and peak memory.
"""

import os
import resource
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from openmineral_dagster.features.declared import CLOSES, FEATURES
from openmineral_dagster.features.inputs import CONTRACTS, Inputs
from openmineral_dagster.features.panel import series_features

INSTRUMENTS, DAYS, START, IN_PANDAS = 1_000, 5_200, date(2006, 1, 2), 50
RANDOM = np.random.default_rng(0)
SERIES = ["instrument", "tenor"]
NAMES = [f"M{number:04d}" for number in range(INSTRUMENTS)]


def days_of(count: int) -> list[date]:
    """Weekdays from the start, as many as asked for."""
    return [day for step in range(2 * count) if (day := START + timedelta(days=step)).weekday() < 5][:count]


def grid(names: list[str], dates: list[date], day: str, column: str = "instrument") -> pl.DataFrame:
    """A row an instrument and day, in that order."""
    return pl.DataFrame({column: names}).join(pl.DataFrame({day: dates}), how="cross")


def known(rows: pl.DataFrame, day: str, hours: int) -> pl.DataFrame:
    """With both dates of a value published `hours` after the start of its day, UTC."""
    moment = (pl.col(day).cast(pl.Datetime("us")) + pl.duration(hours=hours)).dt.replace_time_zone("UTC")
    return rows.with_columns(published_at=moment, known_at=moment)


def walk(count: int, days: int, start: float = 1_000.0, size: float = 0.01) -> np.ndarray:
    """`count` random walks one after the other."""
    return np.asarray(start * np.exp(np.cumsum(RANDOM.normal(0.0, size, (count, days)), axis=1)).ravel())


def prices(dates: list[date]) -> pl.DataFrame:
    """Cash and 3m of every instrument, and the markets that close after them."""
    threes = grid(NAMES, dates, "price_date").with_columns(tenor=pl.lit("3m"), price=walk(INSTRUMENTS, DAYS))
    ratio = 1.0 + RANDOM.normal(0.0, 0.01, threes.height)
    cash = threes.with_columns(tenor=pl.lit("cash"), price=pl.col("price") * ratio)
    others = [
        known(grid([name], dates, "price_date").with_columns(tenor=pl.lit(tenor), price=walk(1, DAYS)), "price_date", 19)
        for name, tenor in CLOSES.values()
    ]
    london = known(pl.concat([threes, cash]), "price_date", 13)
    return pl.concat([london, *others]).sort(*SERIES, "price_date")


def bars(threes: pl.DataFrame) -> pl.DataFrame:
    """A bar around every 3m price."""
    spans = np.abs(RANDOM.normal(0.0, 0.01, (3, threes.height)))
    rows = threes.select("instrument", "price_date", "published_at", "known_at", close="price")
    wide = rows.with_columns(
        open=pl.col("close") * (1 + spans[0] / 4),
        high=pl.col("close") * (1.003 + spans[1]),
        low=pl.col("close") * (0.997 - spans[2]),
        volume=RANDOM.lognormal(8, 1, rows.height),
    )
    return wide.with_columns(high=pl.max_horizontal("high", "open"))


def stocks(dates: list[date]) -> pl.DataFrame:
    """A warehouse report an instrument and day, out the next morning."""
    total = walk(INSTRUMENTS, DAYS, 1e5)
    rows = grid(NAMES, dates, "report_date").with_columns(total=total, cancelled=total * 0.1)
    return known(rows, "report_date", 33)


def commitments(dates: list[date]) -> pl.DataFrame:
    """A Tuesday's positions of money managers and speculators in every instrument, out on Friday."""
    tuesdays = [day for day in dates if day.weekday() == 1]
    rows = grid(NAMES, tuesdays, "report_date", "contract_code")
    sides = {name: RANDOM.lognormal(8, 0.2, rows.height) for name in ("long", "short")}
    both = [
        rows.with_columns(report=pl.lit(report), category=pl.lit(category), open_interest=pl.lit(5e4), **sides)
        for report, category in (("disaggregated", "managed money"), ("legacy", "noncommercial"))
    ]
    return known(pl.concat(both), "report_date", 93)


def market(dates: list[date]) -> Inputs:
    """Everything the features read. Commitments are of one contract an instrument."""
    CONTRACTS.update({name: (name,) for name in NAMES})
    quoted = prices(dates)
    rates = grid(["UST_10Y", "UST_2Y"], dates, "rate_date", "series").with_columns(rate=walk(2, DAYS, 0.03))
    fx = grid(["CNY", "USD"], dates, "rate_date", "currency").with_columns(per_eur=walk(2, DAYS, 1.1, 0.005))
    threes = quoted.filter(pl.col("tenor") == "3m")
    return Inputs(
        quoted, bars(threes), stocks(dates), known(rates, "rate_date", 23), known(fx, "rate_date", 15), commitments(dates)
    )


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what the work gave."""
    started = time.monotonic()
    result = work()
    return time.monotonic() - started, result


def in_pandas(rows: pd.DataFrame, cash: pd.DataFrame) -> pd.DataFrame:
    """Features of prices alone as one writes them with pandas: groupby, shift, diff, rolling and ewm."""
    frame = rows.sort_values(["instrument", "price_date"]).reset_index(drop=True)
    frame["log_price"] = np.log(frame["price"])
    by = frame.groupby("instrument", sort=False)
    for count in (1, 5, 21, 63, 250):
        frame[f"return_{count}d"] = by["log_price"].diff(count)
    frame["square"] = frame["return_1d"] ** 2
    for window in (5, 22, 66, 250):
        frame[f"vol_{window}d"] = np.sqrt(rolling(frame, "square", window).mean().clip(lower=0))
    for decay in (94, 97):
        frame[f"ewma{decay}_vol"] = seeded(frame, decay / 100)
    frame["vol_ratio_5_66"] = np.log(frame["vol_5d"] / frame["vol_66d"])
    frame["vol_ratio_22_250"] = np.log(frame["vol_22d"] / frame["vol_250d"])
    for count in (21, 63, 250):
        frame[f"momentum_{count}d"] = frame[f"return_{count}d"] / (frame["ewma97_vol"] * np.sqrt(count))
    return with_spreads(with_ranges(frame), cash)


def rolling(frame: pd.DataFrame, column: str, window: int) -> Any:
    """Rolling windows of each instrument, whose results line up with the frame."""
    return Lined(frame.groupby("instrument", sort=False)[column].rolling(window))


class Lined:
    """A rolling window whose result has the index of the frame it came from."""

    def __init__(self, windows: Any) -> None:
        self.windows = windows

    def __getattr__(self, name: str) -> Callable[[], pd.Series]:
        return lambda: getattr(self.windows, name)().reset_index(level=0, drop=True)


def seeded(frame: pd.DataFrame, decay: float) -> pd.Series:
    """An exponentially weighted volatility that starts as the mean of the first 22 squares."""
    by = frame.groupby("instrument", sort=False)["square"]
    row, start = by.cumcount(), by.cumsum() / 22
    squares = frame["square"].where(row > 22, start.where(row == 22))
    smooth = squares.groupby(frame["instrument"], sort=False).ewm(alpha=1 - decay, adjust=False, ignore_na=True).mean()
    return np.sqrt(smooth.reset_index(level=0, drop=True))


def with_ranges(frame: pd.DataFrame) -> pd.DataFrame:
    """Largest move, drawdown, place in the range and share of rises."""
    frame["absolute"], frame["rose"] = frame["return_1d"].abs(), (frame["return_1d"] > 0).astype(float)
    frame.loc[frame["return_1d"].isna(), "rose"] = np.nan
    frame["largest_move_22d"] = rolling(frame, "absolute", 22).max()
    frame["share_up_22d"] = rolling(frame, "rose", 22).mean()
    highest, lowest = rolling(frame, "log_price", 250).max(), rolling(frame, "log_price", 250).min()
    frame["drawdown_250d"] = frame["log_price"] - highest
    frame["range_position_250d"] = (frame["log_price"] - lowest) / (highest - lowest)
    return frame


def with_spreads(frame: pd.DataFrame, cash: pd.DataFrame) -> pd.DataFrame:
    """Cash less 3m, its changes and its z-score."""
    both = frame.merge(cash.rename(columns={"price": "cash"}), on=["instrument", "price_date"], how="left")
    both["spread_cash_3m"] = 1 - both["price"] / both["cash"]
    by = both.groupby("instrument", sort=False)["spread_cash_3m"]
    for count in (5, 21):
        both[f"spread_change_{count}d"] = by.diff(count)
    windows = rolling(both, "spread_cash_3m", 250)
    both["spread_z_250d"] = (both["spread_cash_3m"] - windows.mean()) / windows.std()
    return both


def compared(inputs: Inputs, threes: pl.DataFrame) -> tuple[float, float, list[str]]:
    """Seconds of pandas and of the panel for the same features of the same instruments, and the names of those features.

    Raises:
        AssertionError: they do not give the same numbers.
    """
    few = pl.col("instrument").is_in(NAMES[:IN_PANDAS])
    rows, some = threes.filter(few), Inputs(inputs.prices.filter(few))
    columns = ["instrument", "price_date", "price"]
    plain = rows.select(columns).to_pandas()
    cash = some.prices.filter(pl.col("tenor") == "cash").select(columns).to_pandas()
    slow, theirs = timed(lambda: in_pandas(plain, cash))
    names = [feature.name for feature in FEATURES if feature.name in theirs.columns]
    fast, ours = timed(lambda: series_features(rows, some, names))
    for name in names:
        np.testing.assert_allclose(ours[name].to_numpy(), theirs[name].to_numpy(), rtol=1e-6, atol=1e-9, err_msg=name)
    return slow, fast, names


def peak() -> float:
    """Most memory so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Run and print."""
    built, inputs = timed(lambda: market(days_of(DAYS)))
    threes = inputs.prices.filter(pl.col("tenor") == "3m")
    print(f"inputs of {INSTRUMENTS:,} instruments, {DAYS:,} days: {built:.1f} s to make up, {peak():.1f} GB")
    used = time.process_time()
    whole, panel = timed(lambda: series_features(threes, inputs))
    used = time.process_time() - used
    empty = [name for name in panel.columns if panel[name].null_count() == panel.height]
    print(f"{len(FEATURES)} features, {panel.height:,} rows: {whole:.2f} s, {used:.1f} s of processor time")
    print(f"features without a value: {', '.join(empty) or 'none'}")
    print(f"peak memory {peak():.1f} GB, of which the panel {panel.estimated_size() / 1e9:.1f} GB")
    del panel
    slow, fast, names = compared(inputs, threes)
    print(f"{len(names)} features of {IN_PANDAS} of the instruments: pandas {slow:.2f} s, panel {fast:.3f} s")
    print(f"ratio to the same in pandas {slow / fast:.1f}; {len(os.sched_getaffinity(0))} cores")


if __name__ == "__main__":
    main()
