"""What comes of touches: the row says it, the account is looked at again, and nothing is counted twice."""

from __future__ import annotations

from datetime import datetime

import pytest

from coldframe.leads import consent
from coldframe.leads.due import mark_due
from coldframe.leads.models import AccountDue, Suppression
from coldframe.nurture import ledger, outcomes
from coldframe.nurture.handlers import TouchHandler
from coldframe.nurture.models import Hold, Touch
from coldframe.nurture.outcomes import PlannedAnew
from coldframe.outbox import operations as outbox
from coldframe.outbox.handlers import Claimed, Outcome, Result, Settled
from coldframe.outbox.models import Attempt, OutboxMessage
from tests.nurture import cast
from tests.nurture.cast import DAY, HOUR, Post
from tests.world import NOW

pytestmark = pytest.mark.django_db

HANDLERS = {"touch": TouchHandler()}


def answering(result: Result, reason: str = "", phase: str = "final dot") -> Post:
    def answer(message: Claimed) -> Outcome:
        return Outcome(id=message.id, result=result, reason=reason, phase=phase, code=550)

    return Post(answer=answer)


def planned() -> Touch:
    """Live until a touch is planned; return it."""
    cast.use_playbook()
    reader = cast.reader(1)
    cast.delivery.ensure_local_connection(at=NOW)
    at = NOW
    while not Touch.objects.exists():
        cast.all_due(at)
        cast.decide(at, reader)
        at += HOUR
    AccountDue.objects.update(due_at=NOW + 90 * DAY)
    return Touch.objects.get()


def due_at() -> datetime:
    return AccountDue.objects.get().due_at


def test_what_happens_meanwhile_is_not_kept_waiting_by_a_touch_that_left() -> None:
    touch = planned()
    cast.outbox_turn(answering(Result.SENT), touch.planned_for)

    mark_due(account_ids=[touch.account_id], at=touch.planned_for)

    assert due_at() == touch.planned_for


def test_ends_are_recorded_whatever_fits_into_one_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "AT_A_TIME", 1)
    touch = planned()
    message = OutboxMessage.objects.get()
    ends = [
        Settled(
            id=message.pk + more,
            key="",
            subject_id=touch.pk + more,
            lane="",
            message_id=None,
            result=Result.SENT,
            reason="",
            detail="",
        )
        for more in range(3)
    ]

    outcomes.record(ends, at=NOW + DAY)

    touch.refresh_from_db()
    assert (touch.state, touch.settled_at) == ("SENT", NOW + DAY)


@pytest.mark.parametrize("result", [Result.SENT, Result.FAILED, Result.UNCERTAIN])
def test_the_touch_says_what_came_of_it_and_its_account_is_due_with_others_of_its_batch(
    result: Result,
) -> None:
    touch = planned()

    cast.outbox_turn(answering(result, "REFUSED"), touch.planned_for)

    touch.refresh_from_db()
    assert (touch.state, touch.settled_at) == (result.value, touch.planned_for)
    assert due_at() == touch.planned_for + outcomes.TOGETHER
    assert Suppression.objects.count() == 0
    assert ledger.find_unbalanced() == []


def test_an_address_at_which_nobody_is_gets_no_further_mail() -> None:
    touch = planned()

    cast.outbox_turn(answering(Result.FAILED, "NO_SUCH_ADDRESS", "recipient"), touch.planned_for)

    assert set(Suppression.objects.values_list("lead_id", "email", "reason")) == {
        (touch.lead_id, None, "HARD_BOUNCE"),
        (None, "reader@company1.example", "HARD_BOUNCE"),
    }


def test_what_comes_too_late_within_a_day_was_held_for_the_hour_and_is_planned_again() -> None:
    touch = planned()
    closes = OutboxMessage.objects.get().late_at
    assert closes - touch.planned_for < 10 * HOUR

    cast.outbox_turn(Post(), closes)

    hold = Hold.objects.order_by("-id").first()
    assert (hold.reason, hold.cycle_id, hold.channel) == ("QUIET_HOURS", touch.cycle_id, "EMAIL")
    assert due_at() == closes + cast.MOMENT
    cast.live(days=5, since=closes)
    touch.refresh_from_db()
    assert touch.state == "SENT"
    assert ledger.find_unbalanced() == []


