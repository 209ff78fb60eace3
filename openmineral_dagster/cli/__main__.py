"""`python -m openmineral_dagster.cli`, as the platform starts itself for training."""

from openmineral_dagster.cli import main

main()
