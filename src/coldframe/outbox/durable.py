"""
Transactions that are done or known not to be done.

When the line to the database breaks while it commits, nobody knows whether it has. So the work of such a
transaction is written to be done again: it changes only what is still as it was, and says what it changed.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

from coldframe.storage import turns

Result = TypeVar("Result")

#: Between tries; the last one is repeated.
PAUSES = (0.02, 0.1, 0.5, 1.0)


def durably(work: Callable[[], Result], *, patience: float) -> Result:
    """
    Do the work in a transaction of its own, again for up to ``patience`` seconds while the database fails.

    Raises the database's last error after that, and any other error at once.
    """
    give_up_at = time.monotonic() + patience
    for pause in endless(PAUSES):
        try:
            with turns.taken(), transaction.atomic(durable=True):
                return work()
        except (OperationalError, InterfaceError) as error:
            if is_mistake(error) or time.monotonic() + pause > give_up_at:
                raise
            drop_broken_line()
            time.sleep(pause)
    raise AssertionError("endless")


def is_mistake(error: Exception) -> bool:
    """Return whether the statement itself is wrong, which SQLite says in the same way as that it is locked."""
    return getattr(error.__cause__, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def endless(pauses: tuple[float, ...]) -> Any:
    """Yield the pauses, and the last one for ever."""
    yield from pauses
    while True:
        yield pauses[-1]


def drop_broken_line() -> None:
    """Close a connection that no longer answers; the next statement opens a new one."""
    if connection.connection is not None and not connection.is_usable():
        connection.close()
