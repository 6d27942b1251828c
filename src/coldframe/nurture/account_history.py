"""What happened at an account lately: what its people did, and what was decided of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from coldframe.activity.models import Event
from coldframe.kernel.vocabulary import PASSIVE_EVENT_KINDS
from coldframe.leads.models import ImportBatch, Lead
from coldframe.nurture import queries
from coldframe.nurture.models import Transition

#: People whose changes of status are told; of the others the account's people are one click away.
MOST_PEOPLE = 500


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What somebody of the account did."""

    lead_id: int
    happening: queries.Happening


@dataclass(frozen=True, kw_only=True)
class Move:
    """A change of status of somebody of the account."""

    lead_id: int
    change: queries.StatusChange


def list_deeds(*, account_id: int, as_of: datetime, limit: int) -> list[Deed]:
    """Return what the account's people did, the latest first; what only happened to them is left out."""
    found = (
        Event.objects.filter(account_id=account_id, lead_id__isnull=False, occurred_at__lte=as_of)
        .exclude(batch__state=ImportBatch.State.UNDONE)
        .exclude(shape__kind__in=PASSIVE_EVENT_KINDS)
        .select_related("shape", "batch")
    )
    events = queries.told_by_itself(found).order_by("-occurred_at", "-id")[:limit]
    return [Deed(lead_id=each.lead_id or 0, happening=queries.happening(each)) for each in events]


def list_moves(*, account_id: int, limit: int) -> list[Move]:
    """Return the changes of status of the account's people, the latest first."""
    people = Lead.objects.filter(account_id=account_id, voided_at=None).order_by("id")
    ids = list(people.values_list("pk", flat=True)[:MOST_PEOPLE])
    columns = ("occurred_at", "from_status", "to_status", "reason", "decided_by")
    rows = Transition.objects.filter(lead_id__in=ids).order_by("-occurred_at", "-id")
    return [
        Move(lead_id=row[0], change=queries.StatusChange(**dict(zip(columns, row[1:], strict=True))))
        for row in rows.values_list("lead_id", *columns)[:limit]
    ]
