"""No asset reads the future, and the harness that says so catches those that do."""

import json
import shutil
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from openmineral_dagster.lake.root import BINDING, DataRoot
from openmineral_dagster.lake.store import Lake
from openmineral_dagster.lake.tables import MONTHLY, POSITIONS_COT, PRICES, STOCKS, TABLES
from openmineral_dagster.reference.calendars import LONDON, at, is_business_day, night_end
from openmineral_dagster.reference.publication import published_at
from openmineral_dagster_tests.lookahead import leaks, noisy_lake, noisy_landing
from openmineral_dagster_tests.nights import compute

MONDAY = date(2024, 7, 15)
DAYS = [day for step in range(180) if is_business_day(day := MONDAY - timedelta(days=step))][::-1]


def vintages(table, source, days, **columns):
    """Rows of `table`, known by the rule of `source`; a column is a constant or a function of the row's number."""
    dates = next(name for name in table.dtypes if name.endswith("_date"))
    rows = [
        {
            dates: day,
            "source": source,
            "published_at": published_at(source, day),
            "known_at": published_at(source, day),
            "known_basis": "rule",
            **{name: value(number) if callable(value) else value for name, value in columns.items()},
        }
        for number, day in enumerate(days)
    ]
    return pl.DataFrame(rows, schema=table.dtypes)


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """London and New York copper, stocks, commitments and two vintages of a monthly series."""
    lake, random = Lake(tmp_path_factory.mktemp("lake")), np.random.default_rng(7)
    walk = 9000 * np.exp(np.cumsum(random.normal(0, 0.01, len(DAYS))))
    quoted = {"unit": "USD/t", "currency": "USD", "price": lambda row: float(walk[row])}
    london = vintages(PRICES, "lme", DAYS, instrument="CU", tenor="3m", **quoted)
    new_york = vintages(PRICES, "comex", DAYS, instrument="HG", tenor="front", **quoted)
    lake.append_vintages(PRICES, pl.concat([london, new_york]))
    lake.append_vintages(STOCKS, vintages(STOCKS, "lme_stocks", DAYS, instrument="CU", total=lambda row: 1000.0 + row))
    tuesdays = [day for day in DAYS if day.weekday() == 1]
    held = {"contract_code": "085692", "report": "net", "category": "noncommercial", "open_interest": 9.0, "short": 1.0}
    lake.append_vintages(POSITIONS_COT, vintages(POSITIONS_COT, "cftc", tuesdays, long=float, **held))
    months = [date(2024, month, 1) for month in range(2, 6)]
    first = vintages(MONTHLY, "worldbank", months, series="Copper", unit="$/mt", value=lambda row: 9000.0 + row)
    revised = first.with_columns(value=pl.col("value") + 100, known_at=pl.lit(datetime(2024, 7, 10, tzinfo=UTC)))
    lake.append_vintages(MONTHLY, pl.concat([first, revised.with_columns(known_basis=pl.lit("observed"))]))
    return lake


def by(hour, day=date(2024, 7, 9)):
    return at(day, time(hour, 30), LONDON)


def copper(rows):
    return rows.filter(pl.col("instrument") == "CU").sort("price_date")


def centred_window(lake, moment):
    every = copper(lake.scan(PRICES).collect())
    smooth = every.with_columns(smooth=pl.col("price").rolling_mean(5, center=True))
    return smooth.filter(pl.col("known_at") <= moment).select("price_date", "smooth")


def trailing_window(lake, moment):
    return copper(lake.read(PRICES, moment).collect()).select("price_date", smooth=pl.col("price").rolling_mean(5))


def full_sample_scaler(lake, moment):
    every = copper(lake.scan(PRICES).collect())
    scaled = every.with_columns(z=(pl.col("price") - pl.col("price").mean()) / pl.col("price").std())
    return scaled.filter(pl.col("known_at") <= moment).select("price_date", "z")


def scaler_of_what_was_known(lake, moment):
    known = copper(lake.read(PRICES, moment).collect())
    return known.select("price_date", z=(pl.col("price") - pl.col("price").mean()) / pl.col("price").std())


def revised_value_early(lake, moment):
    last = lake.scan(MONTHLY).sort("known_at").unique("month_date", keep="last").filter(pl.col("month_date") <= moment.date())
    return last.sort("month_date").select("month_date", "value").collect()


def value_as_first_published(lake, moment):
    return lake.read(MONTHLY, moment).select("month_date", "value").collect()


def commitments_of_tuesday(lake, moment):
    return lake.scan(POSITIONS_COT).filter(pl.col("report_date") <= moment.date()).sort("report_date").select("long").collect()


def commitments_published(lake, moment):
    return lake.read(POSITIONS_COT, moment).sort("report_date").select("long").collect()


def report_of_the_day(lake, moment):
    return lake.scan(STOCKS).filter(pl.col("report_date") <= moment.date()).sort("report_date").select("total").collect()


