"""Which value at risk the desk reads: the candidate's while it passes its exams, else the named fallback's, never none."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from openmineral_dagster.risk.record import NIGHTS

CANDIDATE, FALLBACK = "average4_margin", "fhs_ewma94"
READING = (CANDIDATE, FALLBACK, "historical_500", "ewma94_normal")
"""In this order, where a method has no figure; after those any other that has one."""
ONE_DAY = "; by the record of one day"
LEAST_P = 0.01
FEWEST_NIGHTS = 60
"""Nights Kupiec's test is read of at least: a breach on the first of them all would fail any method."""
FAR_Z2 = {0.95: -0.79, 0.975: -1.17, 0.99: -1.96}
"""Z2 that a true model falls below in one of 100 windows of 250 nights, of losses with the tail of a Student t of 4 degrees;
simulated in `benchmarks/risk_gate.py`."""


@dataclass(frozen=True)
class Exam:
    """What a method's one-day figures of one portfolio and level did over the last 250 nights, as `risk.backtest` has it.

    Attributes:
        nights: examined, 250 at most; 0 where there is none yet.
        kupiec_p: 1 without nights.
        z2, zone: None where there is none.
    """

    method: str
    confidence: float
    nights: int = 0
    breaches: int = 0
    kupiec_p: float = 1.0
    z2: float | None = None
    zone: str | None = None

    @cached_property
    def failures(self) -> list[str]:
        """The exams failed, in numbers.

        Z2 and the light are read of 250 nights only: what a true model keeps to is another thing of fewer. Kupiec's test fails
        a method that breaches too seldom, too.
        """
        found = []
        if self.zone == "red":
            found.append("zone red")
        if self.nights >= FEWEST_NIGHTS and self.kupiec_p < LEAST_P:
            found.append(f"Kupiec p {self.kupiec_p:.4f} below {LEAST_P}")
        if self.nights == NIGHTS and self.z2 is not None and self.z2 < FAR_Z2[self.confidence]:
            found.append(f"Z2 {self.z2:.2f} below {FAR_Z2[self.confidence]:.2f}")
        return found

    @property
    def words(self) -> str:
        """The record as the desk reads it, with the exams it failed."""
        return ", ".join([f"{self.method} {_counted(self.breaches)} in {self.nights} nights", *self.failures])


def _counted(breaches: int) -> str:
    return "1 breach" if breaches == 1 else f"{breaches} breaches"


def examination(exam: Exam) -> str:
    """Gate status of one method by itself: not rejected, failed, or not yet earned while it has fewer than 250 nights."""
    if exam.failures:
        return f"failed: {exam.words}"
    if exam.nights < NIGHTS:
        return f"not yet earned: {exam.nights} of {NIGHTS} nights"
    shortfall = "" if exam.z2 is None else f", Z2 {exam.z2:.2f}"
    return f"not rejected: {_counted(exam.breaches)} in {NIGHTS} nights, Kupiec p {exam.kupiec_p:.2f}{shortfall}"


def choose(exams: Sequence[Exam]) -> tuple[str, str]:
    """Method the desk reads and its gate status, of the methods that have a figure tonight, in the order they are read in.

    The first is replaced by the next once it fails, even before its 250 nights are complete. Where both have failed, or there
    is no other, the last of the two is read and called unproven.
    """
    first, other = exams[0], exams[min(1, len(exams) - 1)]
    missing = READING[: _turn(first.method)[0]]
    absent = f"no figure of {', '.join(missing)} tonight; " if missing else ""
    if not first.failures:
        return first.method, absent + examination(first)
    if not other.failures:
        return other.method, f"{absent}replaced: {first.words}"
    return other.method, f"{absent}unproven: {'; '.join(exam.words for exam in dict.fromkeys((first, other)))}"


def gated(var: pl.DataFrame, backtest: pl.DataFrame) -> pl.DataFrame:
    """`risk.var` of a night with `published` and `gate_status`: one published row a portfolio, level and horizon.

    Args:
        var: the other columns of `risk.var`; these two are replaced where it has them.
        backtest: `risk.backtest` of the same night, from `Record.examine`.

    Figures of ten days are gated by the record of one day at the same level, and say so.
    """
    records = _records(backtest)
    rows = var.select("portfolio", "confidence", "horizon_days", "method").rows()
    exams = {row: records.get((row[0], row[1], row[3])) or Exam(row[3], row[1]) for row in rows}
    cells: dict[tuple[str, float, int], list[Exam]] = {}
    for row in sorted(rows, key=lambda row: _turn(row[3])):
        cells.setdefault(row[:3], []).append(exams[row])
    chosen = {cell: choose(candidates) for cell, candidates in cells.items()}
    published = [chosen[row[:3]][0] == row[3] for row in rows]
    status = [
        (chosen[row[:3]][1] if read else examination(exams[row])) + (ONE_DAY if row[2] > 1 else "")
        for row, read in zip(rows, published, strict=True)
    ]
    return var.with_columns(published=pl.Series(published, dtype=pl.Boolean), gate_status=pl.Series(status, dtype=pl.String))


def _turn(method: str) -> tuple[int, str]:
    """When a method is read: in the order of `READING`, and any other after those."""
    return (READING.index(method) if method in READING else len(READING)), method


def _records(backtest: pl.DataFrame) -> dict[tuple[str, float, str], Exam]:
    """The exams of the last 250 nights by portfolio, level and method."""
    rows = backtest.filter(pl.col("window") == str(NIGHTS)).select(
        "portfolio", "method", "confidence", "n", "breaches", "kupiec_p", "es_z2", "zone"
    )
    return {(row[0], row[2], row[1]): Exam(*row[1:]) for row in rows.iter_rows()}
