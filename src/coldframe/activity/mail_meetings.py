"""Meetings that a mail brings along: an invitation of a lead's, their yes or no, their calling off."""

from __future__ import annotations

from datetime import datetime

from coldframe.activity import calendars, operations
from coldframe.activity.mail_effects import Received
from coldframe.activity.models import ReceivedMail
from coldframe.activity.operations import NewEvent

CALENDAR = "text/calendar"
#: Whose mail it is beyond doubt: it comes from an address of theirs.
OWN = frozenset({ReceivedMail.Match.TOUCH, ReceivedMail.Match.LINK, ReceivedMail.Match.ADDRESS})


def record(received: Received, *, at: datetime) -> int:
    """Record what the calendar files of a lead's mail say of the lead; return how many facts they are."""
    if received.lead_id is None or received.matched_by not in OWN:
        return 0
    events = [
        event
        for part in received.mail.parts
        if part.content_type == CALENDAR and part.depth == 0
        for event in events_of(part.text, received)
    ]
    return operations.record_events(events, at=at).new if events else 0


def events_of(text: str, received: Received) -> list[NewEvent]:
    """Return the facts of one calendar file; one that cannot be read says nothing."""
    try:
        meetings = calendars.read(text.encode())
    except calendars.NotACalendar:
        return []
    sender = received.mail.sender
    calls = [
        call
        for meeting in meetings
        for call in calendars.calls_of(
            meeting, sender=sender, arrival_id=0, source=received.source, source_id=0, at=received.occurred_at
        )
    ]
    return [
        NewEvent(
            source=received.source,
            external_id=call.message_id,
            lead_id=received.lead_id,
            kind=call.kind,
            topic=call.topic,
            occurred_at=call.occurred_at,
            properties=call.properties,
        )
        for call in calls
        if call.kind
    ]
