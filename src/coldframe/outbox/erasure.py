"""Emptying the messages of people who were erased."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import F

from coldframe.kernel.vocabulary import Refusal
from coldframe.outbox import operations
from coldframe.outbox.models import Attempt, OutboxMessage

State = OutboxMessage.State
#: Why a message was not handed over after all.
ERASED = "ERASED"


class OnItsWay(Refusal):
    """A message is being handed over at this moment."""


def forget(*, kind: str, subject_ids: Collection[int], at: datetime) -> int:
    """
    Empty the messages of some subjects, and take back those not handed over yet; return how many there were.

    Keys and message ids stay, which are random and say nothing: none is ever queued again, and the journal
    of what was sent still fits. What a worker died of is forgotten too, before anybody has found it uncertain. In
    the caller's transaction, under the person's locks. Raises OnItsWay.
    """
    found = OutboxMessage.objects.filter(kind=kind, subject_id__in=subject_ids)
    waiting = found.filter(state__in=[State.QUEUED, State.CLAIMED])
    operations.cancel(list(waiting.values_list("key", flat=True)), reason=ERASED, at=at)
    marked = found.filter(state=State.HANDING_OFF)
    # Whoever held these is gone, or too late: what it still says is not written down any more.
    marked.filter(lease_until__lte=at).update(token=F("token") + 1)
    if marked.exclude(lease_until__lte=at).exists():
        raise OnItsWay(
            "A message to this person is being handed over at this moment.",
            advice="Try again in a minute; nothing was erased.",
        )
    Attempt.objects.filter(message__in=found).update(text="")
    found.update(domain="")
    return operations.erase_contents(kind=kind, subject_ids=subject_ids)
