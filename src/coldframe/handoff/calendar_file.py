"""
A handoff's date as a calendar file (RFC 5545): by when to answer, or when to come back to it.

What leads wrote of themselves stands in it as text alone: escaped, and without control characters.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

from django.utils.translation import gettext as _

from coldframe.handoff.queries import HandoffRow

CONTENT_TYPE = "text/calendar; charset=utf-8; method=PUBLISH"
FILE_NAME = "handoff.ics"
#: Octets of a line, without its end.
LINE = 75
LENGTH = timedelta(minutes=15)
#: Before a deadline.
REMINDER = timedelta(minutes=30)
#: Of the day on which a follow-up comes up, from its midnight.
MORNING = timedelta(hours=9)


def of(row: HandoffRow, *, url: str, at: datetime, zone: tzinfo = UTC) -> bytes:
    """
    Return the calendar file of a handoff: its deadline while it waits, else the date that “not now” named.

    That date is a whole day of whoever reads, by the clocks of ``zone``: it began at midnight, when nobody is to be
    reminded. ``url``: where the handoff is answered. The same handoff has the same UID, so that a later file takes the place of
    an earlier one.
    """
    title = _("Come back to %(who)s") if row.until else _("Answer: %(who)s")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Coldframe//Handoffs//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{row.public_id}@coldframe",
        f"SEQUENCE:{1 if row.until else 0}",
        f"DTSTAMP:{stamp(at)}",
        *(whole_day(row.until.astimezone(zone).date()) if row.until else from_to(due_of(row))),
        f"SUMMARY:{escaped(title % {'who': who(row)})}",
        f"DESCRIPTION:{escaped(row.trigger.removeprefix('trigger:'))}\\n{escaped(url)}",
        f"URL:{url}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{escaped(title % {'who': who(row)})}",
        f"TRIGGER:PT{MORNING // timedelta(hours=1)}H"
        if row.until
        else f"TRIGGER:-PT{REMINDER // timedelta(minutes=1)}M",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(folded(line) for line in lines).encode()


def whole_day(day: date) -> list[str]:
    """Return when something is that takes no time of its day."""
    after = day + timedelta(days=1)
    return [f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DTEND;VALUE=DATE:{after:%Y%m%d}", "TRANSP:TRANSPARENT"]


def from_to(begins: datetime) -> list[str]:
    """Return when something is that has its time."""
    return [f"DTSTART:{stamp(begins)}", f"DTEND:{stamp(begins + LENGTH)}"]


def due_of(row: HandoffRow) -> datetime:
    """Return when an answer is wanted: the agreed time, else the deadline."""
    return row.answer_by_at or row.deadline_at


def who(row: HandoffRow) -> str:
    """Return the lead and its company in one line."""
    return ", ".join(filter(None, [row.name, row.company]))


def stamp(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"


def escaped(text: str) -> str:
    """
    Return a text as a value of a calendar file.

    >>> escaped("Lind; Anna, " + chr(13) + chr(10) + "BEGIN:VEVENT")
    'Lind\\\\; Anna\\\\,   BEGIN:VEVENT'
    """
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    for sign in "\\;,":
        plain = plain.replace(sign, f"\\{sign}")
    return plain


def folded(line: str) -> str:
    """Return a line with its end, broken so that no piece is longer than 75 octets and no character is split."""
    pieces, current = [], b""
    for sign in line:
        data = sign.encode()
        if len(current) + len(data) > LINE:
            pieces.append(current)
            current = b" "
        current += data
    return b"\r\n".join([*pieces, current]).decode() + "\r\n"
