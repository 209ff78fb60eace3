"""The deal inbox: a YAML that lands in `deals/` becomes a partition, and a run takes it in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import dagster as dg

from openmineral_dagster.defs.assets.inbox import DEAL_FILES, inbox
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.defs.taking_in import last_night
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.tables import FILES
from openmineral_dagster.reference.errors import BadInput, UsageFault
from openmineral_dagster.sources import deal_files
from openmineral_dagster.sources.folder import Found, landing_files

MOST_AT_ONCE = 25
"""Files a look at the inbox starts runs for: runs go one at a time, and the rest wait for the next look."""
NOT_IN_A_KEY = ("...", "?")
"""What Dagster does not take in a partition key, and what stands for a sign that cannot be printed."""
Cursor = dict[str, dict[str, str]]

take_in_deal = dg.define_asset_job(
    "take_in_deal",
    selection=dg.AssetSelection.assets(inbox),
    partitions_def=DEAL_FILES,
    description="Value, screen and write up one deal file as it lands, and publish it beside the night's other deals.",
)


@dataclass(frozen=True)
class Arrival:
    """A deal file whose text nobody has seen yet."""

    file: str
    digest: str

    @property
    def key(self) -> str:
        """Its partition: the file's name."""
        return self.file.rpartition("/")[2]


def deals_landed(root: DataRoot) -> dict[str, str]:
    """SHA-256 by path of the deal files there are.

    Raises:
        UsageFault: the landing cannot be used.
    """
    found = (found for found in landing_files(root.landing) if deal_files.matches(found.file) and not found.notice)
    return {item.file: digest for item in found if (digest := _digest(item)) is not None}


def _digest(found: Found) -> str | None:
    """None for what cannot be read now: the next look, or the nightly, tells of it."""
    try:
        return sha256(found.content()).hexdigest()
    except BadInput:
        return None


def look(cursor: Cursor, landed: Mapping[str, str], taken_up: Mapping[str, str]) -> tuple[list[Arrival], Cursor]:
    """The files to take in, and what to remember of this look.

    Args:
        cursor: `launched` and `arriving` digests by file, of the look before.
        landed: digests of the files there are.
        taken_up: digests of the files the last night took up.

    A file is taken in once it says something neither the night nor a run has seen, and has stopped changing: it is the
    same at two looks.
    """
    launched = {file: digest for file, digest in cursor.get("launched", {}).items() if file in landed}
    new = {file: digest for file, digest in landed.items() if digest != launched.get(file, taken_up.get(file))}
    settled = [Arrival(file, digest) for file, digest in new.items() if cursor.get("arriving", {}).get(file) == digest]
    due = [arrival for arrival in settled if not any(sign in arrival.key for sign in NOT_IN_A_KEY)][:MOST_AT_ONCE]
    remembered = launched | {arrival.file: arrival.digest for arrival in due}
    return due, {"launched": remembered, "arriving": {file: new[file] for file in new if remembered.get(file) != new[file]}}


@dg.sensor(job=take_in_deal, minimum_interval_seconds=10, default_status=dg.DefaultSensorStatus.RUNNING)
def deal_inbox(context: dg.SensorEvaluationContext, data_root: DataRootResource) -> dg.SensorResult:
    """Takes in deal files as they land or change, once a night is published; a landing that is at rest starts nothing."""
    root = data_root.root
    try:
        night = last_night(root)
        landed = deals_landed(root)
    except UsageFault as fault:
        return dg.SensorResult(skip_reason=str(fault), cursor=context.cursor)
    taken_up = dict(root.lake.read_night(FILES, night).select("file", "sha256").iter_rows())
    due, cursor = look(json.loads(context.cursor) if context.cursor else {}, landed, taken_up)
    return dg.SensorResult(
        run_requests=[_request(arrival, context) for arrival in due],
        dynamic_partitions_requests=[DEAL_FILES.build_add_request([arrival.key for arrival in due])] if due else [],
        skip_reason=None if due else "no deal file is new, or those that are have not stopped changing",
        cursor=json.dumps(cursor),
    )


def _request(arrival: Arrival, context: dg.SensorEvaluationContext) -> dg.RunRequest:
    """A run of its own each time a file says something else, be it what it said once: the look before tells them apart."""
    moment = f"{context.last_tick_completion_time or 0:.0f}"
    return dg.RunRequest(run_key=f"{arrival.key}-{arrival.digest[:16]}-{moment}", partition_key=arrival.key)
