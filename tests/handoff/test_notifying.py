"""Who is told of what, once: by mail with links and a calendar file, or by a signed call; and never a lead."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from standardwebhooks.webhooks import Webhook

from coldframe.delivery import operations as delivery
from coldframe.delivery import secrets
from coldframe.delivery.channels.webhook import channel as webhook
from coldframe.handoff import answering, calendar_file, notifying, operations
from coldframe.handoff.handlers import NotificationHandler
from coldframe.handoff.models import Notification
from coldframe.kernel.vocabulary import Notice
from coldframe.leads import erasure as leads
from coldframe.nurture import erasure
from coldframe.outbox.contents import read_bodies
from coldframe.outbox.models import OutboxMessage
from coldframe.team.rights import Role
from tests import world
from tests.delivery.http_sink import running
from tests.handoff import desk
from tests.nurture import cast
from tests.nurture.cast import DAY, HOUR
from tests.world import NOW

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, str]]:
    return sorted(Notification.objects.values_list("what", "address"))


def hand_over(at: datetime = NOW) -> None:
    delivery.ensure_local_connection(at=NOW)
    for _ in range(3):
        cast.outbox_turn(NotificationHandler(), at)


def states() -> list[str]:
    return list(
        OutboxMessage.objects.filter(kind="notification").order_by("id").values_list("state", flat=True)
    )


def mail(number: int = 0) -> EmailMessage:
    """Return the mail to somebody as it was handed over."""
    sent = OutboxMessage.objects.filter(kind="notification", state="SENT").order_by("id")[number]
    found = message_from_bytes(read_bodies([sent.pk])[sent.pk] or b"", policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def text(found: EmailMessage) -> str:
    body = found.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_an_owner_is_told_with_one_link_for_each_answer_and_a_calendar_file() -> None:
    desk.rep("Ewa Lis")
    row = desk.before_sales(owner="Ewa Lis")
    hand_over()

    found = mail()

    assert (str(found["To"]), str(found["Subject"])) == (
        "Ewa Lis <ewa@ours.example>", "Asks for sales: Reader1 Nowak, Company 1",
    )  # fmt: skip
    assert found["Auto-Submitted"] == "auto-generated"
    assert f"/desk/{row.public_id}" in text(found)
    links = re.findall(r"/a/([a-z2-7]{80})\s", text(found))
    answers = [answering.find(each, at=NOW) for each in links]
    assert [each.answer for each in answers if each] == [
        "ACCEPTED", "NOT_NOW", "WRONG_PERSON", "NEEDS_EDUCATION", "NOT_A_FIT",
    ]  # fmt: skip
    assert {(each.by, each.handoff.id) for each in answers if each} == {("Ewa Lis", row.id)}
    (file,) = found.iter_attachments()
    assert (file.get_content_type(), file.get_filename()) == ("text/calendar", "handoff.ics")
    assert "BEGIN:VEVENT" in file.get_content()


def test_everybody_is_told_once_however_often_a_cycle_looks() -> None:
    desk.rep("Ewa Lis")
    row = desk.before_sales(owner="Ewa Lis")
    cast.all_due(NOW + HOUR / 2)
    cast.decide(NOW + HOUR / 2)
    cast.decide(NOW + HOUR, desk.lead_of(row))
    hand_over()
    hand_over(NOW + HOUR)

    assert told() == [("OPENED", "ewa@ours.example")]
    assert states() == ["SENT"]


def test_nobody_who_cannot_be_told_stops_a_handoff() -> None:
    desk.before_sales(owner="Somebody of the CRM")

    assert told() == []


def test_where_nobody_in_particular_has_it_whoever_leads_the_team_is_told() -> None:
    desk.rep("Ewa Lis")
    desk.rep("Zofia Rak", role=Role.SALES_LEAD)
    desk.rep("Gone Lead", role=Role.SALES_LEAD, is_active=False)

    desk.before_sales()

    assert told() == [("OPENED", "zofia@ours.example")]


def test_whoever_leads_the_team_is_told_where_nobody_knows_how_to_reach_the_owner() -> None:
    desk.rep("Zofia Rak", role=Role.SALES_LEAD)

    desk.before_sales(owner="Somebody of the CRM")
    hand_over()

    assert told() == [("OPENED", "zofia@ours.example")]
    assert states() == ["SENT"]


def test_a_rep_says_where_and_of_what_they_are_told() -> None:
    desk.rep("Ewa Lis")
    operations.agree("Ewa Lis", email="ewa.mobile@ours.example", with_calendar=False)
    desk.before_sales(1, owner="Ewa Lis")
    hand_over()
    assert told() == [("OPENED", "ewa.mobile@ours.example")]
    assert list(mail().iter_attachments()) == []

    operations.agree("Ewa Lis", by_email=False)
    desk.before_sales(2, owner="Ewa Lis")
    assert len(told()) == 1


def test_a_lapse_is_told_to_who_the_playbook_names_or_leads_the_team() -> None:
    desk.rep("Ewa Lis")
    desk.rep("Zofia Rak", role=Role.SALES_LEAD)
    row = desk.before_sales(owner="Ewa Lis")
    hand_over()

    cast.decide(row.deadline_at)
    hand_over(row.deadline_at)

    assert told() == [("LAPSED", "zofia@ours.example"), ("OPENED", "ewa@ours.example")]
    assert str(mail(1)["Subject"]) == "Not answered in time: Reader1 Nowak, Company 1"
    assert "An answer still counts" in text(mail(1))


def test_whoever_is_handed_a_lead_is_told_and_who_had_it_no_more() -> None:
    desk.rep("Ewa Lis")
    desk.rep("Jan Maj")
    row = desk.before_sales(owner="Ewa Lis")

    operations.reassign(public_id=row.public_id, to="Jan Maj", by="Zofia", at=NOW)
    hand_over()

    assert told() == [("HANDED_OVER", "jan@ours.example"), ("OPENED", "ewa@ours.example")]
    assert states() == ["HELD", "SENT"], "it is not Ewa's to answer any more"
    assert "Zofia handed Reader1 Nowak, Company 1 over to you." in text(mail())


def test_what_is_answered_before_it_is_told_is_not_told() -> None:
    desk.rep("Ewa Lis")
    row = desk.before_sales(owner="Ewa Lis")
    operations.accept(public_id=row.public_id, by="Ewa Lis", at=NOW)

    hand_over()

    assert states() == ["HELD"]


def test_no_lead_is_told_what_sales_is_told() -> None:
    cast.use_playbook()
    desk.rep("Ewa Lis")
    operations.agree("Ewa Lis", email="reader@company2.example")
    cast.reader(2)
    world.event(cast.reader(3, owner="Ewa Lis"), kind="form_submitted", form="demo", days_ago=0.05)
    cast.decide(NOW)

    hand_over()

    assert told() == [("OPENED", "reader@company2.example")]
    assert states() == ["HELD"]


HOSTILE = "Eve\r\nBcc: all@world.example\x00<script>alert(1)</script>{% now 'Y' %}{{ 7 }};VALUE=X"


def test_names_of_leads_are_text_wherever_they_stand() -> None:
    desk.rep("Ewa Lis")
    row = desk.before_sales(owner="Ewa Lis", first_name=HOSTILE.replace("\x00", ""), last_name="\u202eL")
    hand_over()

    found = mail()

    assert found["Bcc"] is None
    assert "Bcc: all@world.example" in str(found["Subject"])
    html = found.get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()
    assert "&lt;script&gt;" in html.get_content()
    lines = calendar_file.of(desk.again(row), url="https://x.example/d", at=NOW).decode().split("\r\n")
    assert [each for each in lines if each.startswith(("Bcc", "ATTENDEE"))] == []
    assert max(len(each.encode()) for each in lines) <= 75
    assert "".join(lines).count("BEGIN:VEVENT") == 1


def test_the_calendar_has_the_agreed_time_then_the_date_of_not_now() -> None:
    row = desk.before_sales()
    before = calendar_file.of(row, url="https://ours.example/desk/1", at=NOW).decode()
    operations.not_now(public_id=row.public_id, until=NOW + 30 * DAY, by="Ewa", at=NOW)
    after = calendar_file.of(desk.again(row), url="https://ours.example/desk/1", at=NOW).decode()

    assert "DTSTART:20260601T090500Z\r\n" in before
    assert "SUMMARY:Answer: Reader1 Nowak\\, Company 1\r\n" in before
    assert "DTSTART;VALUE=DATE:20260701\r\nDTEND;VALUE=DATE:20260702\r\nTRANSP:TRANSPARENT\r\n" in after
    assert "TRIGGER:PT9H\r\n" in after
    assert "SUMMARY:Come back to Reader1 Nowak\\, Company 1\r\n" in after
    assert re.findall("UID:.*", before) == re.findall("UID:.*", after)


def test_the_date_of_not_now_is_the_day_that_was_named_and_rings_in_its_morning() -> None:
    row = desk.before_sales()
    midnight = datetime(2026, 8, 31, 22, tzinfo=UTC)
    operations.not_now(public_id=row.public_id, until=midnight, by="Ewa", at=NOW)

    file = calendar_file.of(
        desk.again(row), url="https://ours.example/desk/1", at=NOW, zone=ZoneInfo("Europe/Berlin")
    )

    assert b"DTSTART;VALUE=DATE:20260901\r\n" in file
    assert b"TRIGGER:PT9H\r\n" in file


def test_a_system_is_told_of_everything_by_signed_calls(settings: Any) -> None:
    with running() as sink:
        settings.WEBHOOK_HOSTS = [f"127.0.0.1:{sink.port}"]
        secret = webhook.make_secret()
        delivery.add_connection(
            name="crm", kind="WEBHOOK", at=NOW, settings={"url": sink.url}, secret=secrets.seal(secret, settings={"url": sink.url}),
        )  # fmt: skip
        delivery.go_live("crm", at=NOW)
        operations.tell_system(connection="crm")
        row = desk.before_sales(owner="Ewa Lis")
        operations.accept(public_id=row.public_id, by="Ewa Lis", at=NOW)
        hand_over()

    assert told() == [("ANSWERED", "webhook:crm"), ("OPENED", "webhook:crm")]
    calls = [json.loads(each.body) for each in sink.asked]
    for each in sink.asked:
        signed = Webhook(secret).sign(each.headers["webhook-id"], NOW, each.body.decode())
        assert each.headers["webhook-signature"] == signed
    assert [each["type"] for each in calls] == ["handoff.opened", "handoff.answered"]
    assert {each["data"]["id"] for each in calls} == {str(row.public_id)}
    assert calls[1]["data"]["verdict"]["answer"] == "ACCEPTED"
    assert len({each.headers["webhook-id"] for each in sink.asked}) == 2


def test_until_a_connection_is_live_its_calls_stay_in_the_local_outbox() -> None:
    delivery.add_connection(name="crm", kind="WEBHOOK", at=NOW, settings={"url": "https://crm.example/in"})
    operations.tell_system(connection="crm")
    row = desk.before_sales(owner="Ewa Lis")

    hand_over()

    sent = OutboxMessage.objects.get()
    assert (sent.state, sent.receipt) == ("SENT", "local outbox")
    call = json.loads(read_bodies([sent.pk])[sent.pk] or b"")
    assert (call["type"], call["data"]["id"], call["data"]["owner"]) == (
        "handoff.opened", str(row.public_id), "Ewa Lis",
    )  # fmt: skip


def test_what_was_told_of_a_person_is_erased_with_them() -> None:
    desk.rep("Ewa Lis")
    row = desk.before_sales(owner="Ewa Lis")
    hand_over()
    sent = OutboxMessage.objects.get(kind="notification")
    assert read_bodies([sent.pk])[sent.pk]

    erasure.forget(leads.traces_of([desk.lead_of(row)]), at=NOW + HOUR)

    assert read_bodies([sent.pk]).get(sent.pk) is None
    assert OutboxMessage.objects.get(pk=sent.pk).recipient == ""


@pytest.mark.parametrize("owner", [None, "Ewa Lis"])
def test_many_handoffs_are_told_of_in_as_many_statements_as_one(
    owner: str | None, django_assert_max_num_queries: Any
) -> None:
    desk.rep("Ewa Lis"), desk.rep("Jan Maj", role=Role.SALES_LEAD)
    rows = [desk.before_sales(number, owner=owner) for number in range(1, 6)]
    Notification.objects.all().delete()
    OutboxMessage.objects.all().delete()

    with django_assert_max_num_queries(14):
        count = notifying.tell([row.id for row in rows], Notice.OPENED, at=NOW)

    assert count == len(rows)
    assert {to for to, _ in Notification.objects.values_list("to", "what")} == {owner or "Jan Maj"}
    assert notifying.tell([row.id for row in rows], Notice.OPENED, at=NOW) == 0
