"""
Locks of the system on files: held by one process of this machine at a time, and let go of however it ends.

Whoever waits is woken at once when the file is free.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def waited_for(path: Path) -> Iterator[None]:
    """Hold the file, made where there is none, once nobody else does. Raises FileNotFoundError without its folder."""
    handle = opened(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        # Closing gives the lock back.
        os.close(handle)


@contextmanager
def tried(path: Path) -> Iterator[bool]:
    """
    Hold the file, made where there is none, unless somebody else does; yield whether it is held.

    Raises FileNotFoundError without its folder.
    """
    handle = opened(path)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(handle)


def opened(path: Path) -> int:
    """Return a handle that no child process inherits."""
    return os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
