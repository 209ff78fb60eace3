"""The only code that knows Dagster: assets, checks, partitions, jobs, schedules, sensors, resources and storage."""
