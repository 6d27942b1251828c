"""When somebody was here last, so that a page can say what has changed since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from coldframe.team.models import LastVisit
from coldframe.team.rights import AT_THIS_MACHINE, Person

#: Whoever comes back within so long has not been away.
PAUSE = timedelta(hours=1)
#: When somebody was seen is kept this exactly, so that not every look writes.
KEPT_TO = timedelta(minutes=5)
#: Of somebody who is here for the first time it is said what the last day brought,
FIRST = timedelta(days=1)
#: and of somebody who was away for longer than this, no more than that.
LONGEST = timedelta(days=14)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A visit under way: since when somebody has not looked."""

    since: datetime
    is_first: bool = False
    #: They were away for longer than is looked back.
    is_cut: bool = False


def look(*, person: Person, at: datetime) -> Visit:
    """Say since when somebody has not looked, and note that they do now."""
    if not (person.has_login or person == AT_THIS_MACHINE):
        return visit_of(None, at=at)
    owner = owner_of(person)
    row = LastVisit.objects.filter(owner=owner).first()
    if row is None:
        LastVisit.objects.bulk_create([LastVisit(owner=owner, seen_at=at)], ignore_conflicts=True)
        return visit_of(None, at=at)
    if at - row.seen_at > PAUSE:
        row.before_at = row.seen_at
    if at - row.seen_at >= KEPT_TO:
        LastVisit.objects.filter(owner=owner).update(seen_at=at, before_at=row.before_at)
    return visit_of(row, at=at)


def find(*, person: Person, at: datetime) -> Visit:
    """Say the same of somebody who looks on, without noting anything."""
    return visit_of(LastVisit.objects.filter(owner=owner_of(person)).first(), at=at)


def owner_of(person: Person) -> str:
    """Return under what the visits of somebody are kept; everybody at this machine is one before there are people."""
    return "" if person.id is None else str(person.id)


def visit_of(row: LastVisit | None, *, at: datetime) -> Visit:
    """Return a visit; a clock that was ahead once makes nobody a visitor of the future."""
    # To the second, as addresses name it.
    before = row.before_at.replace(microsecond=0) if row is not None and row.before_at else None
    if before is None or before >= at:
        return Visit(since=at - FIRST, is_first=True)
    return Visit(since=max(before, at - LONGEST), is_cut=before < at - LONGEST)
