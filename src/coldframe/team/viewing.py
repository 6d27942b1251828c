"""Who looked at what: noted once for a while, so that a page that is open all day is one line of the log."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from django.db import connection

from coldframe.storage import quiet
from coldframe.team import operations
from coldframe.team.models import LogEntry
from coldframe.team.rights import Person

#: One look, however often the page is opened within it.
ONE_LOOK = timedelta(hours=1)
#: Seconds that a page waits until its line is kept. Where others read or write for long just then, it is kept a moment later,
WAITS = 0.03
#: and where the whole base is counted, no later than after so many seconds.
KEPT_WITHIN = 5.0

log = logging.getLogger(__name__)

#: Looks that are about to be noted.
PENDING: set[tuple[object, ...]] = set()
LOCK = threading.Lock()


def note_view(*, by: Person, what: str, subject: str, at: datetime) -> None:
    """
    Write down that somebody looked at something, unless they did within the hour.

    Whoever looks does not wait for whoever else is at the database; within a transaction the line is part of it.
    """
    seen = LogEntry.objects.filter(subject=subject, at__gt=at - ONE_LOOK, what=what)
    of_whom = seen.filter(user__isnull=True) if by.id is None else seen.filter(user_id=by.id)
    if of_whom.exists():
        return
    if connection.in_atomic_block:
        operations.note(by=by, what=what, at=at, subject=subject)
        return
    look = (by.id, by.name, what, subject)
    with LOCK:
        if look in PENDING:
            return
        PENDING.add(look)
    noting = threading.Thread(target=note_apart, args=(by, what, subject, at, look), name="noting a view")
    noting.start()
    noting.join(WAITS if quiet.is_quiet() else 0)


def note_apart(by: Person, what: str, subject: str, at: datetime, look: tuple[object, ...]) -> None:
    """Write the line down over a connection of this thread, which a server that is told to stop waits for."""
    try:
        quiet.wait(seconds=KEPT_WITHIN)
        operations.note(by=by, what=what, at=at, subject=subject)
    except Exception:
        log.exception("a view could not be noted", extra={"what": what})
    finally:
        connection.close()
        with LOCK:
            PENDING.discard(look)
