"""Invitations by mail: a lead who asks for a meeting, or says yes to one, is before sales."""

from __future__ import annotations

import pytest

from coldframe.activity import arrivals, digesting
from coldframe.activity.arrivals import NewArrival
from coldframe.activity.models import Arrival, Event
from coldframe.work import trades
from tests import world
from tests.activity.test_calendars import invitation
from tests.nurture import cast
from tests.world import NOW

pytestmark = pytest.mark.django_db

ANNA = "anna@brightpath.example"
OLA = "ola@brightpath.example"
MAIL = """From: Anna <{sender}>
To: sales@ours.example
Subject: Invitation: Look at it together
Message-ID: <{name}@brightpath.example>
Date: Mon, 01 Jun 2026 08:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/plain

Anna invites you.

--b
Content-Type: text/calendar; charset=utf-8; method=REQUEST

{calendar}
--b--
"""


def arrive(*, sender: str = ANNA, name: str = "1", calendar: bytes | None = None) -> None:
    text = MAIL.format(sender=sender, name=name, calendar=(calendar or invitation()).decode())
    arrivals.accept([NewArrival(kind=Arrival.Kind.MAIL, body=text.encode())], at=NOW)
    digesting.run_turn(digesters=trades.digesters(), at=NOW)


def meetings() -> list[tuple[str, str, int | None]]:
    kinds = ("meeting_booked", "meeting_cancelled", "meeting_declined")
    rows = Event.objects.filter(shape__kind__in=kinds).order_by("id")
    return list(rows.values_list("shape__kind", "shape__topic", "lead_id"))


def test_a_lead_that_invites_has_booked_a_meeting_once():
    cast.use_playbook()
    anna = world.anna(world.brightpath(), email=ANNA)

    arrive()
    arrive(name="2")

    assert meetings() == [("meeting_booked", "Look at it together", anna.pk)]


def test_calling_it_off_is_a_fact_of_its_own():
    cast.use_playbook()
    anna = world.anna(world.brightpath(), email=ANNA)

    arrive()
    arrive(name="2", calendar=invitation("CANCEL"))

    assert [kind for kind, _, lead in meetings() if lead == anna.pk] == [
        "meeting_booked",
        "meeting_cancelled",
    ]


def test_a_meeting_with_the_long_id_that_exchange_gives_is_booked_accepted_and_called_off_by_whoever_does_it():
    cast.use_playbook()
    company = world.brightpath()
    anna, ola = world.anna(company, email=ANNA), world.lead(company, email=OLA)
    by_exchange = "040000008200E00074C5B7101A82E008" + "0" * 76 + "4AF1"

    def told(method: str, **more: str) -> bytes:
        return invitation(method, **more).replace(b"UID:1@brightpath.example", f"UID:{by_exchange}".encode())

    arrive(calendar=told("REQUEST"))
    arrive(name="2", sender=OLA, calendar=told("REPLY", extra=f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{OLA}"))
    arrive(name="3", calendar=told("CANCEL"))

    assert [(kind, lead) for kind, _, lead in meetings()] == [
        ("meeting_booked", anna.pk),
        ("meeting_booked", ola.pk),
        ("meeting_cancelled", anna.pk),
    ]


@pytest.mark.parametrize(
    ("sender", "calendar"),
    [
        ("stranger@elsewhere.example", None),
        (ANNA, invitation(organizer="mallory@evil.example")),
        (ANNA, b"BEGIN:VCALENDAR\r\nnonsense"),
        (ANNA, b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR"),
    ],
)
def test_an_invitation_of_nobody_or_in_somebody_elses_name_says_nothing(sender, calendar):
    cast.use_playbook()
    world.anna(world.brightpath(), email=ANNA)

    arrive(sender=sender, calendar=calendar)

    assert meetings() == []
