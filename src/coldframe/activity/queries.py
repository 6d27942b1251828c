"""What was recorded, for other packages and the doors. Bulk reads for the kernel are in ``frames``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from coldframe.activity.models import Arrival, Event, Source
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


@dataclass(frozen=True, kw_only=True)
class SourceLine:
    """A way in, as it is listed; its key and its secret are not to be had."""

    name: str
    kind: str
    #: The first characters of its key.
    key_hint: str
    has_secret: bool
    settings: Mapping[str, Any]
    disabled_at: datetime | None
    last_at: datetime | None
    #: What was refused: a word -> how often.
    refused: Mapping[str, int]
    #: Arrivals that wait to be understood, and those that are set aside.
    waiting: int
    set_aside: int


@dataclass(frozen=True, kw_only=True)
class AsideLine:
    """An arrival that was set aside, and why; what came is left out, for it is personal."""

    arrival_id: int
    kind: str
    source: str
    received_at: datetime
    reason: str


def list_sources() -> list[SourceLine]:
    """Return every way in, by name."""
    state = Arrival.State
    counts: dict[str, int] = dict.fromkeys((state.WAITING, state.QUARANTINED), 0)
    by_source: dict[int | None, dict[str, int]] = {}
    for source_id, word, count in Arrival.objects.values_list("source_id", "state").annotate(n=Count("id")):
        by_source.setdefault(source_id, dict(counts))[word] = count
    return [
        SourceLine(
            name=row.name,
            kind=row.kind,
            key_hint=row.key_hint,
            has_secret=bool(row.secret),
            settings=row.settings,
            disabled_at=row.disabled_at,
            last_at=row.last_at,
            refused=row.refused,
            waiting=by_source.get(row.pk, counts)[state.WAITING],
            set_aside=by_source.get(row.pk, counts)[state.QUARANTINED],
        )
        for row in Source.objects.order_by("name")
    ]


def list_set_aside(*, source: str = "", limit: int = 100) -> list[AsideLine]:
    """Return arrivals that were set aside, the latest first; of one source, or of all."""
    found = Arrival.objects.filter(state=Arrival.State.QUARANTINED).select_related("source")
    if source:
        found = found.filter(source__name=source)
    return [
        AsideLine(
            arrival_id=row.pk,
            kind=row.kind,
            source=row.source.name if row.source else "",
            received_at=row.received_at,
            reason=row.reason,
        )
        for row in found.order_by("-id").defer("body")[:limit]
    ]


def count_set_aside() -> int:
    """Return how many arrivals wait for a person to look at them."""
    return Arrival.objects.filter(state=Arrival.State.QUARANTINED).count()
