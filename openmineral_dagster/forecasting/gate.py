"""Which ranges the desk reads: the champion's while they cover what they say, else the named fallback's, never none."""

from collections.abc import Sequence
from dataclasses import dataclass

from openmineral_dagster.forecasting.metrics import perfect_coverage_band
from openmineral_dagster.forecasting.models import EWMA97_NORMAL
from openmineral_dagster.forecasting.study import ADAPTIVE, SCORED_ORIGINS

FALLBACKS = (EWMA97_NORMAL, ADAPTIVE)
"""Read in the champion's place, in this order."""
NOMINAL = 0.90
CONFIDENCE = 0.99
"""Of the band: thirty cells examined every night would leave one of 95 percent all the time."""


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
        """Coverage a true 90 percent range stays within over as many overlapping origins."""
        return perfect_coverage_band(self.outcomes, self.horizon, NOMINAL, CONFIDENCE)

    @property
    def failed(self) -> bool:
        """Whether coverage lies outside the noise band."""
        return self.coverage is not None and not self.band[0] <= self.coverage <= self.band[1]

    @property
    def words(self) -> str:
        """The record as the desk reads it."""
        return f"{self.model} 90% coverage {self.coverage:.2f} over {self.outcomes} nights"


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


def choose(champion: Record, fallbacks: Sequence[Record]) -> tuple[str, str]:
    """Model the desk reads and its gate status.

    A champion outside its noise band is replaced by the first fallback inside its own, even before its 250 outcomes are
    complete: the band is wide while they are few. Where all have left theirs the first fallback is read as "unproven".
    """
    if not champion.failed:
        return champion.model, examination(champion)
    standing = [fallback for fallback in fallbacks if not fallback.failed]
    if standing:
        return standing[0].model, f"replaced: {champion.words}"
    return fallbacks[0].model, f"unproven: {'; '.join(record.words for record in (champion, *fallbacks))}"
