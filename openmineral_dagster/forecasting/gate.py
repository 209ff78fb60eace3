"""Which model the desk reads: a range keeps its place only while it covers what it says, else the named fallback does."""

from dataclasses import dataclass

from scipy.stats import binom

from openmineral_dagster.forecasting.baselines import HIST500
from openmineral_dagster.forecasting.scorecard import SCORED_ORIGINS

FALLBACK = HIST500
NOMINAL = 0.90
CONFIDENCE = 0.99


@dataclass(frozen=True)
class Record:
    """What a model's central 90 percent range of one series and horizon did.

    Attributes:
        outcomes: origins scored; 0 where there is none yet.
        coverage: share of them inside the range; None without outcomes.
    """

    model: str
    horizon: int
    outcomes: int
    coverage: float | None

    @property
    def band(self) -> tuple[float, float]:
        """The noise band of its outcomes."""
        return noise_band(self.outcomes, self.horizon)

    @property
    def failed(self) -> bool:
        """Whether coverage lies outside the noise band."""
        return self.coverage is not None and not self.band[0] <= self.coverage <= self.band[1]

    @property
    def words(self) -> str:
        """The record as the desk reads it."""
        return f"{self.model} 90% coverage {self.coverage:.2f} over {self.outcomes} nights"


def noise_band(outcomes: int, horizon: int) -> tuple[float, float]:
    """Coverage a true 90 percent range stays within, two-sided at 99 percent, over `outcomes` overlapping origins.

    Binomial with outcomes / horizon independent draws, at least one. Overlapping outcomes hold somewhat more than that
    (the spread measured for a true range is about 0.7 of it at 5 and 21 rows), so the band errs on the wide side.
    """
    draws = max(outcomes // horizon, 1)
    low, high = binom.interval(CONFIDENCE, draws, NOMINAL)
    return float(low) / draws, float(high) / draws


def examination(record: Record) -> str:
    """Gate status of one model by itself: not rejected, failed, or not yet earned while it has fewer than 250 outcomes.

    Not rejected says what the outcomes can tell: the band a true range stays in, wide where outcomes overlap.
    """
    if record.failed:
        return f"failed: {record.words}"
    if record.outcomes < SCORED_ORIGINS:
        return f"not yet earned: {record.outcomes} of {SCORED_ORIGINS} outcomes"
    low, high = record.band
    held = f"90% coverage {record.coverage:.2f} over {record.outcomes} nights"
    return f"not rejected: {held}, a true one holds {low:.2f} to {high:.2f}"


def choose_champion(candidate: Record, fallback: Record) -> tuple[str, str]:
    """Model the desk reads and its gate status.

    A candidate outside its noise band is replaced by the fallback, even before its 250 outcomes are complete: the
    band is wide while they are few. Where the fallback fails as well it is read with the status "unproven".
    """
    if not candidate.failed:
        return candidate.model, examination(candidate)
    if fallback.failed:
        return fallback.model, f"unproven: {candidate.words}; {fallback.words}"
    return fallback.model, f"replaced: {candidate.words}"
