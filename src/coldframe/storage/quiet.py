"""
Readings that take long, and who would rather wait for their end.

On SQLite a commit waits until everybody has read, and whoever comes to read meanwhile waits for the commit: while the whole base
is counted, one line that is written stops every page. What need not be written this moment is written when that is over.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

CHANGED = threading.Condition()
#: How many of this process are under way.
under_way = 0


@contextmanager
def long_reading() -> Iterator[None]:
    """Read something that takes long."""
    count(1)
    try:
        yield
    finally:
        count(-1)


def count(more: int) -> None:
    """Count one that begins or ends."""
    global under_way
    with CHANGED:
        under_way += more
        CHANGED.notify_all()


def is_quiet() -> bool:
    """Return whether nobody in this process reads for long, or it does not matter."""
    return under_way == 0 or connection.vendor != "sqlite"


def wait(*, seconds: float) -> bool:
    """Wait until nobody reads for long, at most so many seconds; return whether that is so."""
    with CHANGED:
        return CHANGED.wait_for(is_quiet, timeout=seconds)
