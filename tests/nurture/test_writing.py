"""Every channel writes its own: a mail, a task for the owner, an entry of a list, a signed call."""

from __future__ import annotations

import email
import json
from email import policy
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from coldframe.delivery import operations as delivery
from coldframe.delivery import setup
from coldframe.delivery.channels.audience import lists
from coldframe.delivery.channels.audience.models import Membership
from coldframe.delivery.channels.task.models import Task
from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads import consent, suppression
from coldframe.leads.models import Consent, Lead
from coldframe.nurture import ledger, recovering
from coldframe.nurture.models import Enrollment, Hold, Touch
from coldframe.outbox import contents
from coldframe.outbox.models import OutboxMessage
from coldframe.work import trades
from tests import world
from tests.delivery import http_sink
from tests.nurture import cast
from tests.nurture.cast import DAY
from tests.world import NOW

pytestmark = pytest.mark.django_db


def use_channel(*ways: str) -> None:
    """Have everybody reached by these ways."""
    text = cast.shipped()
    changes = {
        line: f"{line}\n    channels: [{', '.join(ways)}]"
        for line in text.split("\npaths:")[1].split("\ncadence:")[0].splitlines()
        if line.strip().startswith("pool:")
    }
    cast.use_playbook(changes)


def body_of(message: OutboxMessage) -> bytes:
    found = contents.read_bodies([message.pk])[message.pk]
    assert found is not None
    return found


def test_a_mail_carries_its_content_and_every_way_to_leave() -> None:
    cast.use_playbook()
    reader = cast.reader(1)
    delivery.ensure_local_connection(at=NOW)
    delivery.change_connection(
        "local", sender_address="mila@sender.example", reply_to="answers@sender.example", sender_name="Mila"
    )

    cast.live(days=4)

    touch = cast.touches(reader)[0]
    message = OutboxMessage.objects.get(subject_id=touch.pk)
    mail: Any = email.message_from_bytes(body_of(message), policy=policy.default)
    assert mail["To"] == "Reader1 Nowak <reader@company1.example>"
    assert mail["Reply-To"] == "answers@sender.example"
    assert message.message_id == mail["Message-ID"] == f"<{touch.public_id.hex}.0@sender.example>"
    assert mail["X-Coldframe-Touch"] == touch.public_id.hex
    page, mailto = [each.strip("<> ") for each in mail["List-Unsubscribe"].split(",")]
    assert page.startswith("http")
    assert mailto == "mailto:answers@sender.example?subject=unsubscribe"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for kind in ("plain", "html"):
        assert page in mail.get_body((kind,)).get_content().replace("&amp;", "&")


def test_the_first_mail_on_a_legitimate_interest_and_no_later_one_says_where_the_address_is_from() -> None:
    cast.use_playbook()
    reader = cast.reader(1, country="GB", source="Trade fair 2026")
    Consent.objects.update(basis="LEGITIMATE_INTEREST")

    cast.live(days=30)

    sent: list[Any] = [
        email.message_from_bytes(
            body_of(OutboxMessage.objects.get(subject_id=touch.pk)), policy=policy.default
        )
        for touch in cast.touches(reader)
    ]
    first, second, *_ = sent
    for kind in ("plain", "html"):
        early, late = [mail.get_body((kind,)).get_content() for mail in (first, second)]
        assert "legitimate interest" in early
        assert "We have your address from: Trade fair 2026." in early
        assert "You may object to this at any time" in early
        assert "Why you get this" not in late


def test_a_task_reaches_the_owner_with_what_and_why() -> None:
    use_channel("task")
    setup.add(name="tasks", kind="TASK", settings={}, secret="", at=NOW)
    reader = cast.reader(1, owner="Ewa Lis")

    cast.live(days=4)

    touch = cast.touches(reader)[0]
    task = Task.objects.get(lead_id=reader.pk)
    assert (touch.channel, touch.state) == ("TASK", "SENT")
    assert (task.owner, task.why) == ("Ewa Lis", touch.reason)
    assert task.title.startswith("Reader1 Nowak: ")
    assert "https://" in task.what
    assert task.created_at < task.due_at <= task.created_at + 2 * DAY
    assert OutboxMessage.objects.get().lane == "tasks"


