"""Trying a step again where that may help: a bounded number of times, after growing pauses. Any other fault ends it at once."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from openmineral_dagster.lake.transient import may_pass

RETRIES = 3
FIRST_PAUSE_S = 2.0


@contextmanager
def tried_again(context: dg.AssetExecutionContext) -> Iterator[None]:
    """Turns a fault that may pass into a request to run the step once more."""
    try:
        yield
    except Exception as error:
        if not may_pass(error):
            raise
        pause = FIRST_PAUSE_S * 2.0**context.retry_number
        context.log.warning(f"{type(error).__name__}: {error}; again in {pause:g} s")
        raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=pause) from error
