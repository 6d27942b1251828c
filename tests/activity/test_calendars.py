"""Meetings in calendar files: who booked, who accepted, who called off; hostile files are refused."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldframe.activity import calendars
from coldframe.activity.calendars import Answer, Method
from tests.material import folder
from tests.world import NOW

ANNA = "anna@brightpath.example"


def invitation(
    method: str = "REQUEST", *, organizer: str = ANNA, extra: str = "", start: str | None = None
) -> bytes:
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//a//b//EN", f"METHOD:{method}", "BEGIN:VEVENT",
        "UID:1@brightpath.example", "SEQUENCE:2", f"DTSTART{start or ';TZID=Europe/Berlin:20260603T110000'}",
        "SUMMARY:Look at it together", f"ORGANIZER;CN=Anna:mailto:{organizer}",
        "ATTENDEE;PARTSTAT=ACCEPTED:MAILTO:Jonas@Northwind.example",
        "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:us@ours.example", *filter(None, [extra]), "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def said(data: bytes, *, sender: str) -> list[tuple[str, str]]:
    [meeting] = calendars.read(data)
    calls = calendars.calls_of(meeting, sender=sender, arrival_id=1, source="mail", source_id=1, at=NOW)
    return [(call.user_id, call.kind) for call in calls if call.kind]


def test_an_invitation_says_when_who_and_what():
    [meeting] = calendars.read(invitation())

    assert (meeting.uid, meeting.sequence, meeting.method) == ("1@brightpath.example", 2, Method.REQUEST)
    assert (meeting.organizer, meeting.title) == (ANNA, "Look at it together")
    assert meeting.starts_at == datetime(2026, 6, 3, 9, tzinfo=UTC)
    assert [(each.email, each.answer) for each in meeting.attendees] == [
        ("jonas@northwind.example", Answer.ACCEPTED), ("us@ours.example", Answer.NEEDS_ACTION),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "at", "is_floating"),
    [
        (":20260603T110000", datetime(2026, 6, 3, 11, tzinfo=UTC), True),
        (":20260603T110000Z", datetime(2026, 6, 3, 11, tzinfo=UTC), False),
        (";VALUE=DATE:20260603", datetime(2026, 6, 3, tzinfo=UTC), True),
        (";TZID=Nowhere/City:20260603T110000", datetime(2026, 6, 3, 11, tzinfo=UTC), True),
        # The hour that is skipped when the clocks go forward.
        (";TZID=Europe/Berlin:20260329T023000", datetime(2026, 3, 29, 1, 30, tzinfo=UTC), False),
    ],
)
def test_a_time_is_an_instant_or_said_to_be_unsure(start: str, at: datetime, is_floating: bool):
    [meeting] = calendars.read(invitation(start=start))

    assert (meeting.starts_at, meeting.is_floating) == (at, is_floating)


def test_who_invites_has_booked_and_who_accepts_has_too():
    assert said(invitation(), sender=ANNA) == [(ANNA, "meeting_booked")]
    assert said(invitation("REPLY"), sender="jonas@northwind.example") == [
        ("jonas@northwind.example", "meeting_booked")
    ]


def test_who_calls_off_has_cancelled():
    assert said(invitation("CANCEL"), sender=ANNA) == [(ANNA, "meeting_cancelled")]
    assert said(invitation(extra="STATUS:CANCELLED"), sender=ANNA) == [(ANNA, "meeting_cancelled")]


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "REPLY", "PUBLISH", "COUNTER", "nonsense"])
def test_nobody_speaks_for_others(method: str):
    assert said(invitation(method), sender="mallory@evil.example") == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"BEGIN:VCALENDAR",
        b"\x00\xff" * 100,
        b"hello",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR",
    ],
)
def test_what_is_no_calendar_says_nothing_or_is_refused(data: bytes):
    with contextlib.suppress(calendars.NotACalendar):
        assert calendars.read(data) == []


def test_a_file_too_large_is_refused_and_one_full_of_people_is_cut():
    with pytest.raises(calendars.NotACalendar, match="too large"):
        calendars.read(b"x" * (calendars.MOST_BYTES + 1))
    crowd = "\r\n".join(f"ATTENDEE:mailto:a{number}@b.example" for number in range(3_000))

    [meeting] = calendars.read(invitation(extra=crowd))

    assert len(meeting.attendees) == calendars.MOST_PEOPLE


def test_a_series_for_ever_is_its_first_meeting_and_takes_no_time():
    began = time.process_time()

    [meeting] = calendars.read(invitation(extra="RRULE:FREQ=SECONDLY;INTERVAL=1"))

    assert meeting.starts_at == datetime(2026, 6, 3, 9, tzinfo=UTC)
    assert time.process_time() - began < 2


def test_a_zone_whose_name_is_too_long_for_a_file_is_refused_with_its_calendar():
    whole = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=%s:20260603T110000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

    with pytest.raises(calendars.NotACalendar):
        calendars.read(whole % (b"Europe/" + b"B" * 3_000))


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=300), at=st.integers(0, 400), cut=st.integers(0, 60))
def test_no_damage_breaks_the_reading(data: bytes, at: int, cut: int):
    whole = invitation()
    with contextlib.suppress(calendars.NotACalendar):
        calendars.read(whole[:at] + data + whole[at + cut :])


@pytest.mark.material
def test_every_calendar_of_a_large_collection_is_read_or_refused_in_no_time():
    files = sorted(folder("ics_collective").rglob("*.ics"))
    refused = []
    for path in files:
        began = time.process_time()
        try:
            calendars.read(path.read_bytes())
        except calendars.NotACalendar:
            refused.append(path.name)
        assert time.process_time() - began < 2, path.name

    assert len(files) > 50
    assert all(any(word in name for word in ("broken", "invalid", "error")) for name in refused), refused
    assert len(refused) <= 6, refused
