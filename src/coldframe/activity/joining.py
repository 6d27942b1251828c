"""How events follow when leads become one, or move to another account."""

from __future__ import annotations

from datetime import datetime

from coldframe.activity.identity import concluding, resolving
from coldframe.activity.models import ClaimedValue, Event, ReceivedMail, Visitor
from coldframe.leads import merging
from coldframe.leads.models import Merge
from coldframe.storage import locks


def join(journal: merging.Journal) -> None:
    """Have the events of the one be the other's. By its account, for there is no index by lead."""
    accounts = [journal.lead.account_id]
    journal.move(Event.objects.filter(lead=journal.lead, account__in=accounts))
    journal.move(ReceivedMail.objects.filter(lead=journal.lead))


def part(merge: Merge, at: datetime) -> None:
    """Have what came in meanwhile by the browsers and user ids of the one be its own."""
    visitors = Visitor.objects.filter(lead=merge.lead_id).values_list("pk", flat=True)
    for visitor_id in visitors:
        Event.objects.filter(visitor_id=visitor_id).update(
            lead_id=merge.lead_id, account_id=merge.lead.account_id
        )


def confirm(lead_id: int) -> None:
    """Have the address that calls gave a lead be its own."""
    ClaimedValue.objects.filter(entity="lead", object_id=lead_id, field="email").delete()


def hold() -> None:
    """Wait for calls that are being taken, and have others wait."""
    locks.hold([resolving.LOCK])


FOLLOWER = merging.Follower(
    name="activity",
    tables=(Event,),
    join=join,
    part=part,
    confirm=confirm,
    hold=hold,
    settle=concluding.settle_parted,
)
