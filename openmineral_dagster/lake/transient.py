"""Which errors may pass by themselves: a lock held by another, a disk that is busy. All others are there to stay."""

import errno
import sqlite3

import duckdb

from openmineral_dagster.reference.errors import TransientFault

PASSING = {errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.ETIMEDOUT, errno.ESTALE}


def may_pass(error: BaseException) -> bool:
    """Whether the same again may succeed a little later."""
    if isinstance(error, sqlite3.OperationalError):
        return "locked" in str(error)
    if isinstance(error, OSError):
        return error.errno in PASSING or isinstance(error, TimeoutError)
    return isinstance(error, TransientFault | duckdb.IOException)
