"""The calibration page says what the tables say, plainly, and needs nothing from outside."""

import re

import polars as pl
import pytest

from openmineral_dagster.forecasting.calibration import calibration
from openmineral_dagster.forecasting.distribution import forecast
from openmineral_dagster.forecasting.skill import skill
from openmineral_dagster.lake.tables import CALIBRATION, PRICE_DISTRIBUTION, SKILL
from openmineral_dagster.reporting.calibration import page, verdict
from openmineral_dagster_tests.forecasting.markets import LAST, market, studied

STUDY = studied(market(rows=900))
CLAIMS, COVERED, RANGES = skill(STUDY, LAST), calibration(STUDY, LAST), forecast(STUDY, LAST, "ensemble", {})
PAGE = page(LAST, "ensemble", CLAIMS, COVERED, RANGES, sample_data=False)


def test_it_says_that_no_skill_is_shown_where_none_is():
    assert "It knows where prices go not at all: no skill is shown." in PAGE


def test_it_shows_the_record_of_the_table():
    row = CLAIMS.filter((pl.col("model") == "ensemble") & (pl.col("market") == "all") & (pl.col("information") == "fix")).row(
        0, named=True
    )
    assert f"{100 * row['skill_hist500']:+.2f} %" in PAGE


def test_it_has_a_picture_by_horizon_volatility_and_instrument_with_every_instrument_in_it():
    assert PAGE.count("<svg") == 3
    assert re.search(r'aria-label="By instrument"', PAGE)
    covered = COVERED.filter(
        (pl.col("scope") == "instrument") & (pl.col("information") == "night") & (pl.col("model") == "ensemble")
    )
    assert covered["member"].n_unique() == 4


def test_it_needs_nothing_from_outside_and_marks_a_sample():
    assert not re.findall(r'(?:src|href)="(?!#)', PAGE.replace("xlink:href", "inside"))
    assert "SAMPLE DATA" not in PAGE
    assert "SAMPLE DATA" in page(LAST, "ensemble", CLAIMS, COVERED, RANGES, sample_data=True)


def test_it_lists_what_the_desk_reads_in_the_champions_place_and_escapes_it():
    replaced = RANGES.with_columns(
        gate_status=pl.when(pl.col("champion") & (pl.col("instrument") == "CU"))
        .then(pl.lit("replaced: <b>x</b>"))
        .otherwise("gate_status")
    )
    shown = page(LAST, "ensemble", CLAIMS, COVERED, replaced, sample_data=False)
    assert "replaced: &lt;b&gt;x&lt;/b&gt;" in shown
    assert "none has left its band" in PAGE


def test_it_judges_the_model_whose_ranges_the_desk_reads():
    other = page(LAST, "ewma97_normal", CLAIMS, COVERED, RANGES, sample_data=False)
    assert "What the record of ewma97_normal is worth" in other
    assert "What the record of ensemble is worth" in PAGE
    row = CLAIMS.filter((pl.col("model") == "ewma97_normal") & (pl.col("market") == "all") & (pl.col("horizon_days") == 1))
    assert all(f"{100 * skill:+.2f} %" in other for skill in row["skill_hist500"])


def test_before_any_outcome_it_says_that_there_is_nothing_to_say():
    assert "nothing to say" in page(
        LAST, "ensemble", SKILL.empty(), CALIBRATION.empty(), PRICE_DISTRIBUTION.empty(), sample_data=False
    )


@pytest.mark.parametrize(
    ("claim", "words"),
    [("catch-up", "only as catch-up, 1 rows ahead"), ("skill", "look for a leak"), ("not shown", "no skill is shown")],
)
def test_the_verdict_names_catch_up_and_distrusts_skill(claim, words):
    row = {"range_claim": "better", "mean_claim": claim, "horizon_days": 1}
    assert words in verdict(pl.DataFrame([row]))
