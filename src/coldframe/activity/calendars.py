"""
Meetings in calendar files (RFC 5545, RFC 5546): who asked for one, who said yes, who called it off.

Only what a meeting says of people is read. A series is its first meeting; alarms, tasks and descriptions are
left alone. A time without a zone is taken as UTC, and said to be unsure.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any

from icalendar import Calendar

from coldframe.activity.calls import Call, CallType
from coldframe.activity.webhooks.values import identifier
from coldframe.kernel.vocabulary import Refusal
from coldframe.leads.importing import addresses
from coldframe.leads.importing.values import BadValue

#: Bytes, meetings and people of one file; an invitation is far smaller.
MOST_BYTES = 512 * 1024
MOST_MEETINGS, MOST_PEOPLE = 50, 200
MOST_LETTERS = 300
MAILTO = "mailto:"


class NotACalendar(Refusal):
    """A file that is no calendar, or too large for one."""


class Method(StrEnum):
    """What a calendar file wants."""

    #: Invites.
    REQUEST = "REQUEST"
    #: Answers an invitation.
    REPLY = "REPLY"
    #: Calls it off.
    CANCEL = "CANCEL"
    #: Tells of it; wants nothing.
    PUBLISH = "PUBLISH"


class Answer(StrEnum):
    """What somebody says to an invitation."""

    ACCEPTED = "ACCEPTED"
    TENTATIVE = "TENTATIVE"
    DECLINED = "DECLINED"
    #: Not yet anything.
    NEEDS_ACTION = "NEEDS-ACTION"


@dataclass(frozen=True, kw_only=True)
class Attendee:
    """Somebody who is invited."""

    #: Normalized.
    email: str
    answer: Answer


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """One meeting, as one file tells of it."""

    #: The same in every file about the meeting.
    uid: str
    #: Counts its changes.
    sequence: int
    method: Method
    #: Normalized; None: nobody is named, or not by an address.
    organizer: str | None
    attendees: tuple[Attendee, ...]
    title: str
    starts_at: datetime | None
    #: The time had no zone; it was taken as UTC.
    is_floating: bool = False


def read(data: bytes) -> list[Meeting]:
    """Return the meetings of a calendar file. Raises ``NotACalendar``."""
    if len(data) > MOST_BYTES:
        raise NotACalendar(
            "The calendar file is too large.",
            expected=f"at most {MOST_BYTES // 1024} KiB",
            got=f"{len(data)} bytes",
        )
    try:
        with warnings.catch_warnings():
            # A zone whose name is guessed is as good as any; the meeting is what matters.
            warnings.simplefilter("ignore")
            calendars = [each for each in Calendar.from_ical(data, multiple=True) if each.name == "VCALENDAR"]
            found = [meeting for each in calendars for meeting in meetings_of(each)]
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        OverflowError,
        RecursionError,
        # A zone is looked for as a file of its name, and a name may be too long for a file.
        OSError,
    ) as error:
        raise NotACalendar("The file is no calendar that can be read.") from error
    return found[:MOST_MEETINGS]


def meetings_of(calendar: Any) -> Iterator[Meeting]:
    """Yield the meetings of a calendar."""
    method = str(calendar.get("METHOD", Method.PUBLISH)).upper()
    for event in calendar.walk("VEVENT")[:MOST_MEETINGS]:
        uid = text_of(event.get("UID"))
        if not uid:
            continue
        starts_at, is_floating = instant_of(event.get("DTSTART"))
        cancelled = text_of(event.get("STATUS")).upper() == "CANCELLED"
        yield Meeting(
            uid=uid,
            sequence=number_of(event.get("SEQUENCE")),
            method=Method.CANCEL
            if cancelled
            else Method(method)
            if method in list(Method)
            else Method.PUBLISH,
            organizer=address_of(event.get("ORGANIZER")),
            attendees=tuple(attendees_of(event)),
            title=text_of(event.get("SUMMARY")),
            starts_at=starts_at,
            is_floating=is_floating,
        )


def attendees_of(event: Any) -> Iterator[Attendee]:
    """Yield who is invited; each address once."""
    given = event.get("ATTENDEE", [])
    seen = set()
    for each in (given if isinstance(given, list) else [given])[:MOST_PEOPLE]:
        email = address_of(each)
        if email and email not in seen:
            seen.add(email)
            said = text_of(getattr(each, "params", {}).get("PARTSTAT")).upper()
            yield Attendee(email=email, answer=Answer(said) if said in list(Answer) else Answer.NEEDS_ACTION)


def address_of(value: Any) -> str | None:
    """Return the address of a calendar user; None for none, and for one that no mail can reach."""
    text = text_of(value)
    if not text.lower().startswith(MAILTO):
        return None
    try:
        return addresses.parse(text[len(MAILTO) :].strip()).normalized
    except BadValue:
        return None


def instant_of(value: Any) -> tuple[datetime | None, bool]:
    """Return the instant of a date or a time, and whether its zone was guessed."""
    found = getattr(value, "dt", None)
    if isinstance(found, datetime):
        if found.tzinfo is None:
            return found.replace(tzinfo=UTC), True
        return found.astimezone(UTC), False
    if isinstance(found, date):
        return datetime.combine(found, time(), tzinfo=UTC), True
    return None, False


def text_of(value: Any) -> str:
    """Return a text in one line, short."""
    return " ".join(str(value or "").replace("\x00", "").split())[:MOST_LETTERS]


def number_of(value: Any) -> int:
    """Return a whole number; 0 for none."""
    try:
        return max(0, int(value))
    except (TypeError, ValueError):
        return 0


#: What somebody's answer is as an event.
KIND_OF_ANSWER = {
    Answer.ACCEPTED: "meeting_booked",
    Answer.TENTATIVE: "meeting_tentative",
    Answer.DECLINED: "meeting_declined",
}


def calls_of(
    meeting: Meeting, *, sender: str, arrival_id: int, source: str, source_id: int, at: datetime
) -> Iterator[Call]:
    """
    Yield what a meeting says of people, in the words of the event API; ``sender``: whose mail brought it, normalized.

    Somebody who invites has booked a meeting, and so has whoever accepts. Nobody speaks for others: of those who
    are merely invited nothing is said, and of who has not sent it neither.
    """
    said: list[tuple[str, str]] = []
    if meeting.method is Method.REQUEST and meeting.organizer == sender:
        said.append((sender, "meeting_booked"))
    if meeting.method is Method.CANCEL and meeting.organizer == sender:
        said.append((sender, "meeting_cancelled"))
    if meeting.method is Method.REPLY:
        said += [
            (each.email, KIND_OF_ANSWER[each.answer])
            for each in meeting.attendees
            if each.email == sender and each.answer in KIND_OF_ANSWER
        ]
    for email, kind in said:
        known = identifier(f"{meeting.uid}:{email}:{kind}")
        shared: dict[str, Any] = {
            "arrival_id": arrival_id,
            "source": source,
            "source_id": source_id,
            "occurred_at": at,
            "user_id": email[:128],
        }
        yield Call(type=CallType.IDENTIFY, message_id=f"{known}:who", traits={"email": email}, **shared)
        starts = {"starts_at": meeting.starts_at.isoformat()} if meeting.starts_at else {}
        yield Call(
            type=CallType.TRACK, message_id=known, kind=kind, topic=meeting.title,
            properties={**starts, "uid": meeting.uid}, **shared,
        )  # fmt: skip
