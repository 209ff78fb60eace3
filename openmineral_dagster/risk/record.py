"""The record of stored nightly figures against clean profit and loss, and the exam it sits every night.

Every exam is read from counts and sums, so a night costs the same after fifteen years as after one. Counts are integers. Sums
are added up oldest first, whichever way the record was made: a night computed alone and one of a long run agree to the last bit.
"""

from datetime import date
from itertools import pairwise
from typing import Self

import numpy as np
import polars as pl

from openmineral_dagster.lake.schema import conform
from openmineral_dagster.lake.tables.risk import BACKTEST
from openmineral_dagster.risk import exams

NIGHTS = 250
PUBLISHED = "published"
"""The series of what the desk read each night, whichever method it was."""
SERIES = ("portfolio", "method", "confidence")

# Rows of the counts: how many nights breached, had an expected shortfall, could be scored; transitions; dynamic quantile.
BREACHES, SHORTFALLS, SCORED = 0, 1, 2
TRANSITIONS, QUANTILE = slice(3, 7), slice(7, 28)
# Of the last 250 nights 249 have a night before them, and 246 have four.
SPANS = np.array([NIGHTS] * 3 + [NIGHTS - 1] * 4 + [NIGHTS - exams.LAGS] * 21)
# Rows of the sums: dynamic quantile, loss over shortfall, FZ0.
VAR_SUMS, RATIOS, FZ0 = slice(0, 7), 7, 8


class Ring:
    """The last 251 rows of every series, oldest first, whichever nights one missed; zeros before it began.

    Attributes:
        cells: (rows, columns, series).
    """

    def __init__(self, columns: int, dtype: type) -> None:
        self.cells: np.ndarray = np.zeros((2 * (NIGHTS + 1), columns, 0), dtype)
        self._end = NIGHTS + 1

    def widen(self, series: int) -> None:
        """Room for more series."""
        self.cells = _wider(self.cells, series)

    def push(self, values: np.ndarray, chosen: np.ndarray, idle: np.ndarray) -> None:
        """One row, (columns, chosen), to the `chosen` series; the rows of the `idle` ones keep their place from the end."""
        kept = NIGHTS + 1
        if self._end == len(self.cells):
            self.cells[:kept] = self.cells[-kept:]
            self._end = kept
        self.cells[self._end][:, chosen] = values
        if len(idle):
            start = self._end - kept
            self.cells[start + 1 : self._end + 1, :, idle] = self.cells[start : self._end, :, idle]
        self._end += 1

    def last(self, count: int) -> np.ndarray:
        """The last rows of every series, (count, columns, series)."""
        return self.cells[self._end - count : self._end]

    def back(self, spans: np.ndarray) -> np.ndarray:
        """Of each column the row that lies `spans` rows before the newest, (columns, series)."""
        found: np.ndarray = self.cells[self._end - 1 - spans, np.arange(len(spans))]
        return found


