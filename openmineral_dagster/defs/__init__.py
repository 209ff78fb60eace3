"""The only code that knows Dagster: assets, checks, partitions, jobs, schedules, sensors, resources and storage."""

import warnings

import dagster as dg

# Partitioned checks are marked as a preview in this release; the test of the graph would show if they went away.
warnings.filterwarnings("ignore", category=dg.PreviewWarning)
warnings.filterwarnings("ignore", category=dg.BetaWarning)
