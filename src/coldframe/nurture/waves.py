"""Waking an old database in waves: dormant leads wait, and the best of them are released as the mailbox allows."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from coldframe.delivery import queries as delivery
from coldframe.kernel.vocabulary import EnrollmentState
from coldframe.leads.due import mark_due
from coldframe.nurture.models import Enrollment
from coldframe.storage import locks

DAY = timedelta(days=1)
#: How often a worker looks.
EVERY = timedelta(hours=1)
#: Held while a wave is released.
LOCK = "waves"


def release(at: datetime) -> int:
    """
    Release as many waiting leads as the ramp allows for a day, those of the least rank first; return how many.

    Their accounts become due, and the cycle touches them in their own working hours.
    """
    waiting = those_waiting()
    if not waiting.exists():
        return 0
    with transaction.atomic():
        # One worker at a time: what the other has released counts.
        locks.hold([LOCK])
        room = delivery.wave_room(at=at) - released_lately(at).count()
        chosen = list(waiting.order_by("wave_rank", "id").values_list("id", "account_id")[: max(room, 0)])
        released = waiting.filter(pk__in=[pk for pk, _ in chosen]).update(released_at=at, wave_rank=None)
        mark_due(account_ids={account_id for _, account_id in chosen}, at=at)
    return released


def next_at(*, after: datetime) -> datetime | None:
    """Return when the next wave may be released, at the latest; None: nobody waits for one."""
    if not those_waiting().exists():
        return None
    first = released_lately(after).order_by("released_at").values_list("released_at", flat=True).first()
    return max(first + DAY, after + EVERY) if first else after + EVERY


def those_waiting() -> QuerySet[Enrollment]:
    return Enrollment.objects.filter(
        state=EnrollmentState.WAITING, ended_at=None, wave_rank__isnull=False, released_at=None
    )


def released_lately(at: datetime) -> QuerySet[Enrollment]:
    """Return those who count against the day's room."""
    return Enrollment.objects.filter(released_at__gt=at - DAY)
