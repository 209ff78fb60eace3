"""The two baselines against brute force, and the edge of what they may know."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from openmineral_dagster.features.panel import feature_history
from openmineral_dagster.forecasting.baselines import ewma97_normal, hist500
from openmineral_dagster.forecasting.quantiles import HORIZONS, QUANTILES, level_index
from openmineral_dagster.forecasting.series import priced_series
from openmineral_dagster_tests.forecasting.markets import market

SERIES = priced_series(feature_history(market(rows=900, symbols=(("CU", "3m"),))))[0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 900), st.sampled_from(HORIZONS))
def test_hist500_is_the_sample_quantile_of_the_last_500_returns_that_ended_by_the_origin(row, horizon):
    known = SERIES.log_prices[: row + 1]
    moves = (known[horizon:] - known[:-horizon])[-500:]
    found = hist500(SERIES, np.array([row]), horizon)[0]
    if len(moves) < 60:
        assert np.isnan(found).all()
    else:
        assert found == pytest.approx(np.quantile(moves, QUANTILES), abs=1e-12)


@pytest.mark.parametrize("model", [ewma97_normal, hist500])
@pytest.mark.parametrize("horizon", HORIZONS)
def test_a_history_of_origins_gives_what_each_origin_gives_alone(model, horizon):
    rows = np.array([100, 400, 899, 900])
    together = model(SERIES, rows, horizon)
    alone = np.concatenate([model(SERIES, rows[[at]], horizon) for at in range(4)])
    assert np.array_equal(together, alone)


def test_the_normal_range_has_no_drift_and_grows_with_the_root_of_the_horizon():
    one, five = (ewma97_normal(SERIES, np.array([500]), horizon)[0] for horizon in (1, 5))
    assert one[level_index(0.5)] == 0.0
    assert five == pytest.approx(np.sqrt(5) * one)
    assert one[level_index(0.95)] == pytest.approx(norm.ppf(0.95) * SERIES.ewma97_vol[500])
    assert one == pytest.approx(-one[::-1])
