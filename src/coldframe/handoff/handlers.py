"""What the outbox asks about notifications: write them, are they still news, hand them over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from coldframe.delivery import operations as delivery
from coldframe.handoff import notifying, writing
from coldframe.handoff.models import Notification
from coldframe.kernel.vocabulary import HandoffState, Notice
from coldframe.outbox.handlers import Claimed, Composed, Settled, Withheld

#: How the owner of what was handed over was found.
BY_PERSON = "person:"
#: Told so that somebody answers: no news once it is answered.
ASKS = (Notice.OPENED, Notice.HANDED_OVER, Notice.LAPSED)


class NotificationHandler(delivery.ByLane):
    """The handler of notifications, to people and to systems."""

    kind = notifying.KIND

    def compose(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Composed | Withheld]:
        """Write each of them."""
        return writing.write(messages, at=at)

    def guard(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Withheld]:
        """Say which are no news any more: what they ask for was answered, or somebody else has it. Systems hear all."""
        subjects = {each.subject_id: each.id for each in messages}
        told = Notification.objects.select_related("handoff").filter(pk__in=subjects)
        stale = {subjects[each.pk]: writing.NO_NEWS for each in told if is_stale(each)}
        known = {subjects[each.pk] for each in told}
        return stale | {each.id: writing.GONE for each in messages if each.id not in known}

    def settled(self, ended: Sequence[Settled], *, at: datetime) -> None:
        """Nothing follows: whoever was not told finds it on the desk."""


def is_stale(told: Notification) -> bool:
    """Return whether a person need not be told any more."""
    handoff = told.handoff
    if told.address.startswith(notifying.SYSTEM) or told.what not in ASKS:
        return False
    if handoff.state in {HandoffState.ANSWERED, HandoffState.CLOSED}:
        return True
    # Somebody else has it since; who was told in the owner's stead was told of this owner.
    was_handed_over = handoff.owner_from.startswith(BY_PERSON)
    return told.what == Notice.OPENED and was_handed_over and told.to != handoff.owner
