"""What is asked of the database once while one page is made, and is the same for all of its parts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Value = TypeVar("Value")


class Look(threading.local):
    """What this thread's page knows; None: no page is being made."""

    known: dict[str, Any] | None = None


LOOK = Look()


@contextmanager
def one() -> Iterator[None]:
    """Make one page, which changes nothing."""
    LOOK.known = {}
    try:
        yield
    finally:
        LOOK.known = None


def once(name: str, ask: Callable[[], Value]) -> Value:
    """Return what was asked under this name for the page that is being made; where none is, ask."""
    if LOOK.known is None:
        return ask()
    if name not in LOOK.known:
        LOOK.known[name] = ask()
    value: Value = LOOK.known[name]
    return value
