"""`openmineral deal`: what it prints of deals that leave prices open, and the one line where it cannot."""

import json
import sys

import pytest

from openmineral_dagster.cli import main
from openmineral_dagster.lake.root import PROJECT, SAMPLE_LANDING
from openmineral_dagster_tests.conftest import SHARED
from openmineral_dagster_tests.deals.texts import CATHODE, OPEN


@pytest.fixture
def run(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["openmineral", *map(str, arguments)])
        main()
        return capsys.readouterr().out

    return call


@pytest.fixture
def refused(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["openmineral", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        said = capsys.readouterr().err
        assert (stopped.value.code, said.count("\n")) == (2, 1)
        return said

    return call


@pytest.fixture
def deal(tmp_path):
    def write(text):
        (tmp_path / "deal.yaml").write_text(text)
        return tmp_path / "deal.yaml"

    return write


def test_an_open_price_comes_from_the_landing_as_the_night_knew_it_and_nothing_is_written(run, deal, tmp_path):
    root = tmp_path / "root"
    where = ("--landing", SAMPLE_LANDING, "--data-root", root)
    earlier, last = (
        json.loads(run("deal", "value", deal(OPEN), "--json", *where, *day)) for day in (("--as-of", "2026-11-13"), ())
    )
    assert earlier["legs"]["buy"]["open_prices"]["copper"]["fixed_days"] == 10
    assert last["legs"]["buy"]["open_prices"]["copper"]["fixed_days"] == 15
    assert last["legs"]["buy"]["open_prices"]["copper"]["unpriced"] == "0.285714"
    assert not root.exists()


@pytest.mark.xdist_group("night")
def test_the_command_and_the_night_price_alike(run, deal, sample_night, tmp_path):
    where = ("--json", "--landing", SAMPLE_LANDING, "--data-root", tmp_path / "root")
    alone = json.loads(run("deal", "value", deal(OPEN), *where))
    beside = json.loads(run("deal", "value", deal(OPEN), "--json", "--data-root", sample_night.path))
    added = beside.pop("risk")
    assert alone == beside, "only a night that is stored has a book to add to"
    assert float(added["incremental_var_usd"]) == pytest.approx(float(added["var_with_usd"]) - float(added["var_without_usd"]))


def test_a_deal_at_fixed_prices_adds_nothing_to_the_risk_of_the_book(run, deal, sample_night):
    assert "risk" not in json.loads(run("deal", "value", deal(CATHODE), "--json", "--data-root", sample_night.path))


def test_a_deal_after_the_last_price_is_refused_only_where_a_price_is_open(run, refused, deal, tmp_path):
    where = ("--landing", SAMPLE_LANDING, "--data-root", tmp_path / "root")
    assert "after the last price" in refused("deal", "value", deal(OPEN.replace("2026-11-02", "2026-11-23")), *where)
    assert "900,900.00" in run("deal", "value", deal(CATHODE.replace("2026-10-15", "2026-11-23")), *where)


def test_a_metal_without_prices_is_named_by_its_field(refused, deal, tmp_path):
    text = OPEN.replace("copper", "platinum")
    said = refused("deal", "value", deal(text), "--landing", SAMPLE_LANDING, "--data-root", tmp_path / "root")
    assert "legs.buy.pricing.platinum: expected fixed_usd, or a price of PT-LBMA pm or PL front" in said


def test_a_real_open_deal_says_what_it_rests_on(run, deal, real_landing, tmp_path):
    text = OPEN.replace("2026-11-02", "2024-07-01").replace("2026-11-10", "2024-07-10").replace("2026-12-05", "2024-07-28")
    found = json.loads(
        run(
            "deal",
            "value",
            deal(text),
            "--json",
            "--landing",
            real_landing,
            "--data-root",
            tmp_path / "r",
            "--as-of",
            "2024-07-31",
        )
    )
    july = found["legs"]["buy"]["open_prices"]["copper"]
    # mean of the 23 official cash settlements of July 2024 in the landing
    rows = [line.split(",") for line in (SHARED / "data" / "lme" / "copper.csv").read_text().splitlines()]
    fixings = [float(row[1]) for row in rows if row[0].startswith("2024-07")]
    assert july["fixed_days"] == len(fixings) == 23
    assert float(july["price_usd"]) == pytest.approx(sum(fixings) / 23, abs=0.00501)
    assert found["legs"]["sell"]["open_prices"]["copper"]["unpriced"] == "1.000000"


@pytest.mark.xdist_group("night")
def test_a_deal_is_simulated_on_the_published_ranges(run, refused, deal, sample_night, tmp_path):
    found = json.loads(run("deal", "simulate", deal(OPEN), "--json", "--outcomes", "2000", "--data-root", sample_night.path))
    assert found["q05_usd"] < found["q50_usd"] < found["q95_usd"]
    assert list(found["contributions_usd"]) == ["price.copper"]
    assert "loss_probability" in run("deal", "simulate", deal(OPEN), "--outcomes", "1000", "--data-root", sample_night.path)
    assert "no night is published yet" in refused("deal", "simulate", deal(OPEN), "--data-root", tmp_path / "root")


def test_the_schema_is_printed_for_editors(run):
    assert run("deal", "schema") == (PROJECT / "docs" / "deal.schema.json").read_text()
