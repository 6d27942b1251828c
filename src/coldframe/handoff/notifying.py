"""
Telling people, and one system, what became of a handoff: each of them once, by way of the outbox.

What is to be told is written in the transaction that makes it true; the words are found when it is handed over
(``writing``). A lead is never told anything here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from coldframe.delivery import queries as delivery
from coldframe.delivery.connections import LOCAL_NAME
from coldframe.handoff import recipients
from coldframe.handoff.models import Capacity, Handoff, Notification
from coldframe.handoff.recipients import Recipient
from coldframe.kernel.vocabulary import Channel, HandoffState, Notice
from coldframe.outbox import operations as outbox
from coldframe.outbox.handlers import Order
from coldframe.storage import locks

#: The kind of message whose handler is ``handlers.NotificationHandler``.
KIND = "notification"
#: Before the name of a connection, where a system is told.
SYSTEM = "webhook:"
#: What could not be told by then is no news; of what is to be answered, its deadline says so too.
LATE_AFTER = timedelta(days=2)


def tell_opened(*, lead_ids: Collection[int], at: datetime) -> int:
    """Tell of the leads that were put before sales at an instant; return how many are told. In the caller's transaction."""
    found = Handoff.objects.filter(lead_id__in=lead_ids, state=HandoffState.OPEN, opened_at=at)
    ids = list(found.order_by("id").values_list("pk", flat=True))
    return tell(ids, Notice.OPENED, at=at) + tell_systems(ids, Notice.OPENED, at=at)


def tell_lapsed(*, lead_ids: Collection[int], escalate_to: str, at: datetime) -> int:
    """
    Tell whoever leads the team of the handoffs that lapsed at an instant; return how many are told.

    ``escalate_to``: who the playbook says; where no rep has that name, the users who lead sales. In the caller's
    transaction.
    """
    found = Handoff.objects.filter(lead_id__in=lead_ids, state=HandoffState.LAPSED, ended_at=at)
    ids = list(found.order_by("id").values_list("pk", flat=True))
    named = recipients.of_rep(escalate_to)
    return tell(ids, Notice.LAPSED, at=at, to=named or None) + tell_systems(ids, Notice.LAPSED, at=at)


def tell(
    handoff_ids: Collection[int], what: Notice, *, at: datetime, to: list[Recipient] | None = None
) -> int:
    """Queue a mail to each person who is to be told, once; return how many. In the caller's transaction."""
    lane = delivery.find_lane(Channel.EMAIL)
    queued = 0
    for handoff in Handoff.objects.filter(pk__in=handoff_ids).order_by("id"):
        for each in recipients.of(handoff, what) if to is None else to:
            queued += queue(handoff, what, name=each.name, address=each.email, lane=lane, at=at)
    return queued


def tell_systems(handoff_ids: Collection[int], what: Notice, *, at: datetime) -> int:
    """Queue a call to the system that is told of each team's handoffs; return how many. In the caller's transaction."""
    systems = dict(Capacity.objects.exclude(tells="").values_list("team", "tells"))
    if not systems:
        return 0
    live = set(delivery.list_live())
    return sum(
        queue(handoff, what, name="", address=SYSTEM + name, lane=name if name in live else LOCAL_NAME, at=at)
        for handoff, name in told_of(handoff_ids, systems)
    )


def told_of(handoff_ids: Collection[int], systems: dict[str, str]) -> Iterator[tuple[Handoff, str]]:
    """Yield each handoff with the system that is told of it."""
    for handoff in Handoff.objects.filter(pk__in=handoff_ids, team__in=systems).order_by("id"):
        yield handoff, systems[handoff.team]


def queue(handoff: Handoff, what: Notice, *, name: str, address: str, lane: str, at: datetime) -> int:
    """Queue one message unless it was queued before; return how many were: one, or none."""
    made, is_new = Notification.objects.get_or_create(
        handoff=handoff, what=what.value, to=name, address=address, defaults={"made_at": at}
    )
    if not is_new:
        return 0
    waits = what in {Notice.OPENED, Notice.HANDED_OVER}
    order = Order(
        key=key_of(handoff, what, f"{name}\n{address}"),
        kind=KIND,
        subject_id=made.pk,
        lane=lane,
        domain="" if address.startswith(SYSTEM) else address.rpartition("@")[2],
        # An answer holds the lead too: what is answered before the marker is not told of any more.
        locks=[locks.of_lead(handoff.lead_id)],
        due_at=at,
        late_at=max(handoff.deadline_at, at + timedelta(minutes=1)) if waits else at + LATE_AFTER,
    )
    return outbox.enqueue([order], at=at)


def key_of(handoff: Handoff, what: Notice, whom: str) -> str:
    """Return a key that is the same whenever the same is told, so that the journal of a restored copy knows it."""
    digest = hashlib.blake2b(whom.encode(), digest_size=8).hexdigest()
    return f"{KIND}:{handoff.public_id.hex}:{what.value.lower()}:{digest}"
