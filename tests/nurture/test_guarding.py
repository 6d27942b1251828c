"""Between planning and hand-over: what was recorded meanwhile is heard, and the touch is planned anew."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from coldframe.handoff import operations as handoffs
from coldframe.handoff.models import Handoff
from coldframe.kernel.vocabulary import SuppressionReason, Verdict
from coldframe.leads import consent, operations, suppression
from coldframe.leads.models import AccountDue, Consent, ImportBatch, Lead, Opportunity
from coldframe.nurture import erasure, guarding, ledger
from coldframe.nurture.models import Enrollment, Hold, Override, Touch
from coldframe.outbox import contents
from coldframe.outbox.models import OutboxMessage
from tests import world
from tests.nurture import cast
from tests.nurture.cast import DAY, Post
from tests.world import NOW

pytestmark = pytest.mark.django_db


def planned(**changes: Any) -> Touch:
    """Live until a touch to the first reader is planned; return it, not handed over yet."""
    cast.use_playbook()
    reader = cast.reader(1, **changes)
    cast.delivery.ensure_local_connection(at=NOW)
    at = NOW
    while not Touch.objects.exists():
        cast.all_due(at)
        cast.decide(at, reader)
        at += cast.HOUR
        assert at < NOW + 9 * DAY
    return Touch.objects.get()


def handed_over(touch: Touch, *, before: Callable[[datetime], object] = lambda at: None) -> Post:
    """Hand over what is planned, and do something just before the marker."""
    at = touch.planned_for
    post = Post(before_mark=lambda message: before(at))
    cast.outbox_turn(post, at)
    return post


def suppress_person(touch: Touch, at: datetime) -> None:
    suppression.suppress(reason=SuppressionReason.COMPLAINT, source="test", at=at, lead_ids=[touch.lead_id])


def suppress_address(touch: Touch, at: datetime) -> None:
    suppression.suppress(
        reason=SuppressionReason.UNSUBSCRIBE, source="test", at=at, emails=[touch.lead.email or ""]
    )


def suppress_old_address(touch: Touch, at: datetime) -> None:
    """The person has another address by now, and the one the message is written to opts out."""
    old = touch.lead.email or ""
    Lead.objects.filter(pk=touch.lead_id).update(email="new@company1.example")
    suppression.suppress(reason=SuppressionReason.UNSUBSCRIBE, source="test", at=at, emails=[old])


def withdraw(touch: Touch, at: datetime) -> None:
    consent.withdraw(lead_id=touch.lead_id, at=at)


def move(touch: Touch, at: datetime) -> None:
    Lead.objects.filter(pk=touch.lead_id).update(email="new@company1.example")


def lose_address(touch: Touch, at: datetime) -> None:
    Lead.objects.filter(pk=touch.lead_id).update(email=None)


def open_deal(touch: Touch, at: datetime) -> None:
    Opportunity.objects.create(
        account_id=touch.account_id, source="crm", external_id="1", state="OPEN", opened_at=at, created_at=at
    )


def put_colleague_before_sales(touch: Touch, at: datetime) -> None:
    ola = world.lead(touch.account, email="ola@company1.example", role="CHAMPION")
    Handoff.objects.create(
        lead=ola, account_id=touch.account_id, episode=1, trigger="trigger:Ready", opened_at=at, deadline_at=at + DAY
    )  # fmt: skip


def accept_colleague(touch: Touch, at: datetime) -> None:
    put_colleague_before_sales(touch, at)
    ola = Lead.objects.get(email="ola@company1.example")
    from coldframe.nurture.models import Standing

    row = Standing.objects.get(lead_id=touch.lead_id)
    row.pk, row.lead_id, row.status = ola.pk, ola.pk, "SALES_REVIEW"
    row.save(force_insert=True)
    handoffs.record_verdict(lead_id=ola.pk, answer=Verdict.ACCEPTED, by="Ewa", at=at)


def end_stay(touch: Touch, at: datetime) -> None:
    Enrollment.objects.update(state="ENDED", ended_at=at, exit_reason="exit:left_company")


def void(touch: Touch, at: datetime) -> None:
    Lead.objects.filter(pk=touch.lead_id).update(voided_at=at)


def ask_for_quiet(touch: Touch, at: datetime) -> None:
    consent.pause(lead_id=touch.lead_id, until=at + 30 * DAY, source="page", at=at)


def pause_by_hand(touch: Touch, at: datetime) -> None:
    Override.objects.create(
        lead_id=touch.lead_id, account_id=touch.account_id, is_paused=True, reason="holidays", set_by="Ewa",
        set_at=at, until=at + 30 * DAY,
    )  # fmt: skip


def end_permission(touch: Touch, at: datetime) -> None:
    Touch.objects.update(permitted_until=at)


def undo_the_import_of_its_consent(touch: Touch, at: datetime) -> None:
    batch = ImportBatch.objects.create(
        kind="leads", source="fair", file_name="fair.csv", file_hash="0" * 64, state="DONE", started_at=NOW
    )
    Consent.objects.filter(lead_id=touch.lead_id).update(batch=batch)
    operations.undo_import(batch.pk, at=at)


MEANWHILE = {
    suppress_person: "SUPPRESSED",
    suppress_address: "SUPPRESSED",
    suppress_old_address: "SUPPRESSED",
    withdraw: "NO_CONSENT",
    undo_the_import_of_its_consent: "NO_CONSENT",
    end_permission: "NO_CONSENT",
    lose_address: "NO_ADDRESS",
    move: "NOT_READY",
    open_deal: "SALES_ACTIVE",
    put_colleague_before_sales: "SALES_ACTIVE",
    accept_colleague: "SALES_ACTIVE",
    end_stay: "EXITED",
    void: "EXITED",
    ask_for_quiet: "PAUSED",
    pause_by_hand: "PAUSED",
}


@pytest.mark.parametrize("happens", MEANWHILE, ids=lambda happens: happens.__name__)
def test_what_happens_before_the_marker_is_heard(happens: Callable[[Touch, datetime], None]) -> None:
    touch = planned()

    post = handed_over(touch, before=lambda at: happens(touch, at))

    assert post.arrived == []
    message = OutboxMessage.objects.get()
    assert (message.state, message.reason) == ("HELD", MEANWHILE[happens])
    touch.refresh_from_db()
    assert touch.state == "WITHDRAWN"
    hold = Hold.objects.order_by("-id").first()
    assert (hold.cycle_id, hold.reason, hold.content_key) == (
        touch.cycle_id,
        MEANWHILE[happens],
        touch.content_key,
    )
    assert ledger.find_unbalanced() == []
    due_at = AccountDue.objects.get(account_id=touch.account_id).due_at
    assert due_at <= touch.planned_for + cast.MOMENT


def test_a_touch_of_which_nothing_has_happened_leaves() -> None:
    touch = planned()

    post = handed_over(touch)

    assert [message.recipient for message in post.arrived] == ["reader@company1.example"]
    touch.refresh_from_db()
    assert (touch.state, touch.settled_at) == ("SENT", touch.planned_for)


def test_an_opt_out_without_the_plus_tag_holds_for_the_address_with_one() -> None:
    touch = planned(email="reader+news@company1.example")

    post = handed_over(
        touch,
        before=lambda at: suppression.Suppression.objects.create(
            email="reader@company1.example",
            reason="UNSUBSCRIBE",
            source="list",
            suppressed_at=at,
            created_at=at,
        ),
    )

    assert post.arrived == []
    assert OutboxMessage.objects.get().reason == "SUPPRESSED"


def test_a_changed_address_gets_the_same_content_written_anew() -> None:
    touch = planned()
    handed_over(touch, before=lambda at: move(touch, at))

    post = Post()
    cast.live(days=4, since=touch.planned_for, handler=post)

    assert [message.recipient for message in post.arrived] == ["new@company1.example"]
    assert post.arrived[0].body is not None
    assert b"new@company1.example" in post.arrived[0].body
    assert b"reader@company1.example" not in post.arrived[0].body
    touch.refresh_from_db()
    assert touch.state == "SENT"
    assert Touch.objects.filter(content_key=touch.content_key).count() == 1
    assert ledger.find_unbalanced() == []


def test_an_address_that_came_after_planning_is_not_written_to_under_the_locks_of_the_old_one() -> None:
    touch = planned()
    move(touch, touch.planned_for)

    post = handed_over(touch)

    message = OutboxMessage.objects.get()
    assert (post.arrived, message.state, message.reason) == ([], "HELD", "NOT_READY")
    assert contents.read_bodies([message.pk]).get(message.pk) is None


def test_a_withdrawal_at_the_instant_of_planning_counts() -> None:
    touch = planned()
    consent.withdraw(lead_id=touch.lead_id, at=touch.planned_for)

    assert handed_over(touch).arrived == []
    assert OutboxMessage.objects.get().reason == "NO_CONSENT"


def test_a_withdrawal_that_was_committed_while_the_marker_waited_counts_though_it_bears_a_later_instant() -> (
    None
):
    touch = planned()

    post = handed_over(
        touch, before=lambda at: consent.withdraw(lead_id=touch.lead_id, at=at + 3 * cast.MOMENT)
    )

    assert post.arrived == []
    assert OutboxMessage.objects.get().reason == "NO_CONSENT"


def test_a_clock_that_stands_still_moves_on_after_a_refusal() -> None:
    touch = planned()
    consent.withdraw(lead_id=touch.lead_id, at=touch.planned_for)
    cast.may_mail(touch.lead)

    cast.live(days=3, since=touch.planned_for)

    touch.refresh_from_db()
    assert touch.state == "SENT"
    assert Hold.objects.filter(reason="NO_CONSENT").count() == 1


def test_a_suppressed_person_is_never_mailed_again_and_their_nurture_ends() -> None:
    touch = planned()
    suppress_address(touch, touch.planned_for)

    post = Post()
    cast.live(days=60, since=touch.planned_for, handler=post)

    assert post.arrived == []
    assert Enrollment.objects.get().exit_reason == "exit:unsubscribed"


def test_an_erased_person_is_never_mailed_and_the_books_still_add_up(tmp_path: Path) -> None:
    touch = planned()
    erasure.erase_person(touch.lead_id, home=tmp_path, at=touch.planned_for)

    post = Post()
    cast.live(days=40, since=touch.planned_for, handler=post)

    assert post.arrived == []
    assert Touch.objects.get().state == "WITHDRAWN"
    assert ledger.find_unbalanced() == []


def test_a_message_of_an_earlier_plan_does_not_leave_beside_the_later_one() -> None:
    touch = planned()
    handed_over(touch, before=lambda at: move(touch, at))
    later = touch.planned_for + cast.HOUR / 2
    cast.decide(later)
    earlier, again = OutboxMessage.objects.order_by("id")
    assert (earlier.state, again.state) == ("HELD", "QUEUED")
    OutboxMessage.objects.filter(pk=earlier.pk).update(state="QUEUED")

    post = Post()
    cast.outbox_turn(post, later)

    assert [message.id for message in post.arrived] == [again.pk]
    earlier.refresh_from_db()
    assert (earlier.state, earlier.reason) == ("HELD", "EXITED")
    assert Touch.objects.get().state == "SENT"
    assert ledger.find_unbalanced() == []


@pytest.mark.sqlite
def test_what_is_asked_before_a_message_leaves_does_not_grow_with_what_has_left() -> None:
    leaving = guarding.Leaving(message_id=1, touch_id=1, recipient="", mailbox="")
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + guarding.statement(1), guarding.asked_of([leaving], at=NOW))
        steps = [row[-1] for row in cursor.fetchall()]

    assert any(
        re.fullmatch(r"SEARCH o USING INDEX \w+ \(lead_id=\? AND content_key=\?\)", step) for step in steps
    )
    assert [
        step for step in steps if step.startswith("SCAN") and step not in ("SCAN r", "SCAN CONSTANT ROW")
    ] == []
