"""What is heard of a mail ends doubts and feeds the brake, once; and nobody is written to after a no."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from django.db.models import Sum

from coldframe.activity import arrivals, mail_feedback
from coldframe.activity.arrivals import NewArrival
from coldframe.activity.hits import HitKind, NewHit
from coldframe.activity.mail_feedback import Heard, Kind
from coldframe.activity.models import Arrival, Feedback
from coldframe.activity.provider_events import ProviderEvent
from coldframe.delivery.models import HourCount
from coldframe.nurture import addressees, feedback
from coldframe.nurture.handlers import TouchHandler
from coldframe.nurture.models import Touch
from coldframe.outbox.handlers import Claimed, Outcome, Result, Settled
from coldframe.outbox.models import OutboxMessage
from coldframe.work.clocks import VirtualClock
from tests.nurture import cast
from tests.nurture.cast import DAY, HOUR, Post
from tests.world import NOW

pytestmark = pytest.mark.django_db


def silent(message: Claimed) -> Outcome:
    return Outcome(
        id=message.id, result=Result.UNCERTAIN, phase="answer", reason="NO_ANSWER", text="timed out"
    )


def written_to(answer: cast.Answering = cast.taken) -> Touch:
    """Live until somebody was written to; return that touch."""
    cast.use_playbook()
    reader = cast.reader(1)
    cast.delivery.ensure_local_connection(at=NOW)
    at = NOW
    while not Touch.objects.exists():
        cast.all_due(at)
        cast.decide(at, reader)
        at += HOUR
    touch = Touch.objects.get()
    cast.outbox_turn(Post(answer=answer), touch.planned_for)
    return touch


def hear(touch: Touch, *kinds: Feedback.Kind, at: datetime | None = None) -> None:
    at = at or touch.planned_for + HOUR
    heard = [
        Heard(
            touch=touch.public_id, lead_id=touch.lead_id, kind=kind, occurred_at=at, source="esp", external_id=kind
        )
        for kind in kinds
    ]  # fmt: skip
    mail_feedback.record(heard, at=at)


def pass_on(touch: Touch, handler: TouchHandler | None = None) -> dict[str, int]:
    return dict(feedback.pass_on(handler=handler or TouchHandler(), at=touch.planned_for + HOUR))


def counts() -> tuple[int, int]:
    """Return bounces and complaints that the brake has counted."""
    found = HourCount.objects.aggregate(bounced=Sum("bounced_count"), complained=Sum("complained_count"))
    return found["bounced"] or 0, found["complained"] or 0


def test_whatever_is_heard_of_a_mail_shows_that_it_was_taken() -> None:
    touch = written_to(silent)
    assert OutboxMessage.objects.get().state == "UNCERTAIN"

    for kind in Kind:
        Feedback.objects.all().delete()
        OutboxMessage.objects.update(state="UNCERTAIN", reason="NO_ANSWER", receipt="")
        Touch.objects.update(state="UNCERTAIN")
        hear(touch, kind)
        pass_on(touch)

        message = OutboxMessage.objects.get()
        touch.refresh_from_db()
        assert (message.state, message.reason, touch.state) == ("SENT", "EVIDENCE", "SENT")
        assert message.receipt == f"esp: {feedback.WORDS[kind]}."


def test_what_nobody_doubts_stays_as_it_is() -> None:
    touch = written_to()
    before = OutboxMessage.objects.values().get()

    hear(touch, Kind.DELIVERED)
    pass_on(touch)

    assert OutboxMessage.objects.values().get() == before


def test_every_kind_has_words() -> None:
    assert set(feedback.WORDS) == set(Kind)


#: What is heard of one mail -> how many bounces and complaints it is.
COUNTED: dict[tuple[Feedback.Kind, ...], tuple[int, int]] = {
    (Kind.HARD_BOUNCED,): (1, 0),
    (Kind.SENDER_REFUSED,): (1, 0),
    (Kind.HARD_BOUNCED, Kind.SENDER_REFUSED): (1, 0),
    (Kind.COMPLAINED,): (0, 1),
    (Kind.COMPLAINED, Kind.HARD_BOUNCED): (1, 1),
    (Kind.SOFT_BOUNCED, Kind.DEFERRED, Kind.NOT_SENT, Kind.UNSUBSCRIBED, Kind.DELIVERED): (0, 0),
}


@pytest.mark.parametrize("at_once", [True, False])
def test_the_brake_counts_a_mail_once(at_once: bool) -> None:
    touch = written_to()

    for kinds, expected in COUNTED.items():
        Feedback.objects.all().delete()
        HourCount.objects.all().delete()
        for some in [kinds] if at_once else [[each] for each in kinds]:
            hear(touch, *some)
            pass_on(touch)
        hear(touch, *kinds)

        assert pass_on(touch) == {}
        assert counts() == expected


def test_a_connection_that_is_gone_is_not_counted_at() -> None:
    touch = written_to()
    OutboxMessage.objects.update(lane="gone")

    hear(touch, Kind.COMPLAINED)

    assert pass_on(touch) == {"passed_on": 1}
    assert counts() == (0, 0)


def test_what_dies_while_it_is_passed_on_is_passed_on_by_the_next_and_counted_once() -> None:
    touch = written_to(silent)
    hear(touch, Kind.COMPLAINED)

    class Dying(TouchHandler):
        def settled(self, ended: Sequence[Settled], *, at: datetime) -> None:
            raise SystemExit

    with pytest.raises(SystemExit):
        pass_on(touch, Dying())
    assert (counts(), OutboxMessage.objects.get().state) == ((0, 0), "UNCERTAIN")

    assert pass_on(touch) == {"passed_on": 1, "settled": 1, "counted": 1}
    assert pass_on(touch) == {}
    assert (counts(), OutboxMessage.objects.get().state) == ((0, 1), "SENT")


def test_an_addressee_is_who_the_mail_went_to() -> None:
    touch = written_to()
    OutboxMessage.objects.update(recipient="Reader.Before@company1.example")

    found = addressees.find([touch.public_id])[touch.public_id]

    assert (found.lead_id, found.emails) == (touch.lead_id, frozenset({"reader.before@company1.example"}))
    assert addressees.find([]) == {}


def arrive(touch: Touch, kind: str, **more: Any) -> None:
    """Let a provider tell of a touch."""
    event = ProviderEvent(
        id=f"{kind}-{touch.pk}", source="esp", type=kind, touch=touch.public_id, at=touch.planned_for + HOUR,
        recipient=str(OutboxMessage.objects.get(subject_id=touch.pk).recipient), **more,
    )  # fmt: skip
    kept = NewArrival(kind=Arrival.Kind.PROVIDER, body=event.as_body())
    arrivals.accept([kept], at=touch.planned_for + HOUR)


def test_a_worker_makes_of_what_a_provider_tells_all_that_follows() -> None:
    touch = written_to(silent)

    arrive(touch, "delivered")
    arrive(touch, "opened", agent="Mozilla/5.0")
    at = touch.planned_for + HOUR
    cast.worker(VirtualClock(at=at, end=at + HOUR)).run(until=at + HOUR)

    touch.refresh_from_db()
    assert (OutboxMessage.objects.get().state, touch.state) == ("SENT", "SENT")
    assert not Feedback.objects.filter(is_passed_on=False).exists()
    assert not Arrival.objects.filter(kind="PROVIDER").exists()


def test_a_link_of_ones_own_that_was_opened_shows_that_the_mail_arrived() -> None:
    touch = written_to(silent)
    at = touch.planned_for + HOUR
    hit = NewHit(id="1", source="links", kind=HitKind.CLICK, touch=touch.public_id, at=at, link=0, links=2)

    arrivals.accept([NewArrival(kind=Arrival.Kind.HIT, body=hit.as_body())], at=at)
    cast.worker(VirtualClock(at=at, end=at + HOUR)).run(until=at + HOUR)

    message = OutboxMessage.objects.get(subject_id=touch.pk)
    assert (message.state, message.receipt) == ("SENT", "links: a link in it was opened.")


@pytest.mark.parametrize(
    ("kind", "more"), [("complained", {}), ("unsubscribed", {}), ("bounced", {"is_permanent": True})]
)
def test_nobody_is_written_to_again_after_a_no(kind: str, more: dict[str, Any]) -> None:
    touch = written_to()
    at = touch.planned_for + HOUR

    arrive(touch, kind, **more)
    post = Post()
    cast.live(days=25, since=at, handler=post)

    assert post.arrived == []
    assert OutboxMessage.objects.filter(state="SENT").count() == 1


def test_without_a_no_the_same_reader_is_written_to_again() -> None:
    touch = written_to()
    at = touch.planned_for + HOUR

    arrive(touch, "delivered")
    post = Post()
    cast.live(days=25, since=at, handler=post)

    assert len(post.arrived) > 0


def test_what_waits_in_the_outbox_is_held_when_a_no_comes_in_between() -> None:
    touch = written_to()
    at = touch.planned_for + HOUR
    OutboxMessage.objects.update(state="QUEUED", due_at=at + DAY, late_at=at + 3 * DAY, settled_at=None)
    Touch.objects.update(state="PLANNED")

    arrive(touch, "complained")
    post = Post()
    cast.live(days=2, since=at, handler=post)

    assert post.arrived == []
    assert OutboxMessage.objects.get(subject_id=touch.pk).state == "HELD"
