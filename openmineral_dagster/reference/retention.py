"""How long things are kept that can grow for ever. What is not named here is kept: tables, raw bytes, models, the publication."""

from datetime import timedelta

RUNS = timedelta(days=90)
"""Runs with their events in Dagster; the last run of every job stays."""
LAKE_FILES = timedelta(days=30)
"""Files and publications that nothing names any more."""
WINDOWS = timedelta(days=40)
"""Received files of publishers that serve a moving window: their rows are in the tables, their bytes in the raw store."""
ROUNDS = timedelta(days=400)
"""Records of what publishers were asked."""
EXPERIMENTS = timedelta(days=400)
"""MLflow's runs and artifacts of model versions that were never promoted and carry no alias."""
MEMO_FILES = timedelta(days=400)
"""Memos as files; their rows stay in the tables."""
LOCKS = timedelta(days=1)
"""Locks that runs left behind when they were killed."""
