"""What a stretch of work is about, so that its log lines can be found together: a cycle, a message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

current: ContextVar[Mapping[str, int | str]] = ContextVar("current", default={})  # noqa: B039 - Never changed.


@contextmanager
def about(**ids: int | str) -> Iterator[None]:
    """Have every log line of this stretch carry these, such as ``cycle_id=17``; never a person's data."""
    token = current.set({**current.get(), **ids})
    try:
        yield
    finally:
        current.reset(token)
