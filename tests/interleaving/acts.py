"""What may come between a claim and its hand-over: an opt-out, an exit, a wish; each by the operation that records it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from coldframe.activity.models import Event, EventShape
from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads import operations as leads
from coldframe.nurture import cycle
from coldframe.nurture.handlers import TouchHandler
from coldframe.outbox.handlers import Beat, Claimed, Composed, Mark, Outcome, Report, Result, Withheld


@dataclass(frozen=True, kw_only=True)
class Person:
    """A lead with one touch on its way."""

    lead_id: int
    account_id: int
    email: str


Act = Callable[[Person, datetime], object]


def opt_out(person: Person, at: datetime) -> None:
    leads.unsubscribe(lead_id=person.lead_id, source="a link", at=at)


def bounce(person: Person, at: datetime) -> None:
    leads.suppress(reason=SuppressionReason.HARD_BOUNCE, source="a bounce", at=at, emails=[person.email])


def complain(person: Person, at: datetime) -> None:
    leads.suppress(reason=SuppressionReason.COMPLAINT, source="a provider", at=at, lead_ids=[person.lead_id])


def withdraw(person: Person, at: datetime) -> None:
    leads.withdraw_consent(lead_id=person.lead_id, at=at)


def ask_for_peace(person: Person, at: datetime) -> None:
    leads.pause(lead_id=person.lead_id, until=at + timedelta(days=90), source="the page", at=at)


#: By name; ``exit`` is the cycle's, and comes for several people at once.
ACTS: dict[str, Act] = {
    "opt_out": opt_out,
    "bounce": bounce,
    "complain": complain,
    "withdraw": withdraw,
    "ask_for_peace": ask_for_peace,
}


def book_meetings(people: Sequence[Person], at: datetime) -> None:
    """Record that people booked a meeting: a fact that no guard reads, only the cycle."""
    shape, _ = EventShape.objects.get_or_create(kind="meeting_booked")
    Event.objects.bulk_create(
        Event(
            key=uuid.uuid4().bytes, shape=shape, lead_id=each.lead_id, account_id=each.account_id, occurred_at=at,
            received_at=at, evidence=Event.EvidenceCode.HUMAN,
        )
        for each in people
    )  # fmt: skip


def decide(people: Sequence[Person], at: datetime, *, token: int) -> None:
    """Let the cycle decide about people who booked a meeting: they leave nurture for sales."""
    cycle.run_accounts(account_ids=[each.account_id for each in people], as_of=at, token=token)


def left_nurture(people: Sequence[Person]) -> set[int]:
    """Return the leads whose stay in nurture has ended."""
    from coldframe.nurture.models import Enrollment

    ended = Enrollment.objects.filter(lead_id__in=[each.lead_id for each in people], ended_at__isnull=False)
    return set(ended.values_list("lead_id", flat=True))


class Plain(TouchHandler):
    """Touches in a few words, for a receiver that only counts; guard and records are the real ones."""

    def __init__(self, receive: Callable[[Claimed], None], between: Callable[[], None]) -> None:
        self.receive, self.between = receive, between
        self.most_together = 4

    def compose(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Composed | Withheld]:
        addresses = emails_of([each.subject_id for each in messages])
        return {
            each.id: Composed(
                message_id=f"<{each.key}@sender.example>", sender="hello@sender.example",
                recipient=addresses[each.subject_id], body=b"Hello",
            )
            for each in messages
        }  # fmt: skip

    def deliver(
        self, lane: str, messages: Iterator[Claimed], *, mark: Mark, report: Report, beat: Beat, at: datetime
    ) -> None:
        for group in grouped(messages, self.most_together):
            allowed = set(mark([each.id for each in group]))
            for each in group:
                if each.id in allowed:
                    self.between()
                    self.receive(each)
                    self.between()
                    report(Outcome(id=each.id, result=Result.SENT, phase="final dot", code=250, text="Ok"))
            beat()


class Hasty(Plain):
    """The guard that must be found out: it answers what it saw when the message was written."""

    def __init__(self, receive: Callable[[Claimed], None], between: Callable[[], None]) -> None:
        super().__init__(receive, between)
        self.seen: dict[int, dict[int, Withheld]] = {}

    def compose(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Composed | Withheld]:
        made = super().compose(messages, at=at)
        asked = [replace(each, recipient=made[each.id].recipient) for each in messages]  # type: ignore[union-attr]
        found = super().guard(asked, at=at)
        for each in messages:
            self.seen[each.id] = {each.id: found[each.id]} if each.id in found else {}
        return made

    def guard(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Withheld]:
        answers: dict[int, Withheld] = {}
        for each in messages:
            answers |= self.seen.get(each.id, {})
        return answers


def grouped(messages: Iterator[Claimed], size: int) -> Iterator[list[Claimed]]:
    group: list[Claimed] = []
    for message in messages:
        group.append(message)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


def emails_of(touch_ids: Sequence[int]) -> dict[int, str]:
    from coldframe.nurture.models import Touch

    return dict(Touch.objects.filter(pk__in=touch_ids).values_list("pk", "lead__email"))
