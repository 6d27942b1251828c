"""What was heard of messages, on their page and in the list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from coldframe.activity import mail_feedback
from coldframe.activity.mail_feedback import Heard, Kind
from coldframe.library import operations as library
from coldframe.nurture.models import Touch
from coldframe.outbox.models import OutboxMessage
from tests import world
from tests.web import nurtured
from tests.web.standings import stand
from tests.web.test_pages import text
from tests.world import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())
    library.ensure_active_playbook(at=NOW)


@pytest.fixture
def message() -> OutboxMessage:
    lead = world.anna()
    stand(lead, "NURTURE")
    touch = nurtured.touch(lead, nurtured.enroll(lead), "SENT", content_key="asset:guide")
    found = nurtured.message(touch, "SENT")
    OutboxMessage.objects.filter(pk=found.pk).update(key=f"touch:{touch.public_id.hex}:0")
    return found


def hear(kind: Kind, *, hours: int, **more: Any) -> None:
    touch = Touch.objects.get()
    mail_feedback.record(
        [
            Heard(
                touch=touch.public_id, lead_id=touch.lead_id, kind=kind, source="postmark", external_id=kind,
                occurred_at=NOW - timedelta(hours=hours), **more,
            )
        ],
        at=NOW,
    )  # fmt: skip


def page(address: str) -> str:
    return text(Client(HTTP_HOST="localhost").get(address))


def test_a_message_says_what_was_heard_of_it_in_words(message: OutboxMessage) -> None:
    hear(Kind.DELIVERED, hours=3)
    hear(Kind.HARD_BOUNCED, hours=2, status="5.1.1", text="550 5.1.1 <script>alert(1)</script>")

    said = page(f"/outbox/{message.pk}")

    assert "What was heard of it Delivered" in said
    assert said.index("Delivered") < said.index("Came back: nobody is there")
    assert "There is no such mailbox (5.1.1)." in said
    assert "from postmark" in said
    raw = Client(HTTP_HOST="localhost").get(f"/outbox/{message.pk}").content.decode()
    assert "<script>alert" not in raw


def test_the_list_says_the_gravest_of_it(message: OutboxMessage) -> None:
    hear(Kind.DELIVERED, hours=3)
    assert "Sent Delivered" in page("/outbox")

    hear(Kind.COMPLAINED, hours=4)
    assert "Sent Reader complained of spam" in page("/outbox")


def test_a_message_of_which_nothing_was_heard_says_nothing_of_it(message: OutboxMessage) -> None:
    assert "What was heard" not in page(f"/outbox/{message.pk}")