def test_a_lead_without_an_owner_gets_no_task_but_the_next_way_that_is_open() -> None:
    use_channel("task", "email")
    setup.add(name="tasks", kind="TASK", settings={}, secret="", at=NOW)
    reader = cast.reader(1)

    cast.live(days=4)

    assert [each.channel for each in cast.touches(reader)] == ["EMAIL"]
    assert Task.objects.count() == 0


def test_a_person_is_put_on_the_paths_list_and_leaves_it_with_the_path(tmp_path: Path) -> None:
    use_channel("audience")
    setup.add(name="ads", kind="AUDIENCE", settings={}, secret="", at=NOW)
    reader = cast.reader(1)

    cast.live(days=4)

    stay, touch = Membership.objects.get(), cast.touches(reader)[0]
    assert (stay.lead_id, stay.audience, stay.left_at) == (reader.pk, touch.path, None)
    assert (touch.channel, touch.state) == ("AUDIENCE", "SENT")
    Lead.objects.filter(pk=reader.pk).update(left_company=True)
    cast.decide(NOW + 5 * DAY, reader)

    assert Enrollment.objects.get().exit_reason == "exit:left_company"
    stay.refresh_from_db()
    assert stay.left_at == NOW + 5 * DAY
    exported = lists.export(folder=tmp_path)
    assert [(each.in_count, each.out_count) for each in exported] == [(0, 1)]


@pytest.mark.parametrize("how", ["suppressed", "withdrawn"])
def test_whoever_says_no_leaves_every_list(how: str) -> None:
    use_channel("audience")
    setup.add(name="ads", kind="AUDIENCE", settings={}, secret="", at=NOW)
    reader = cast.reader(1)
    cast.live(days=4)
    at = NOW + 5 * DAY

    if how == "suppressed":
        suppression.suppress(reason=SuppressionReason.OPT_OUT, source="test", at=at, lead_ids=[reader.pk])
    else:
        consent.withdraw(lead_id=reader.pk, at=at)
    cast.decide(at)

    assert Membership.objects.get().left_at == at
    if how == "suppressed":
        assert Enrollment.objects.get().exit_reason == "exit:unsubscribed"
    else:
        assert Hold.objects.order_by("-id").first().reason == "NO_CONSENT"


@pytest.mark.parametrize("what", ["the next way is open", "sales is at work"])
def test_whoever_takes_the_permission_back_leaves_every_list_whatever_else_holds(what: str) -> None:
    use_channel("audience", "task")
    setup.add(name="ads", kind="AUDIENCE", settings={}, secret="", at=NOW)
    reader = cast.reader(1, owner="Ewa Lis")
    cast.live(days=4)
    at = NOW + 5 * DAY
    assert Membership.objects.get().left_at is None

    if what == "sales is at work":
        colleague = world.lead(reader.account, email="ola@company1.example")
        world.event(colleague, kind="form_submitted", form="demo", days_ago=-5)
    consent.withdraw(lead_id=reader.pk, at=at)
    cast.decide(at, reader)

    assert Enrollment.objects.filter(lead=reader, ended_at=None).exists()
    assert cast.holds(reader)[-1] != "NO_CONSENT"
    assert Membership.objects.get().left_at == at


def test_whose_stay_ends_while_they_are_put_on_a_list_is_taken_off_it() -> None:
    use_channel("audience")
    setup.add(name="ads", kind="AUDIENCE", settings={}, secret="", at=NOW)
    cast.reader(1)

    cast.live(days=4, handler=EndsMeanwhile())

    assert Membership.objects.get().left_at is not None
    assert Touch.objects.get().state == "SENT"


