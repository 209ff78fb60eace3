"""The sample's markets behave as the ones they stand for: volatilities, correlations, clustering, the fix before the close."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from openmineral_dagster.lake.root import PROJECT
from openmineral_dagster.reference.calendars import is_business_day
from openmineral_dagster.sources.landing import read_landing

SAMPLE = PROJECT / "data" / "sample"
FIRST, LAST = date(2020, 11, 23), date(2026, 11, 20)
LME = {"copper": 0.20, "aluminium": 0.20, "zinc": 0.25, "nickel": 0.33, "lead": 0.19, "tin": 0.30}
FUTURES = {"GC": 0.15, "SI": 0.28, "HG": 0.21, "CL": 0.38}
LAST_PRICE = {"copper": 9850, "aluminium": 2600, "zinc": 3050, "nickel": 16000, "lead": 1980, "tin": 33000}


def lme(metal: str) -> pl.DataFrame:
    frame = pl.read_csv(SAMPLE / "lme" / f"{metal}.csv", try_parse_dates=True)
    return frame.with_columns(move=pl.col("three_month").log().diff())


def bars(symbol: str) -> pl.DataFrame:
    frame = pl.read_csv(SAMPLE / "futures" / f"{symbol}=F.csv").with_columns(pl.col("Date").str.slice(0, 10).str.to_date())
    return frame.with_columns(move=pl.col("Close").log().diff())


def moves(name: str) -> np.ndarray:
    return (bars(name) if name in FUTURES else lme(name))["move"].drop_nulls().to_numpy()


@pytest.mark.parametrize(("name", "annual"), [*LME.items(), *FUTURES.items()])
def test_annual_volatility_is_near_what_was_asked_for(name, annual):
    assert moves(name).std() * np.sqrt(252) == pytest.approx(annual, rel=0.06)


@pytest.mark.parametrize("name", [*LME, *FUTURES])
def test_large_moves_come_in_clusters_and_tails_are_fat(name):
    size = np.abs(moves(name))
    memory = np.mean([np.corrcoef(size[lag:], size[:-lag])[0, 1] for lag in range(1, 11)])
    centred = moves(name) - moves(name).mean()
    assert 0.05 < memory < 0.35
    assert 4 < np.mean(centred**4) / np.mean(centred**2) ** 2 < 25


@pytest.mark.parametrize("name", [*LME, *FUTURES])
def test_moves_do_not_foretell_the_next_move(name):
    assert abs(np.corrcoef(moves(name)[1:], moves(name)[:-1])[0, 1]) < 0.08


def test_base_metals_move_together():
    together = np.corrcoef([moves(metal) for metal in LME])[np.triu_indices(len(LME), 1)]
    assert together.min() > 0.45
    assert 0.5 < together.mean() < 0.6


def test_the_fix_is_struck_before_the_comex_close():
    comex = bars("HG").select(date="Date", same="move", before=pl.col("move").shift(1))
    joined = lme("copper").join(comex, on="date").drop_nulls()
    same, before = joined.select(same=pl.corr("move", "same"), before=pl.corr("move", "before")).row(0)
    assert same == pytest.approx(0.55, abs=0.06)
    assert before == pytest.approx(0.35, abs=0.06)


@pytest.mark.parametrize("metal", LME)
def test_lme_files_hold_every_london_day_and_end_at_the_stated_price(metal):
    days = lme(metal)["date"].to_list()
    assert (days[0], days[-1]) == (FIRST, LAST)
    assert days == sorted(set(days))
    assert all(is_business_day(day, "london") for day in days)
    assert lme(metal)["three_month"][-1] == pytest.approx(LAST_PRICE[metal], rel=0.001)


@pytest.mark.parametrize("symbol", FUTURES)
def test_futures_trade_on_new_york_days(symbol):
    days = bars(symbol)["Date"].to_list()
    assert (days[0], days[-1]) == (FIRST, LAST)
    assert all(is_business_day(day, "new_york") for day in days)


def test_the_cash_spread_reverts_to_its_mean():
    spread = lme("copper").select(spread=pl.col("cash_settlement") / pl.col("three_month") - 1)["spread"].to_numpy()
    assert 0.9 < np.corrcoef(spread[1:], spread[:-1])[0, 1] < 0.995
    assert np.abs(spread).max() < 0.04


def test_copper_bars_come_stamped_with_the_zone_and_with_volume():
    lines = (SAMPLE / "futures" / "HG=F.csv").read_text().splitlines()
    assert lines[0] == "Date,Open,High,Low,Close,Adj Close,Volume,Dividends,Stock Splits"
    assert {line[10:25] for line in lines[1:]} == {" 00:00:00-05:00", " 00:00:00-04:00"}
    assert bars("HG")["Volume"].min() > 0


def test_reference_rates_run_backwards_and_one_currency_has_ended():
    header, *lines = (SAMPLE / "fx" / "eurofxref-hist.csv").read_text().splitlines()
    days = [line[:10] for line in lines]
    assert days == sorted(days, reverse=True)
    assert all(line.endswith(",") for line in (header, *lines))
    rouble = header.split(",").index("RUB")
    assert {line[:10] for line in lines if line.split(",")[rouble] == "N/A"} == {day for day in days if day > "2022-03-01"}
    assert sum(line.count("N/A") for line in lines) == sum(day > "2022-03-01" for day in days)


def test_simulated_moves_have_nothing_to_do_with_real_ones(real_landing):
    for metal in ("copper", "aluminium", "zinc", "nickel", "lead"):
        real = pl.read_csv(real_landing / "lme" / f"{metal}.csv", try_parse_dates=True).select("date", real="three_month")
        joined = lme(metal).join(real, on="date").with_columns(real_move=pl.col("real").log().diff()).drop_nulls()
        assert abs(joined.select(pl.corr("move", "real_move")).item()) < 0.1
        assert joined.filter(pl.col("three_month") == pl.col("real")).height <= 3  # by chance


def test_the_faults_left_in_are_all_that_goes_to_quarantine():
    faults = read_landing(SAMPLE).faults.select("file", "field", "reason").sort("file").rows()
    assert faults == [("futures/GC=F.csv", "open", "outside high and low"), ("lme/zinc.csv", "lme_stock", "missing")]


def test_one_bar_opens_above_its_high_and_one_stock_is_blank():
    odd = {symbol: bars(symbol).filter(pl.col("Open") > pl.col("High")).height for symbol in FUTURES}
    blank = {metal: lme(metal)["lme_stock"].null_count() for metal in LME}
    assert odd == {"GC": 1, "SI": 0, "HG": 0, "CL": 0}
    assert blank == {**dict.fromkeys(LME, 0), "zinc": 1}
