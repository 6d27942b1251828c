"""
What is told of a source beside its events: when it last brought something, and what was refused of it.

Both are for people. They are written seldom, so that a flood of refused calls is no flood of writes; what a
process had not written yet when it ended is not counted.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError

from coldframe.activity import sources, strangers
from coldframe.activity.models import Source

#: Refusals of one source are written together, at most once in so long.
REFUSALS_EVERY = timedelta(seconds=1)
#: A source that brings something all the time is noted so often.
ARRIVALS_EVERY = timedelta(minutes=1)

_lock = threading.Lock()
_waiting: dict[int, Counter[str]] = defaultdict(Counter)
_written_at: dict[int, datetime] = {}


def note_refused(source_id: int, word: str, *, at: datetime) -> None:
    """Count a call that was refused, by a word for the reason; of no source: ``strangers.NOBODY``."""
    with _lock:
        _waiting[source_id][word] += 1
        last = _written_at.get(source_id)
        if last is not None and last <= at < last + REFUSALS_EVERY:
            return
        found, _written_at[source_id] = _waiting.pop(source_id), at
    try:
        if source_id == strangers.NOBODY:
            strangers.note(found, at=at)
        else:
            sources.note(heard={}, refused={source_id: found})
    except (OperationalError, InterfaceError):
        # A database that is busy, or away, must not turn a refusal into something else.
        with _lock:
            _waiting[source_id].update(found)


def note_arrival(source: Source, *, at: datetime) -> None:
    """Note that a source brought something, unless it was noted a moment ago."""
    note_heard(source.pk, last_at=source.last_at, at=at)


def note_heard(source_id: int, *, last_at: datetime | None, at: datetime) -> None:
    """Note that a source brought something, unless ``last_at``, when that was noted last, is a moment ago."""
    if last_at is None or not last_at <= at < last_at + ARRIVALS_EVERY:
        with suppress(OperationalError, InterfaceError):
            sources.note(heard={source_id: at}, refused={})
