"""What was recorded, for other packages and the doors. Bulk reads for the kernel are in ``frames``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from coldframe.activity.models import Event
from coldframe.kernel.vocabulary import Evidence
from coldframe.leads.models import ImportBatch


@dataclass(frozen=True, kw_only=True)
class RecordedEvent:
    """An event as a timeline shows it."""

    event_id: int
    lead_id: int | None
    account_id: int | None
    kind: str
    path: str
    form: str
    asset: str
    topic: str
    campaign: str
    occurred_at: datetime
    evidence: Evidence
    #: The personal part; empty where there is none, or where it was erased.
    properties: Mapping[str, Any]


def valid_events() -> QuerySet[Event]:
    """Return the events that count: not those of an import that was undone."""
    return Event.objects.filter(Q(batch=None) | ~Q(batch__state=ImportBatch.State.UNDONE))


def count_events() -> int:
    """Return how many events count."""
    return valid_events().count()


def count_events_by_kind() -> dict[str, int]:
    """Return how many events of each kind count, most frequent first."""
    rows = valid_events().values_list("shape__kind").annotate(n=Count("id")).order_by("-n", "shape__kind")
    return dict(rows)


def list_account_events(
    account_id: int, *, until: datetime | None = None, lead_id: int | None = None, limit: int = 200
) -> list[RecordedEvent]:
    """
    Return the latest events of an account, newest first: all of them, or those of one of its leads.

    ``until`` leaves out what happened later.
    """
    events = valid_events().filter(account_id=account_id)
    if lead_id is not None:
        events = events.filter(lead_id=lead_id)
    if until is not None:
        events = events.filter(occurred_at__lte=until)
    rows = events.select_related("shape", "payload").order_by("-occurred_at", "-id")[:limit]
    return [as_recorded(row) for row in rows]


def as_recorded(row: Event) -> RecordedEvent:
    """Return a row with its shape and its payload as one value."""
    shape = row.shape
    return RecordedEvent(
        event_id=row.pk,
        lead_id=row.lead_id,
        account_id=row.account_id,
        kind=shape.kind,
        path=shape.path,
        form=shape.form,
        asset=shape.asset,
        topic=shape.topic,
        campaign=shape.campaign,
        occurred_at=row.occurred_at,
        evidence=Evidence[Event.EvidenceCode(row.evidence).name],
        properties=row.payload.properties if hasattr(row, "payload") else {},
    )
