"""Volatility of one series against plain loops."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmineral_dagster.features.volatility import SEED_RETURNS, ewma_vol, log_return, rms

RETURNS = st.lists(st.floats(-0.5, 0.5), min_size=0, max_size=120)


def evaluated(expr, returns):
    frame = pl.DataFrame({"r": pl.Series([None, *returns], dtype=pl.Float64)})
    return frame.select(expr(pl.col("r")))["r"].to_list()[1:]


def looped_ewma(returns, decay):
    values, variance = [], None
    for count, value in enumerate(returns, 1):
        if count == SEED_RETURNS:
            variance = sum(r * r for r in returns[:count]) / count
        elif variance is not None:
            variance = decay * variance + (1 - decay) * value**2
        values.append(None if variance is None else variance**0.5)
    return values


@given(RETURNS, st.sampled_from([0.94, 0.97]))
def test_ewma_starts_at_the_mean_square_of_22_returns_and_then_decays(returns, decay):
    found = evaluated(lambda r: ewma_vol(r, decay), returns)
    expected = looped_ewma(returns, decay)
    assert [value is None for value in found] == [value is None for value in expected]
    assert [v for v in found if v is not None] == pytest.approx([v for v in expected if v is not None], rel=1e-9, abs=1e-12)


@given(RETURNS, st.sampled_from([5, 22, 66]))
def test_rms_is_the_root_mean_square_of_exactly_the_window(returns, window):
    found = evaluated(lambda r: rms(r, window), returns)
    for row, value in enumerate(found):
        if row + 1 < window:
            assert value is None
        else:
            assert value == pytest.approx(np.sqrt(np.mean(np.square(returns[row + 1 - window : row + 1]))), abs=1e-7)


def test_a_flat_week_after_a_jump_has_no_volatility_and_is_not_nan():
    found = evaluated(lambda r: rms(r, 5), [0.386, *[1e-9] * 3, *[0.0] * 9])
    assert found[-1] == pytest.approx(0.0, abs=1e-7)
    assert not np.isnan(found[-1])


def test_log_return_counts_rows():
    frame = pl.DataFrame({"p": [100.0, 110.0, 121.0]})
    two = frame.select(log_return(pl.col("p"), 2))["p"].to_list()
    assert two[:2] == [None, None]
    assert two[2] == pytest.approx(2 * np.log(1.1))