def test_what_was_kept_back_for_days_is_told_as_stale() -> None:
    touch = planned()

    cast.outbox_turn(Post(), touch.planned_for + 4 * DAY)

    assert Hold.objects.order_by("-id").first().reason == "STALE"


@pytest.mark.parametrize("delivered", [True, False])
def test_a_persons_word_settles_an_uncertain_touch(delivered: bool) -> None:
    touch = planned()
    cast.outbox_turn(answering(Result.UNCERTAIN), touch.planned_for)
    message = OutboxMessage.objects.get()

    outbox.resettle(message.pk, delivered=delivered, by="Ewa", handlers=HANDLERS, at=touch.planned_for)

    touch.refresh_from_db()
    assert touch.state == ("SENT" if delivered else "PLANNED")
    assert ledger.find_unbalanced() == []
    post = Post()
    cast.outbox_turn(post, touch.planned_for)
    assert len(post.arrived) == (0 if delivered else 1)
    touch.refresh_from_db()
    assert touch.state == "SENT"


def test_a_failed_touch_may_be_sent_again_by_hand() -> None:
    touch = planned()
    cast.outbox_turn(answering(Result.FAILED, "REFUSED"), touch.planned_for)

    outbox.requeue(
        OutboxMessage.objects.get().pk,
        handlers=HANDLERS,
        at=touch.planned_for,
        late_at=touch.planned_for + HOUR,
    )
    cast.outbox_turn(Post(), touch.planned_for)

    touch.refresh_from_db()
    assert touch.state == "SENT"


def test_a_held_touch_is_not_sent_by_hand_for_it_is_planned_anew_by_itself() -> None:
    touch = planned()
    late = touch.planned_for + 4 * DAY
    cast.outbox_turn(Post(), late)
    message = OutboxMessage.objects.get()

    with pytest.raises(PlannedAnew) as refusal:
        outbox.requeue(message.pk, handlers=HANDLERS, at=late, late_at=late + HOUR)

    assert str(refusal.value) == (
        "This touch was held, and held touches are planned anew by themselves.\n"
        "expected a message that failed, or of which nobody knows whether it arrived.\n"
        "Look at the lead: its ledger says what is next, and when."
    )
    message.refresh_from_db()
    assert message.state == "HELD"


def refused_for_now(message: Claimed) -> Outcome:
    return Outcome(id=message.id, result=Result.RETRY, phase="recipient", code=452, text="4.2.2 Mailbox full")


def test_a_mailbox_that_refuses_for_days_is_given_up_though_working_hours_end_in_between() -> None:
    cast.use_playbook()
    reader = cast.reader(1)
    post = cast.Post(answer=refused_for_now)

    cast.live(days=7, handler=post)

    first = cast.touches(reader)[0]
    last = OutboxMessage.objects.filter(subject_id=first.pk).order_by("-id").first()
    assert (first.state, last.state, last.reason) == ("FAILED", "FAILED", "GAVE_UP")
    asked = Attempt.objects.filter(message__subject_id=first.pk).order_by("id")
    # Three days are over on Thursday, a holiday.
    assert (asked.first().ended_at.isoweekday(), asked.last().ended_at.isoweekday()) == (1, 5)
    assert asked.last().ended_at - asked.first().ended_at < 5 * DAY
    assert ledger.find_unbalanced() == []


def test_a_refusal_of_long_ago_does_not_shorten_the_tries() -> None:
    cast.use_playbook()
    reader = cast.reader(1)
    cast.live(days=0.5, handler=cast.Post(answer=refused_for_now))
    consent.pause(lead_id=reader.pk, until=NOW + 20 * DAY, source="test", at=NOW + DAY)
    answers = iter([refused_for_now])

    def greylisting(message: Claimed) -> Outcome:
        return next(answers, cast.taken)(message)

    cast.live(days=25, since=NOW + DAY, handler=cast.Post(answer=greylisting))

    assert cast.touches(reader)[0].state == "SENT"
