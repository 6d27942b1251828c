"""
The brake: sending through a connection stops by itself before its reputation is harmed.

Mail providers call 0.1 % complaints too many and 0.3 % harmful, and look at 5 % dead addresses. Recent tries
count by themselves, so that a good past does not pay for a bad list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from coldframe.delivery import hours
from coldframe.delivery.hours import Hour
from coldframe.delivery.models import Connection

COMPLAINT_WARNING = 0.001
COMPLAINT_STOP = 0.003
#: One complaint alone is an accident.
LEAST_COMPLAINTS = 2
#: Complaints come a day or two after what they are about; shorter stretches would count them against others.
COMPLAINT_SPAN = timedelta(days=2)
BOUNCE_STOP = 0.05
#: With fewer tries a share of dead addresses says nothing.
LEAST_TRIES = 200
#: What came before is no longer looked at.
HORIZON = timedelta(days=7)

#: Causes of a refusal for good that speak against the list or the sender; the others are the message's own.
BAD_REASONS = frozenset(
    {"NO_SUCH_ADDRESS", "NO_ROUTE", "MAILBOX_REFUSES", "POLICY", "REFUSED_RECIPIENT", "REFUSED"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What the brake sees of a connection."""

    #: Why it must stop; an empty text: it need not.
    stop: str = ""
    #: What a person should know before it comes to that.
    warning: str = ""


def is_bounce(result: str, reason: str) -> bool:
    """Return whether a try says that an address is dead, or that the sender is not wanted."""
    return result == "FAILED" and reason in BAD_REASONS


def see(counts: Sequence[Hour]) -> Sight:
    """
    Judge hours, oldest first: every stretch of them that reaches to the present is looked at. Pure.

    >>> hour = Hour(datetime(2026, 6, 1), claimed=0, tried=200, bounced=10, complained=0)
    >>> see([hour]).stop
    '10 of 200 addresses were dead (5.0 %, from 5 % on sending stops).'
    """
    for tried, bounced in stretches(counts):
        if tried >= LEAST_TRIES and bounced >= BOUNCE_STOP * tried:
            text = f"{bounced} of {tried} addresses were dead ({bounced / tried:.1%}, from {BOUNCE_STOP:.0%} on sending stops)."
            return Sight(stop=text.replace("%", " %"))
    recent = [each for each in counts if each.hour_at > counts[-1].hour_at - COMPLAINT_SPAN]
    sights = [see_complaints(recent), see_complaints(counts)]
    return next(
        (each for each in sights if each.stop), next((each for each in sights if each.warning), Sight())
    )


def stretches(counts: Sequence[Hour]) -> Iterator[tuple[int, int]]:
    """Yield tries and bounces of the last hour, of the last two, and so on."""
    tried = bounced = 0
    for hour in reversed(counts):
        tried, bounced = tried + hour.tried, bounced + hour.bounced
        yield tried, bounced


def see_complaints(counts: Sequence[Hour]) -> Sight:
    tried, complained = sum(each.tried for each in counts), sum(each.complained for each in counts)
    if complained >= max(LEAST_COMPLAINTS, COMPLAINT_STOP * tried):
        return Sight(stop=complaints(complained, tried, f"from {COMPLAINT_STOP:.1%} on sending stops"))
    if complained >= COMPLAINT_WARNING * tried > 0:
        return Sight(warning=complaints(complained, tried, f"{COMPLAINT_WARNING:.1%} is too many"))
    return Sight()


def complaints(complained: int, tried: int, rule: str) -> str:
    share = complained / tried if tried else 1.0
    text = f"{complained} of {tried} recipients complained ({share:.2%}, {rule})."
    return text.replace("%", " %")


def sight_of(found: Connection, *, at: datetime) -> Sight:
    """Return what the brake sees of a connection now."""
    since = max(at - HORIZON, found.watched_from or at - HORIZON)
    return see(hours.list_hours(found.pk, since=since))


def look(name: str, *, at: datetime) -> Sight:
    """Stop the connection, in the caller's transaction, where it must be; it is stopped for all workers at once."""
    found = Connection.objects.filter(name=name).first()
    if found is None:
        return Sight()
    sight = sight_of(found, at=at)
    if sight.stop:
        Connection.objects.filter(pk=found.pk, stopped_at__isnull=True).update(
            stopped_at=at, stopped_why=f"The brake: {sight.stop}"[:255]
        )
    return sight
