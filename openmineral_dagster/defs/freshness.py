"""When the catalogue calls an asset late: a night's tables by half past midnight, a publisher's files by its own pace."""

from datetime import timedelta

import dagster as dg

NIGHT = dg.FreshnessPolicy.cron(deadline_cron="30 0 * * 2-6", lower_bound_delta=timedelta(hours=2), timezone="Europe/London")
"""The morning after every business night."""
DAILY = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=48), warn_window=timedelta(hours=26))
"""Publishers are asked every evening; a list that was not confirmed for two days lets nothing pass."""
QUARTER = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=100))
"""Challengers are trained once a quarter at least."""
