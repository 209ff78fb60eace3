"""The trained version of the night, the forecast ranges of every model, and how each has done."""

import os
import subprocess
import sys
from datetime import date

import dagster as dg
import polars as pl

from openmineral_dagster.defs.assets.training import quantile_network
from openmineral_dagster.defs.nightly import Night, asset_key, night_asset
from openmineral_dagster.defs.partitions import LAST_QUARTER
from openmineral_dagster.features.panel import feature_history
from openmineral_dagster.forecasting import registry
from openmineral_dagster.forecasting.distribution import forecast
from openmineral_dagster.forecasting.network import is_eligible, model_vintage
from openmineral_dagster.forecasting.promotion import promotion_row
from openmineral_dagster.forecasting.scorecard import scorecard
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.tables import PRICE_DISTRIBUTION, PRICES, PROMOTIONS, SCORECARD
from openmineral_dagster.reference.calendars import night_end

TRAINED_FOR_THE_NIGHT = dg.AssetDep(quantile_network, partition_mapping=LAST_QUARTER)


@night_asset(PROMOTIONS, {"python"}, deps=[TRAINED_FOR_THE_NIGHT, asset_key(PRICES)])
def promotions(night: Night) -> pl.DataFrame:
    """The version that serves the night; it is trained first where it is missing and the history allows."""
    vintage = model_vintage(night.as_of)
    if registry.find(night.root.models, vintage) is None and is_eligible(_history(night.root, vintage), vintage):
        night.log.info(f"no network trained through {vintage} yet: training it now")
        train_in_its_own_process(night.root, night.as_of)
    version = registry.find(night.root.models, vintage)
    return promotion_row(night.as_of, version.network, version.evidence) if version else PROMOTIONS.empty()


def _history(root: DataRoot, vintage: date) -> pl.DataFrame:
    return feature_history(root.lake.read(PRICES, night_end(vintage)).collect())


def train_in_its_own_process(root: DataRoot, as_of: date) -> None:
    """Run the training job beside this process, so that torch and MLflow weigh on the night only when needed.

    Raises:
        dagster.Failure: with the last line the training wrote.
    """
    arguments = ["train", "--as-of", as_of.isoformat(), "--data-root", str(root.path), "--landing", str(root.landing)]
    done = subprocess.run(
        [sys.executable, "-m", "openmineral_dagster.cli", *arguments],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = (done.stderr.strip() or "it wrote nothing").splitlines()[-1]
        raise dg.Failure(f"training for {as_of} ended with status {done.returncode}: {words}")


def _serving(promoted: pl.DataFrame, root: DataRoot) -> registry.Version | None:
    """The stored version a night's `forecasts.promotions` names."""
    return registry.find(root.models, promoted["trained_through"].item()) if promoted.height else None


@night_asset(PRICE_DISTRIBUTION, {"polars", "numpy"}, reads={"prices": PRICES, "promoted": PROMOTIONS})
def price_distribution(night: Night, prices: pl.DataFrame, promoted: pl.DataFrame) -> pl.DataFrame:
    """Quantiles by model, series and horizon; one champion each."""
    version = _serving(promoted, night.root)
    return forecast(prices, night.as_of, version.network if version else None, bool(version and version.evidence["promoted"]))


@night_asset(SCORECARD, {"polars", "numpy"}, reads={"prices": PRICES, "promoted": PROMOTIONS})
def score(night: Night, prices: pl.DataFrame, promoted: pl.DataFrame) -> pl.DataFrame:
    """Score and coverage of every model over its last origins."""
    version = _serving(promoted, night.root)
    return scorecard(prices, night.as_of, version.network if version else None)
