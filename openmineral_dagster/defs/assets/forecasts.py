"""Who may be champion tonight, the forecast ranges of every model, and how each has done."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date

import dagster as dg
import polars as pl

from openmineral_dagster.defs.assets.training import challengers
from openmineral_dagster.defs.nightly import (
    MANY_NIGHTS_IN_ONE_RUN,
    Night,
    asset_key,
    night_asset,
    night_assets,
    run_nights_of,
    spec_of,
    stored,
)
from openmineral_dagster.defs.partitions import LAST_WEEK, NIGHTS
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.defs.retries import tried_again
from openmineral_dagster.defs.study import READS, TRAINS_ON_DEMAND, market_at, scored_since, serving, study_for, versions_before
from openmineral_dagster.forecasting import registry
from openmineral_dagster.forecasting.calibration import calibration
from openmineral_dagster.forecasting.distribution import forecast
from openmineral_dagster.forecasting.promotion import champion_of, contests, promotions, trials_behind, versions_named
from openmineral_dagster.forecasting.scorecard import scorecard
from openmineral_dagster.forecasting.skill import skill
from openmineral_dagster.forecasting.training import is_eligible
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables import (
    CALIBRATION,
    CONTESTS,
    PRICE_DISTRIBUTION,
    PROMOTIONS,
    SCORECARD,
    SKILL,
)

TRAINED_FOR_THE_NIGHT = dg.AssetDep(challengers, partition_mapping=LAST_WEEK)
CHALLENGES = {CONTESTS: {"polars", "numpy"}, PROMOTIONS: {"polars", "numpy"}}
SCORES = {SCORECARD: {"polars", "numpy"}, SKILL: {"polars", "numpy"}, CALIBRATION: {"polars", "numpy"}}


@dg.multi_asset(
    name="challenges",
    specs=[
        spec_of(table, kinds, READS.values()).merge_attributes(deps=[TRAINED_FOR_THE_NIGHT])
        for table, kinds in CHALLENGES.items()
    ],
    partitions_def=NIGHTS,
    backfill_policy=MANY_NIGHTS_IN_ONE_RUN,
)
def challenges(context: dg.AssetExecutionContext, data_root: DataRootResource) -> Iterator[dg.MaterializeResult]:
    """What challengers won or lost, and who is champion; the version a night needs is trained first where there is none."""
    nights = run_nights_of(context, data_root)
    with tried_again(context):
        train_what_is_missing(nights)
        held = nights[0].lake.read_before(CONTESTS, nights[0].as_of)
        for night in nights:
            fought = contests(study_for(night), night.as_of, held)
            held = pl.concat([held, fought])
            night.lake.write_night(CONTESTS, night.as_of, fought)
            night.lake.write_night(PROMOTIONS, night.as_of, promotions(held, night.as_of, serving(night), study_for(night)))
    for table in CHALLENGES:
        yield stored(nights[-1], table)


def train_what_is_missing(nights: list[Night]) -> None:
    """Train the version each night needs where none is there yet and the history allows, beside this process."""
    if nights[0].tags.get(TRAINS_ON_DEMAND) == "false":
        return
    root = nights[0].root
    for vintage in sorted({registry.vintage_of(night.as_of) for night in nights}):
        if vintage not in registry.stored(root.models) and is_eligible(market_at(root, vintage), vintage):
            nights[0].log.info(f"no challenger trained through {vintage} yet: training it now")
            train_in_its_own_process(root, vintage)


def train_in_its_own_process(root: DataRoot, trained_through: date) -> None:
    """Run the training job beside this process, so that torch and MLflow weigh on the night only when needed.

    Raises:
        dagster.Failure: with the last line the training wrote.
    """
    where = ["--data-root", str(root.path), "--landing", str(root.landing)]
    arguments = ["train", "--through", trained_through.isoformat(), "--trials", "0", *where]
    done = subprocess.run(
        [sys.executable, "-m", "openmineral_dagster.cli", *arguments],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = (done.stderr.strip() or "it wrote nothing").splitlines()[-1]
        raise dg.Failure(f"training through {trained_through} ended with status {done.returncode}: {words}")


@night_asset(
    PRICE_DISTRIBUTION, {"polars", "numpy"}, reads={"promoted": PROMOTIONS}, deps=[asset_key(table) for table in READS.values()]
)
def price_distribution(night: Night, promoted: pl.DataFrame) -> pl.DataFrame:
    """Quantiles by model, series, horizon and information set; one champion each."""
    return forecast(study_for(night), night.as_of, champion_of(promoted), versions_named(promoted))


@night_assets("scores", SCORES, reads=READS, after=[PROMOTIONS])
def scores(night: Night, **tables: pl.DataFrame) -> Mapping[Table, pl.DataFrame]:
    """Scores of every model by cell, what its record is worth over all, and whether its ranges hold what they say."""
    study, since = study_for(night), scored_since(night)
    scored = {
        SCORECARD: scorecard(study, night.as_of, trials_behind(study, versions_before(night)), since),
        SKILL: skill(study, night.as_of, since),
        CALIBRATION: calibration(study, night.as_of, since),
    }
    return {table: beside_what_is_held(night, table, rows) for table, rows in scored.items()} if since else scored


def beside_what_is_held(night: Night, table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of a backtest beside those the night has of other windows: memos were written on them."""
    return pl.concat([night.lake.read_night(table, night.as_of).join(rows, on=table.key, how="anti"), rows])
