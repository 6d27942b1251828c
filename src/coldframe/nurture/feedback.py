"""
What follows from feedback for what was handed over: doubts end, and the brake counts.

Each thing that was heard is passed on once: it is marked in the transaction that does what follows, so that a
worker that dies in between leaves it to the next one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.db import transaction

from coldframe.activity import mail_feedback
from coldframe.activity.mail_feedback import Waiting
from coldframe.delivery import operations as delivery
from coldframe.delivery.connections import UnknownConnection
from coldframe.nurture.dispatch import KIND
from coldframe.nurture.models import Touch
from coldframe.outbox import evidence
from coldframe.outbox import queries as outbox
from coldframe.outbox.handlers import Handler
from coldframe.storage import turns


class Count(Protocol):
    """Counts one at a connection."""

    def __call__(self, name: str, *, at: datetime) -> object: ...


#: Passed on in one transaction.
RUN = 500
#: What speaks against a list or its sender; a mail counts once, whatever of these is heard of it.
SPEAKS_AGAINST = frozenset({"HARD_BOUNCED", "SENDER_REFUSED"})
COMPLAINED = "COMPLAINED"
WORDS = {
    "SENT": "the provider has it",
    "DEFERRED": "the recipient's side put it off",
    "DELIVERED": "it was delivered",
    "SOFT_BOUNCED": "it came back",
    "SENDER_REFUSED": "it was refused for the sender's sake",
    "NOT_SENT": "the provider took it and did not send it",
    "HARD_BOUNCED": "it came back, for nobody is there",
    "UNSUBSCRIBED": "its reader wants no more",
    "COMPLAINED": "its reader complained",
    "OPENED": "it was opened",
    "CLICKED": "a link in it was opened",
    "REPLIED": "it was answered",
}


@turns.taken()
def pass_on(*, handler: Handler, at: datetime, limit: int = RUN) -> Counter[str]:
    """
    Do what follows from feedback that waits for it; return how much was passed on, settled and counted.

    Any number of workers may do this at once. Call again while something was passed on.
    """
    if not mail_feedback.is_anything_waiting():
        return Counter()
    with transaction.atomic():
        waiting = mail_feedback.claim_waiting(limit=limit)
        messages = messages_of({each.touch for each in waiting})
        settled = settle(waiting, messages, handler=handler, at=at)
        counted = brake(waiting, messages, at=at)
        mail_feedback.mark_passed_on([each.id for each in waiting])
    return +Counter(passed_on=len(waiting), settled=settled, counted=counted)


def messages_of(touches: set[UUID]) -> dict[UUID, list[outbox.Message]]:
    """Return the messages of touches, the oldest first."""
    ids = dict(Touch.objects.filter(public_id__in=touches).values_list("pk", "public_id"))
    found: dict[UUID, list[outbox.Message]] = defaultdict(list)
    for message in outbox.find_messages(kind=KIND, subject_ids=list(ids)):
        found[ids[message.subject_id]].append(message)
    return found


def settle(
    waiting: Sequence[Waiting],
    messages: Mapping[UUID, Sequence[outbox.Message]],
    *,
    handler: Handler,
    at: datetime,
) -> int:
    """Settle as sent what nobody knew of, for all that is heard of a mail shows that it was taken; return how many."""
    shown: dict[str, set[str]] = defaultdict(set)
    for each in waiting:
        # Of a touch that was planned several times, only the last can be in doubt.
        for message in messages.get(each.touch, ())[-1:]:
            shown[f"{each.source}: {WORDS[each.kind]}."].add(message.key)
    return sum(
        len(evidence.believe(keys, handler=handler, text=text, at=at)) for text, keys in sorted(shown.items())
    )


def brake(
    waiting: Sequence[Waiting], messages: Mapping[UUID, Sequence[outbox.Message]], *, at: datetime
) -> int:
    """Count what speaks against a list or its sender at the connections that took the mails; return how much."""
    bounces = {each.touch for each in waiting if each.kind in SPEAKS_AGAINST}
    bounces -= mail_feedback.passed_on(bounces, kinds=SPEAKS_AGAINST)
    complaints = {each.touch for each in waiting if each.kind == COMPLAINED}
    counted = 0
    for touches, count in ((bounces, delivery.record_bounce), (complaints, delivery.record_complaint)):
        lanes = Counter(messages[touch][-1].lane for touch in touches if messages.get(touch))
        # In order, so that two workers cannot block each other.
        for lane, times in sorted(lanes.items()):
            counted += sum(count_at(lane, count, at=at) for _ in range(times))
    return counted


def count_at(lane: str, count: Count, *, at: datetime) -> bool:
    """Count one at a connection; return False where it was removed since, and there is nothing to stop."""
    try:
        count(lane, at=at)
    except UnknownConnection:
        return False
    return True