class EndsMeanwhile(cast.TouchHandler):
    """Ends the stays between the marker and the settling."""

    def deliver(self, lane: str, messages: Any, *, mark: Any, report: Any, beat: Any, at: Any) -> None:
        def marked(ids: Any) -> Any:
            allowed = mark(ids)
            Enrollment.objects.update(state="ENDED", ended_at=at, exit_reason="to_sales")
            return allowed

        super().deliver(lane, messages, mark=marked, report=report, beat=beat, at=at)


def test_another_system_is_called_with_a_signed_document_once(settings: Any) -> None:
    use_channel("webhook")
    reader = cast.reader(1)
    with http_sink.running() as sink:
        settings.WEBHOOK_HOSTS = [f"127.0.0.1:{sink.port}"]
        secret = setup.add(name="crm", kind="WEBHOOK", settings={"url": sink.url}, secret="", at=NOW)
        delivery.go_live("crm", at=NOW)

        cast.live(days=4)

    touch = cast.touches(reader)[0]
    message = OutboxMessage.objects.get()
    (asked,) = sink.asked
    headers = {name.lower(): value for name, value in asked.headers.items()}
    assert headers["webhook-id"] == message.message_id == f"msg_{touch.public_id.hex}.0"
    assert asked.body == body_of(message)
    signature = Webhook(secret or "").sign(
        msg_id=headers["webhook-id"], timestamp=touch.settled_at, data=asked.body.decode()
    )
    assert headers["webhook-signature"] == signature
    said = json.loads(asked.body)
    assert (said["type"], said["data"]["touch"]) == ("touch.due", str(touch.public_id))
    assert said["data"]["lead"] == {
        "id": str(reader.public_id), "email": "reader@company1.example", "phone": None, "first_name": "Reader1",
        "last_name": "Nowak", "owner": None,
    }  # fmt: skip
    assert said["data"]["content"]["key"] == touch.content_key
    assert said["data"]["why"] == touch.reason
    assert (touch.channel, touch.state) == ("WEBHOOK", "SENT")


@pytest.mark.parametrize("was_written", [True, False])
@pytest.mark.parametrize("way", ["task", "audience"])
def test_after_a_crash_the_table_says_what_was_handed_over(way: str, was_written: bool) -> None:
    use_channel(way)
    setup.add(name=way, kind=way.upper(), settings={}, secret="", at=NOW)
    reader = cast.reader(1, owner="Ewa Lis")
    cast.live(days=4)
    at = NOW + 5 * DAY
    OutboxMessage.objects.update(state="UNCERTAIN", reason="WORKER_DIED")
    Touch.objects.update(state="UNCERTAIN")
    table = Task if way == "task" else Membership
    if not was_written:
        table.objects.all().delete()

    counts = recovering.settle(handlers=trades.handlers(), at=at)
    cast.live(days=0, since=at)

    assert dict(counts) == ({"sent": 1} if was_written else {"queued_again": 1})
    if was_written:
        assert [each.state for each in cast.touches(reader)] == ["SENT"]
        assert table.objects.count() == 1
    else:
        # Too late for that hour: it is planned anew.
        cast.live(days=4, since=at)
        assert cast.touches(reader)[0].state == "SENT"
        assert table.objects.count() >= 1
    assert ledger.find_unbalanced() == []


def test_a_message_that_would_show_an_empty_field_is_held_and_says_which() -> None:
    cast.use_playbook({'{{ lead.first_name | default: "there" }}': "{{ lead.last_name }}"})
    reader = cast.reader(1, last_name=None)

    cast.live(days=4)

    assert OutboxMessage.objects.filter(state="SENT").count() == 0
    held = Hold.objects.filter(reason="EMPTY_FIELD").first()
    assert held.detail == "The message would show an empty field: lead.last_name"
    assert cast.touches(reader)[0].state in {"WITHDRAWN", "PLANNED"}
