"""A system that is to be told hears of each change of a lead's status once, signed, with the because card."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from coldframe.delivery import operations as delivery
from coldframe.delivery import setup
from coldframe.handoff import operations as handoffs
from coldframe.kernel.vocabulary import Verdict
from coldframe.leads import erasure as leads
from coldframe.leads.models import Identity, Lead
from coldframe.nurture import erasure, status_calls
from coldframe.nurture.models import Transition
from coldframe.nurture.status_calls import StatusHandler
from coldframe.outbox.contents import read_bodies
from coldframe.outbox.models import OutboxMessage
from tests import world
from tests.delivery.http_sink import running
from tests.handoff import desk
from tests.nurture import cast
from tests.nurture.cast import HOUR
from tests.world import NOW

pytestmark = pytest.mark.django_db

URL = "https://crm.example/in"


def connect(url: str = URL, *, tells: str = "yes") -> str:
    """Make a connection that is told, and return its secret."""
    delivery.ensure_local_connection(at=NOW)
    return (
        setup.add(name="crm", kind="WEBHOOK", settings={"url": url, "tells_status": tells}, secret="", at=NOW)
        or ""
    )


def moved() -> Lead:
    """Put somebody before sales, which is a change of status."""
    return desk.lead_of(desk.before_sales())


def hand_over(at: datetime = NOW) -> None:
    for _ in range(3):
        cast.outbox_turn(StatusHandler(), at)


def bodies() -> list[dict[str, Any]]:
    ids = (
        OutboxMessage.objects.filter(kind="status", state="SENT").order_by("id").values_list("pk", flat=True)
    )
    found = read_bodies(list(ids))
    return [json.loads(found[pk] or b"") for pk in ids]


@pytest.mark.parametrize("tells", [None, "no"])
def test_nobody_is_told_before_a_connection_is_to_be(tells) -> None:
    if tells:
        connect(tells=tells)
    moved()

    assert status_calls.queue(at=NOW) == 0
    assert not OutboxMessage.objects.filter(kind="status").exists()


def test_a_change_is_told_with_its_reason_and_the_because_card() -> None:
    connect()
    reader = moved()
    Identity.objects.create(lead=reader, source="crm", external_id="C7")

    assert status_calls.queue(at=NOW) == 1
    hand_over()

    [call] = bodies()
    assert (call["type"], call["timestamp"]) == ("lead.status_changed", "2026-06-01T09:00:00Z")
    said = call["data"]
    assert said["lead"] == {
        "id": str(reader.public_id), "name": "Reader1 Nowak", "email": reader.email, "owner": None,
        "ids": [{"source": "crm", "id": "C7"}],
    }  # fmt: skip
    assert (said["from"], said["to"], said["decided_by"]) == ("NEW", "SALES_REVIEW", "policy")
    assert said["reason"] == "trigger:Asked for a demo or a price"
    assert said["because"]["why"][0]
    assert said["because"]["fit"]["value"] in "ABCD"
    assert said["because"]["fit"]["reasons"]


def test_each_change_is_told_once_and_the_next_one_too() -> None:
    connect()
    reader = moved()
    first = status_calls.queue(at=NOW)
    hand_over()

    again = status_calls.queue(at=NOW)
    handoffs.record_verdict(lead_id=reader.pk, answer=Verdict.ACCEPTED, by="Ewa", at=NOW + HOUR)
    cast.decide(NOW + HOUR)
    second = status_calls.queue(at=NOW + HOUR)
    hand_over(NOW + HOUR)

    assert (first, again, second) == (1, 0, 1)
    assert [each["data"]["to"] for each in bodies()] == ["SALES_REVIEW", "SALES_ACCEPTED"]


def test_a_change_that_another_has_followed_is_not_told_any_more() -> None:
    connect()
    reader = moved()
    status_calls.queue(at=NOW)
    handoffs.record_verdict(lead_id=reader.pk, answer=Verdict.ACCEPTED, by="Ewa", at=NOW + HOUR / 2)
    cast.decide(NOW + HOUR / 2)
    status_calls.queue(at=NOW + HOUR / 2)

    hand_over(NOW + HOUR / 2)

    assert [each["data"]["to"] for each in bodies()] == ["SALES_ACCEPTED"]
    held = OutboxMessage.objects.get(kind="status", state="HELD")
    assert "changed again since" in held.detail


def test_what_changed_long_before_somebody_is_told_is_left_alone() -> None:
    moved()
    connect()

    assert status_calls.queue(at=NOW + timedelta(hours=2)) == 0


def test_a_live_connection_is_called_and_its_calls_are_signed(settings: Any) -> None:
    with running() as sink:
        settings.WEBHOOK_HOSTS = [f"127.0.0.1:{sink.port}"]
        secret = connect(sink.url)
        delivery.go_live("crm", at=NOW)
        moved()
        status_calls.queue(at=NOW)
        hand_over()

    [call] = sink.asked
    signed = Webhook(secret).sign(call.headers["webhook-id"], NOW, call.body.decode())
    assert call.headers["webhook-signature"] == signed
    assert json.loads(call.body)["data"]["to"] == "SALES_REVIEW"


def test_what_was_told_of_a_person_is_erased_with_them() -> None:
    connect()
    reader = moved()
    status_calls.queue(at=NOW)
    hand_over()
    sent = OutboxMessage.objects.get(kind="status")

    erasure.forget(leads.traces_of([reader]), at=NOW + HOUR)

    assert read_bodies([sent.pk]).get(sent.pk) is None
    assert status_calls.queue(at=NOW) == 0


def test_many_changes_are_told_in_few_statements(django_assert_max_num_queries) -> None:
    connect()
    company = world.brightpath()
    for number in range(60):
        lead = world.lead(company, first_name=f"No{number}")
        Transition.objects.create(
            lead=lead,
            account=company,
            from_status="NEW",
            to_status="NURTURE",
            reason="path:x",
            occurred_at=NOW,
        )

    with django_assert_max_num_queries(12):
        assert status_calls.queue(at=NOW) == 60
