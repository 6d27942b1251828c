"""
Processes that write in turn.

SQLite has one writer at a time, and while it commits nobody reads; it lets the others ask again and again with ever longer
pauses. Where several processes write all the time, one of them may wait for seconds. A lock of the system wakes the next
one at once: receivers hold it while they store, a worker while it reads what it decides about and while it writes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from coldframe.storage import file_locks

NAME = "writing.lock"
#: Whether this thread has its turn already.
MINE = threading.local()


@contextmanager
def taken() -> Iterator[None]:
    """
    Write, or read undisturbed, in turn with other processes that do so; on PostgreSQL, which has many writers, at once.

    Not for long: whoever calls in an event waits meanwhile. Within a turn, or a transaction that has been given its place
    among the writers, nothing is waited for: two that wait for each other would wait for ever.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block or getattr(MINE, "has_turn", False):
        yield
        return
    with file_locks.waited_for(Path(settings.HOME) / NAME):
        MINE.has_turn = True
        try:
            yield
        finally:
            MINE.has_turn = False