def report_published(lake, moment):
    return lake.read(STOCKS, moment).sort("report_date").select("total").collect()


def new_york_close_of_the_day(lake, moment):
    both = lake.scan(PRICES).filter(pl.col("price_date") <= moment.date()).sort("instrument", "price_date")
    return both.select("instrument", "price").collect()


def new_york_close_of_the_day_before(lake, moment):
    return lake.read(PRICES, moment).sort("instrument", "price_date").select("instrument", "price").collect()


PLANTED = [
    ("a centred window", centred_window, trailing_window, by(22)),
    ("a scaler fitted on the full sample", full_sample_scaler, scaler_of_what_was_known, by(22)),
    ("a revised Pink Sheet value used early", revised_value_early, value_as_first_published, by(22)),
    ("Tuesday's commitments on Tuesday", commitments_of_tuesday, commitments_published, by(22)),
    (
        "Tuesday's commitments on Friday before 15:30",
        commitments_of_tuesday,
        commitments_published,
        by(19, date(2024, 7, 12)),
    ),
    ("the warehouse report of the day", report_of_the_day, report_published, by(22)),
    ("the warehouse report before nine the next morning", report_of_the_day, report_published, by(8, date(2024, 7, 10))),
    (
        "a New York close for the London price of the day",
        new_york_close_of_the_day,
        new_york_close_of_the_day_before,
        by(13),
    ),
]


@pytest.mark.parametrize(("leak", "moment"), [case[1::2] for case in PLANTED], ids=[case[0] for case in PLANTED])
def test_a_planted_leak_is_caught(lake, tmp_path, leak, moment):
    assert leaks(leak, lake, [moment], tmp_path) == [moment]


@pytest.mark.parametrize(("honest", "moment"), [case[2:] for case in PLANTED], ids=[case[0] for case in PLANTED])
def test_its_honest_twin_is_not(lake, tmp_path, honest, moment):
    assert leaks(honest, lake, [moment], tmp_path) == []


def test_commitments_are_there_from_friday_1530_new_york(lake):
    friday, report = datetime(2024, 7, 12, 19, 30, tzinfo=UTC), pl.col("report_date").max()
    before, after = (
        lake.read(POSITIONS_COT, moment).select(report).collect().item() for moment in (friday - timedelta(seconds=1), friday)
    )
    assert (before, after) == (date(2024, 7, 2), date(2024, 7, 9))


def night_of(root: DataRoot, as_of: date) -> dict[str, list[tuple]]:
    """Every row of every table as the night of `as_of` left or knew it, but for the hashes of what was received."""
    lake, found = root.lake, {}
    for name, table in TABLES.items():
        rows = lake.read(table, night_end(as_of)).collect() if table.layout == "vintages" else lake.read_night(table, as_of)
        found[name] = sorted(rows.drop("landing", strict=False).rows(), key=repr)
    found.pop("ops.files")
    return found


def recomputed(base: DataRoot, folder: Path, as_of: date, noise_after: datetime, seed: int = 0) -> dict[str, list[tuple]]:
    """The night of `as_of` computed in a root that has lived on beyond it, with noise for all that was known later."""
    root = folder / "root"
    noisy_lake(base.lake, root, noise_after, seed)
    if base.models.exists():
        shutil.copytree(base.models, root / "models")
    landing = noisy_landing(base.landing, folder / "landing", noise_after, seed)
    (root / BINDING).write_text(json.dumps({"landing": str(landing)}))
    return night_of(compute(landing, root, as_of), as_of)


def check(base, tmp_path, as_of, seed):
    clean = recomputed(base, tmp_path / "clean", as_of, datetime(2099, 1, 1, tzinfo=UTC))
    noisy = recomputed(base, tmp_path / "noisy", as_of, night_end(as_of), seed)
    assert [name for name in clean if clean[name] != noisy[name]] == []
    assert clean["features.daily_panel"]


@pytest.mark.xdist_group("night")
def test_no_asset_of_the_graph_reads_the_future(sample_night, tmp_path):
    check(sample_night, tmp_path, date(2026, 10, 21), seed=1)


@pytest.mark.acceptance
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", [2, 3, 4, 5])
def test_no_asset_reads_the_future_at_random_cut_offs(sample_night, tmp_path, seed):
    nights = [day for step in range(700) if is_business_day(day := date(2026, 11, 19) - timedelta(days=step))]
    as_of = nights[int(np.random.default_rng(seed).integers(len(nights)))]
    check(DataRoot(untrained(sample_night, tmp_path), sample_night.landing), tmp_path, as_of, seed)


def untrained(base: DataRoot, folder: Path) -> Path:
    """The lake of a data root without its models: each version is then trained from what is there."""
    shutil.copytree(base.lake.folder, folder / "untrained" / "lake")
    return folder / "untrained"
