"""A process that ends with the one that started it, however that one ends."""

from __future__ import annotations

import os
import signal
import threading
from time import sleep

#: Names the end of a pipe whose other end the supervisor holds.
VARIABLE = "COLDFRAME_LIFELINE"
#: Seconds between two looks at who the parent is, where there is no pipe.
PAUSE = 1.0


def hold_on() -> None:
    """End this process, as if it were told to, once the supervisor is gone; do nothing without one."""
    given = os.environ.pop(VARIABLE, "")
    if given.isdigit():
        threading.Thread(target=wait_for_end, args=(int(given),), daemon=True).start()


def wait_for_end(handle: int) -> None:
    # Nothing is ever written; reading returns when the last process that holds the other end is gone.
    os.read(handle, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def follow_parent() -> None:
    """End this process once its parent is gone; for the processes that a server starts by itself."""
    threading.Thread(target=watch_parent, args=(os.getppid(),), daemon=True).start()


def watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        sleep(PAUSE)
    os.kill(os.getpid(), signal.SIGKILL)
