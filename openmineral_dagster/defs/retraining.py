"""When challengers are trained again: on Saturdays, and before where the market drifts or ranges have stopped holding."""

import json
from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg
import polars as pl

from openmineral_dagster.defs.partitions import FRIDAY, week_of
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.forecasting import registry
from openmineral_dagster.lake.publish import current
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.tables import PRICE_DISTRIBUTION, PRICES, PROMOTIONS
from openmineral_dagster.reference.errors import UsageFault

MOST_REPLACED = 0.2
"""Share of series and horizons whose champion may have lost its place before that is broken coverage: by chance one in fifty."""


def last_friday(root: DataRoot) -> date:
    """The last Friday on or before the newest price stored.

    Raises:
        UsageFault: none is stored.
    """
    newest = root.lake.scan(PRICES).select(pl.col("price_date").max()).collect().item()
    if newest is None:
        raise UsageFault(f"data root {root.path}: no price is stored; `openmineral nightly` takes up those of the landing")
    last: date = newest - timedelta(days=(newest.weekday() - FRIDAY) % 7)
    return last


def why_retrain(root: DataRoot, night: date) -> list[str]:
    """What of a published night calls for new challengers: drift of their inputs, or ranges that left their bands."""
    contenders, ranges = root.lake.read_night(PROMOTIONS, night), root.lake.read_night(PRICE_DISTRIBUTION, night)
    told = [json.loads(evidence) for evidence in contenders["evidence"].head(1)]
    read = ranges.filter("champion").unique(["instrument", "tenor", "horizon_days"])
    lost = read.filter(pl.col("gate_status").str.contains("^(old price.*; )?(replaced|unproven)")).height
    reasons = [
        f"drift: stability index {found['drift']:.2f}, of the past 99 in 100 below {found['drift_usual']:.2f}"
        for found in told
        if found["drift"] > found["drift_usual"]
    ]
    broken = read.height > 0 and lost > MOST_REPLACED * read.height
    return reasons + ([f"broken coverage: {lost} of {read.height} champions replaced"] if broken else [])


@dg.schedule(
    job_name="train",
    cron_schedule="0 6 * * 6",
    execution_timezone="Europe/London",
    default_status=dg.DefaultScheduleStatus.STOPPED,
)
def weekly_training_schedule(data_root: DataRootResource) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Saturdays at 06:00 London: challengers tuned and trained through the last Friday that has prices."""
    yield from training_due(data_root.root, "week", "week")


@dg.sensor(job_name="train", minimum_interval_seconds=300, default_status=dg.DefaultSensorStatus.STOPPED)
def drift_sensor(data_root: DataRootResource) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """After a night whose inputs have drifted, or whose ranges have stopped holding: at most one training a week."""
    root = data_root.root
    published = current(root.lake)
    if not published or not published.nights:
        yield dg.SkipReason("no night is published yet")
        return
    night = max(published.nights)
    reasons = why_retrain(root, date.fromisoformat(night))
    if not reasons:
        yield dg.SkipReason("inputs and coverage are as they were")
        return
    yield from training_due(root, "; ".join(reasons), night)


def training_due(root: DataRoot, reason: str, asked_by: str) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """A training through the last Friday, unless there is one; each who asks is answered once, so a failure is tried again."""
    try:
        friday = last_friday(root)
    except UsageFault as fault:
        yield dg.SkipReason(str(fault))
        return
    if friday in registry.stored(root.models):
        yield dg.SkipReason(f"challengers are trained through {friday} already")
        return
    yield dg.RunRequest(run_key=f"train-{friday}-{asked_by}", partition_key=week_of(friday), tags={"openmineral/reason": reason})
