"""A step is tried again where that may help, and not where it cannot."""

import errno
import sqlite3

import dagster as dg
import duckdb
import pytest

from openmineral_dagster.defs import retries
from openmineral_dagster.defs.retries import tried_again
from openmineral_dagster.lake.transient import may_pass
from openmineral_dagster.reference.errors import BadInput, PermanentFault, TransientFault

PASSING = [
    TransientFault("busy"),
    sqlite3.OperationalError("database is locked"),
    duckdb.IOException("could not set lock"),
    OSError(errno.EBUSY, "busy"),
    TimeoutError("slow"),
]
LASTING = [
    PermanentFault("gone"),
    BadInput("a", "b", 1, "c"),
    sqlite3.OperationalError("no such table"),
    OSError(errno.ENOSPC, "disk full"),
    ValueError("x"),
    KeyError("x"),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_what_may_pass(error):
    assert may_pass(error)


@pytest.mark.parametrize("error", LASTING, ids=repr)
def test_what_is_there_to_stay(error):
    assert not may_pass(error)


def outcome(monkeypatch, errors):
    """Whether an asset that fails with each of `errors` in turn succeeds in the end, and how often it was run."""
    monkeypatch.setattr(retries, "FIRST_PAUSE_S", 0.001)
    left, tries = list(errors), []

    @dg.asset
    def fragile(context: dg.AssetExecutionContext) -> None:
        tries.append(1)
        with tried_again(context):
            if left:
                raise left.pop(0)

    return dg.materialize([fragile], raise_on_error=False).success, len(tries)


def test_a_step_that_fails_twice_for_a_passing_reason_succeeds(monkeypatch):
    assert outcome(monkeypatch, PASSING[:2]) == (True, 3)


def test_a_step_is_not_tried_for_ever(monkeypatch):
    assert outcome(monkeypatch, [TransientFault("busy")] * 9) == (False, 1 + retries.RETRIES)


def test_a_step_that_fails_for_good_fails_at_once(monkeypatch):
    assert outcome(monkeypatch, [PermanentFault("gone")]) == (False, 1)
