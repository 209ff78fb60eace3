"""What starts nights by itself, off until turned on: schedules for publishers and nights, a sensor on what lands.

And what looks after runs, always on: the abandoned are marked, and people are told of failures."""

import json
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path

import dagster as dg

from openmineral_dagster.defs.alone import report_abandoned
from openmineral_dagster.defs.jobs import FROM_THE_TERMINAL, nightly, refresh
from openmineral_dagster.defs.notices import TOLD, tell
from openmineral_dagster.defs.purge import purge_job
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.lake.publish import current
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.market.nights import nights_due
from openmineral_dagster.reference.errors import UsageFault
from openmineral_dagster.sources.landing import landing_digest, price_span, read_landing
from openmineral_dagster.sources.network.rounds import sources_on


def nights_to_run(root: DataRoot) -> tuple[list[date], str]:
    """Missed nights, oldest first, else the last one again where files say what they did not; and the digest of the files.

    Raises:
        UsageFault: the landing cannot be used, or the publication is damaged.
    """
    last = price_span(read_landing(root.landing, root.received))[1]
    published, digest = current(root.lake), landing_digest(root.landing, root.received)
    due = nights_due([date.fromisoformat(night) for night in published.nights] if published else [], last)
    taken_up = root.lake.taken_up(last) or ""
    return due or ([] if taken_up.startswith(digest) else [last]), digest[:16]


@dg.schedule(
    job=refresh,
    cron_schedule="30 22 * * *",
    execution_timezone="Europe/London",
    default_status=dg.DefaultScheduleStatus.STOPPED,
)
def refresh_schedule(data_root: DataRootResource) -> dg.RunRequest | dg.SkipReason:
    """At 22:30 London, weekends included, for lists change then too: before the night that is to know what came."""
    try:
        on, _ = sources_on(data_root.root)
    except UsageFault as fault:
        return dg.SkipReason(str(fault))
    return dg.RunRequest() if on else dg.SkipReason("no publisher is turned on")


@dg.schedule(
    job=nightly,
    cron_schedule="15 23 * * 1-5",
    execution_timezone="Europe/London",
    default_status=dg.DefaultScheduleStatus.STOPPED,
)
def nightly_schedule(data_root: DataRootResource) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """At 23:15 London: the missed nights in order, or the reason why there is none."""
    try:
        due, digest = nights_to_run(data_root.root)
    except UsageFault as fault:
        yield dg.SkipReason(str(fault))
        return
    if not due:
        yield dg.SkipReason("nothing new landed since the last published night")
    for night in due:
        yield dg.RunRequest(run_key=f"night-{night}-{digest}", partition_key=night.isoformat())


purge_schedule = dg.ScheduleDefinition(
    name="purge_schedule",
    job=purge_job,
    cron_schedule="0 4 * * 0",
    execution_timezone="Europe/London",
    default_status=dg.DefaultScheduleStatus.STOPPED,
)
"""Sundays at 04:00 London."""


def fingerprint(*folders: Path) -> str:
    """Changes whenever a file of the folders is added, removed or rewritten."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    listing = sorted((str(path), stat.st_size, stat.st_mtime_ns) for path in files for stat in [path.stat()])
    return sha256(json.dumps(listing).encode()).hexdigest()[:16]


@dg.sensor(job=nightly, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.STOPPED)
def landing_sensor(context: dg.SensorEvaluationContext, data_root: DataRootResource) -> dg.SensorResult:
    """When files land and have stopped changing: the missed nights in order, else the last night again."""
    seen = fingerprint(data_root.root.landing, data_root.root.received)
    looked = json.loads(context.cursor) if context.cursor else {}
    if seen == looked.get("launched"):
        return dg.SensorResult(skip_reason="nothing landed since the last run", cursor=context.cursor)
    if seen != looked.get("arriving"):
        waiting = json.dumps({**looked, "arriving": seen})
        return dg.SensorResult(skip_reason="files are arriving: a run starts once they have stopped changing", cursor=waiting)
    try:
        due, digest = nights_to_run(data_root.root)
    except UsageFault as fault:
        return dg.SensorResult(skip_reason=str(fault), cursor=context.cursor)
    cursor = json.dumps({"launched": seen})
    if not due:
        return dg.SensorResult(skip_reason="what landed says nothing new", cursor=cursor)
    requests = [dg.RunRequest(run_key=f"{night}-{digest}", partition_key=night.isoformat()) for night in due]
    return dg.SensorResult(requests, cursor=cursor)


@dg.sensor(minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def abandoned_runs(context: dg.SensorEvaluationContext, data_root: DataRootResource) -> dg.SkipReason:
    """Marks runs failed whose process is gone, after a kill or a power cut; the run queue then tries them again."""
    gone = report_abandoned(data_root.root, context.instance)
    return dg.SkipReason(f"abandoned: {', '.join(gone)}" if gone else "every unfinished run lives")


@dg.run_failure_sensor(minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def failure_notices(context: dg.RunFailureSensorContext, data_root: DataRootResource) -> dg.SkipReason | None:
    """Tells people of a run that failed and is not tried again, unless it was told of: by the terminal, or by the run itself."""
    run = context.dagster_run
    if run.tags.get("dagster/will_retry") == "true":
        return dg.SkipReason("it is tried again")
    if set(FROM_THE_TERMINAL) <= set(run.tags) or TOLD in run.tags:
        return dg.SkipReason("it was told of already")
    facts = {"run_id": run.run_id, "partition": run.tags.get("dagster/partition", "")}
    tell(data_root.root, f"{run.job_name} failed", context.failure_event.message or "no reason given", facts)
    return None
