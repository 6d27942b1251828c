"""Who looked at what: noted once for a while, so that a page that is open all day is one line of the log."""

from __future__ import annotations

from datetime import datetime, timedelta

from coldframe.team import operations
from coldframe.team.models import LogEntry
from coldframe.team.rights import Person

#: One look, however often the page is opened within it.
ONE_LOOK = timedelta(hours=1)


def note_view(*, by: Person, what: str, subject: str, at: datetime) -> None:
    """Write down that somebody looked at something, unless they did within the hour."""
    seen = LogEntry.objects.filter(subject=subject, at__gt=at - ONE_LOOK, what=what)
    of_whom = seen.filter(user__isnull=True) if by.id is None else seen.filter(user_id=by.id)
    if not of_whom.exists():
        operations.note(by=by, what=what, at=at, subject=subject)
