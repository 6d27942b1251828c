"""
Telling people, and one system, what became of a handoff: each of them once, by way of the outbox.

What is to be told is written in the transaction that makes it true; the words are found when it is handed over
(``writing``). A lead is never told anything here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody, or a system, to be told of a handoff."""

    handoff: Handoff
    name: str
    address: str
    lane: str

    @property
    def key(self) -> tuple[int, str, str]:
        """What tells it from others of the same kind."""
        return self.handoff.pk, self.address, self.name


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
    handoffs = list(Handoff.objects.filter(pk__in=handoff_ids).order_by("id"))
    if to is None:
        told = recipients.of_all(handoffs, what)
    else:
        told = [(handoff, each) for handoff in handoffs for each in to]
    return queue([Told(handoff, each.name, each.email, lane) for handoff, each in told], what, at=at)


def tell_systems(handoff_ids: Collection[int], what: Notice, *, at: datetime) -> int:
    """Queue a call to the system that is told of each team's handoffs; return how many. In the caller's transaction."""
    systems = dict(Capacity.objects.exclude(tells="").values_list("team", "tells"))
    if not systems:
        return 0
    live = set(delivery.list_live())
    told = [
        Told(handoff, "", SYSTEM + name, name if name in live else LOCAL_NAME)
        for handoff, name in told_of(handoff_ids, systems)
    ]
    return queue(told, what, at=at)


def told_of(handoff_ids: Collection[int], systems: dict[str, str]) -> Iterator[tuple[Handoff, str]]:
    """Yield each handoff with the system that is told of it."""
    for handoff in Handoff.objects.filter(pk__in=handoff_ids, team__in=systems).order_by("id"):
        yield handoff, systems[handoff.team]


def queue(told: Sequence[Told], what: Notice, *, at: datetime) -> int:
    """Queue a message to each unless it was queued before; return how many were. A few statements, however many."""
    if not told:
        return 0
    ids = {each.handoff.pk for each in told}
    earlier = Notification.objects.filter(handoff__in=ids, what=what.value)
    known = set(earlier.values_list("handoff_id", "address", "to"))
    fresh = {each.key: each for each in told if each.key not in known}
    made = Notification.objects.bulk_create(
        Notification(handoff=each.handoff, what=what.value, to=each.name, address=each.address, made_at=at)
        for each in fresh.values()
    )
    orders = [
        order(each, what, notification_id=row.pk, at=at)
        for each, row in zip(fresh.values(), made, strict=True)
    ]
    return outbox.enqueue(orders, at=at)


def order(told: Told, what: Notice, *, notification_id: int, at: datetime) -> Order:
    """Return the message by which somebody is told."""
    handoff, waits = told.handoff, what in {Notice.OPENED, Notice.HANDED_OVER}
    return Order(
        key=key_of(handoff, what, f"{told.name}\n{told.address}"),
        kind=KIND,
        subject_id=notification_id,
        lane=told.lane,
        domain="" if told.address.startswith(SYSTEM) else told.address.rpartition("@")[2],
        # An answer holds the lead too: what is answered before the marker is not told of any more.
        locks=[locks.of_lead(handoff.lead_id)],
        due_at=at,
        late_at=max(handoff.deadline_at, at + timedelta(minutes=1)) if waits else at + LATE_AFTER,
    )


def key_of(handoff: Handoff, what: Notice, whom: str) -> str:
    """Return a key that is the same whenever the same is told, so that the journal of a restored copy knows it."""
    digest = hashlib.blake2b(whom.encode(), digest_size=8).hexdigest()
    return f"{KIND}:{handoff.public_id.hex}:{what.value.lower()}:{digest}"