class Record:
    """What each series of figures said and what came, night by night.

    A series is a portfolio, a method and a level. The profit and loss of a night examines the one-day figures of the night its
    exposures are of. A night whose figures are missing adds nothing, nor does one on which no price of the portfolio moved.
    """

    def __init__(self) -> None:
        self._series = pl.DataFrame(schema={name: BACKTEST.dtypes[name] for name in SERIES} | {"series": pl.Int64})
        self._tail = np.zeros(0)
        self._last_night: date | None = None
        self._moved_to: dict[str, date] = {}
        self._nights, self._first, self._last = (np.zeros(0, np.int64) for _ in range(3))
        self._hits, self._counts = Ring(1, np.int8), Ring(len(SPANS), np.int8)
        self._held, self._sums = Ring(1, np.int32), Ring(FZ0 + 1, np.float64)
        self._recent, self._total = (np.zeros((len(SPANS), 0), np.int64) for _ in range(2))
        self._total_sums = np.zeros((FZ0 + 1, 0))

    @property
    def last_night(self) -> date | None:
        """The last night added; None of an empty record."""
        return self._last_night

    @classmethod
    def of(cls, var_rows: pl.DataFrame, pnl_rows: pl.DataFrame) -> Self:
        """The record of many nights: rows of `risk.var` and of `risk.pnl`, in any order."""
        record = cls()
        record._enter(var_rows, pnl_rows)
        record._last_night = pnl_rows["as_of_date"].max()  # type: ignore[assignment]
        return record

    def add(self, as_of: date, var_rows: pl.DataFrame, pnl_rows: pl.DataFrame) -> None:
        """Append one night: its rows of `risk.pnl`, and rows of `risk.var` with those of the night its exposures are of.

        Raises:
            ValueError: the record has reached that night already.
        """
        if self._last_night is not None and as_of <= self._last_night:
            raise ValueError(f"the record has reached {self._last_night}, and nights are added in order: {as_of}")
        self._enter(var_rows, pnl_rows.filter(pl.col("as_of_date") == as_of))
        self._last_night = as_of

    def _enter(self, var_rows: pl.DataFrame, pnl_rows: pl.DataFrame) -> None:
        """Nights after all those known."""
        figures = _figures(var_rows)
        outcomes = self._moved(pnl_rows.join(figures, on=["portfolio", "held_from"], how="semi").sort("as_of_date"))
        pairs = self._placed(outcomes.join(figures, on=["portfolio", "held_from"], maintain_order="left"))
        series, *figures_and_gain = (pairs[name].to_numpy() for name in ("series", "var_usd", "es_usd", "pnl_usd"))
        ended, held = (pairs[name].to_physical().to_numpy() for name in ("as_of_date", "held_from"))
        for start, end in pairwise(np.flatnonzero(np.diff(ended, prepend=-1, append=-1))):
            night = slice(start, end)
            var, es, gain = (column[night] for column in figures_and_gain)
            self._append(series[night], ended[night], held[night], self._terms(series[night], var, es, -gain))

    def _moved(self, outcomes: pl.DataFrame) -> pl.DataFrame:
        """The outcomes, oldest first, of nights on which a price of the portfolio moved since the one before."""
        moved = []
        for portfolio, price_date in outcomes.select("portfolio", "price_date").iter_rows():
            moved.append(price_date > self._moved_to.get(portfolio, date.min))
            self._moved_to[portfolio] = max(price_date, self._moved_to.get(portfolio, date.min))
        return outcomes.filter(pl.Series(moved, dtype=pl.Boolean))

    def _placed(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Pairs with the position of their series; series not met before get the next ones."""
        placed = pairs.join(self._series, on=SERIES, how="left", maintain_order="left")
        if not placed["series"].null_count():
            return placed
        fresh = placed.filter(pl.col("series").is_null()).select(SERIES).unique(maintain_order=True)
        self._widen(fresh.with_row_index("series", self._series.height).select(self._series.columns))
        return pairs.join(self._series, on=SERIES, how="left", maintain_order="left")

    def _widen(self, fresh: pl.DataFrame) -> None:
        self._series = pl.concat([self._series, fresh.cast(self._series.schema)])
        self._tail = np.append(self._tail, exams.tail_of(fresh["confidence"].to_numpy()))
        count = fresh.height
        self._nights, self._first, self._last = (_wider(each, count) for each in (self._nights, self._first, self._last))
        self._recent, self._total = _wider(self._recent, count), _wider(self._total, count)
        self._total_sums = _wider(self._total_sums, count)
        for ring in (self._hits, self._counts, self._held, self._sums):
            ring.widen(count)

    def _append(
        self, series: np.ndarray, ended: np.ndarray, held: np.ndarray, terms: tuple[np.ndarray, np.ndarray, np.ndarray]
    ) -> None:
        """One night of the series given: days of the profit and loss and of the figures, and what `_terms` makes of both."""
        counts, sums, hit = terms
        started = self._nights > 0
        started[series] = False
        idle = np.flatnonzero(started)
        for ring, values in ((self._hits, hit), (self._counts, counts), (self._held, held), (self._sums, sums)):
            ring.push(values, series, idle)
        self._recent[:, series] += counts - self._counts.back(SPANS)[:, series]
        self._total[:, series] += counts
        self._total_sums[:, series] += sums
        self._first[series] = np.where(self._nights[series] > 0, self._first[series], held)
        self._last[series] = ended
        self._nights[series] += 1

    def _terms(
        self, series: np.ndarray, var: np.ndarray, es: np.ndarray, loss: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What one night adds to the counts and to the sums, (columns, series), and whether it breached."""
        before = self._nights[series]
        hit = exams.breach(loss, var).astype(np.int8)
        lagged = self._hits.last(exams.LAGS)[::-1, 0, series]
        crossed = np.where(
            before > 0, [(1 - lagged[0]) * (1 - hit), (1 - lagged[0]) * hit, lagged[0] * (1 - hit), lagged[0] * hit], 0
        )
        known = before >= exams.LAGS
        products, weighted = exams.quantile_terms(hit, lagged, var)
        ratio, scored = exams.shortfall_ratio(loss, var, es), exams.fz0(loss, var, es, self._tail[series])
        counts = np.concatenate([[hit, ~np.isnan(ratio), ~np.isnan(scored)], crossed, products * known])
        return counts, np.concatenate([weighted * known, [np.nan_to_num(ratio), np.nan_to_num(scored)]]), hit

    def examine(self, as_of: date) -> pl.DataFrame:
        """Exams of every series on a night, conforming to `risk.backtest`: of its last 250 nights, and of all of them.

        Raises:
            ValueError: the record knows a later night.
        """
        if self._last_night is not None and as_of < self._last_night:
            raise ValueError(f"the record has reached {self._last_night} and cannot be read as of {as_of}")
        series, nights = self._series.drop("series"), np.minimum(self._nights, NIGHTS)
        first = self._held.last(NIGHTS)[NIGHTS - nights, 0, np.arange(len(nights))]
        light = exams.traffic_light(self._recent[BREACHES], nights, self._tail).astype(object)
        light[nights < NIGHTS] = None
        found = self._examined(
            np.concatenate([nights, self._nights]),
            np.concatenate([self._recent, self._total], axis=1),
            np.concatenate([self._recent_sums(), self._total_sums], axis=1),
        )
        return conform(
            pl.concat([series, series]).with_columns(
                as_of_date=pl.lit(as_of),
                window=pl.Series([str(NIGHTS)] * len(nights) + ["all"] * len(nights), dtype=pl.String),
                window_start=_dates(np.concatenate([first, self._first])),
                window_end=_dates(np.tile(self._last, 2)),
                zone=pl.Series([*light, *[None] * len(nights)], dtype=pl.String),
                **found,
            ),
            BACKTEST,
        )

    def _recent_sums(self) -> np.ndarray:
        """Sums of the last 250 nights, (columns, series)."""
        sums: np.ndarray = self._sums.last(NIGHTS - exams.LAGS).sum(axis=0)
        sums[RATIOS:] += self._sums.last(NIGHTS)[: exams.LAGS, RATIOS:].sum(axis=0)
        return sums

    def _examined(self, nights: np.ndarray, counts: np.ndarray, sums: np.ndarray) -> dict[str, np.ndarray]:
        """The exams of every series over both windows, one after the other."""
        breaches, tail = counts[BREACHES], np.tile(self._tail, 2)
        transitions = counts[TRANSITIONS].reshape(2, 2, -1)
        return {
            "n": nights,
            "breaches": breaches,
            "kupiec_p": exams.kupiec(breaches, nights, tail)[1],
            "christoffersen_p": exams.conditional_coverage(breaches, nights, tail, transitions)[1],
            "dynamic_quantile_p": exams.dynamic_quantile(counts[QUANTILE], sums[VAR_SUMS], tail),
            "es_z2": exams.z2(sums[RATIOS], counts[SHORTFALLS], tail),
            "fz0": sums[FZ0] / np.where(counts[SCORED] > 0, counts[SCORED], np.nan),
        }


def _figures(var_rows: pl.DataFrame) -> pl.DataFrame:
    """One-day figures by the night they were made, and what was published once more as a series of its own."""
    figures = var_rows.filter(pl.col("horizon_days") == 1).select(*SERIES, PUBLISHED, "var_usd", "es_usd", held_from="as_of_date")
    return pl.concat([figures, figures.filter(PUBLISHED).with_columns(method=pl.lit(PUBLISHED))])


def _dates(days: np.ndarray) -> pl.Series:
    return pl.Series(days.astype(np.int32)).cast(pl.Date)


def _wider(array: np.ndarray, count: int) -> np.ndarray:
    """The array with zeros for as many more series, along its last axis."""
    return np.concatenate([array, np.zeros((*array.shape[:-1], count), array.dtype)], axis=-1)
