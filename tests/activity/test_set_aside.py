"""What was set aside speaks of people all the same: they are told, it goes with them, and nothing is kept for ever."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from coldframe.activity import mail_feedback, set_aside
from coldframe.activity.mail_feedback import Heard, Kind
from coldframe.activity.models import Arrival, Feedback
from coldframe.nurture import erasure, persons
from tests import world
from tests.world import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def lay(body: str, **more: object) -> None:
    """Set something aside."""
    values = {"kind": "PROVIDER", "state": "QUARANTINED", "reason": "Unmatched.", "received_at": NOW, **more}
    Arrival.objects.create(body=body.encode(), **values)


def kept() -> list[str]:
    return [bytes(body).decode() for body in Arrival.objects.order_by("id").values_list("body", flat=True)]


def test_a_person_is_told_what_was_heard_and_set_aside_and_it_goes_with_them(tmp_path: Path) -> None:
    anna = world.anna()
    lay('{"recipient": "Anna@Brightpath.example"}')
    lay('{"recipient": "tom@halden.example"}')
    heard = Heard(
        touch=anna.public_id, lead_id=anna.pk, kind=Kind.DELIVERED, occurred_at=NOW, source="esp", external_id="1",
        text="250 Ok for anna@brightpath.example",
    )  # fmt: skip
    mail_feedback.record([heard], at=NOW)

    copy = persons.about(anna.pk)
    erasure.erase_person(anna.pk, home=tmp_path, at=NOW)

    assert [each["text"] for each in copy["heard_of_messages"]] == ["250 Ok for anna@brightpath.example"]
    assert [each["content"] for each in copy["not_understood"]] == [
        '{"recipient": "Anna@Brightpath.example"}'
    ]
    assert kept() == ['{"recipient": "tom@halden.example"}']
    assert list(Feedback.objects.values_list("kind", "text")) == [("DELIVERED", "")]


def test_what_nobody_looked_at_for_a_month_is_dropped() -> None:
    lay("old", received_at=NOW - timedelta(days=31))
    lay("young", received_at=NOW - timedelta(days=29))
    lay("waiting", state="WAITING", reason="", received_at=NOW - timedelta(days=31))

    assert set_aside.tidy(at=NOW) == 1

    assert kept() == ["young", "waiting"]
