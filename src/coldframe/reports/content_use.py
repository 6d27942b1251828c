"""
What became of a content: who had it and who gets it, what they did with it, and who found it by themselves.

Everything of one content is read by an index over the touches of its key, never over the base. Clicks are told
apart by who stands behind them; what a machine or nobody knows who did counts for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet

from coldframe.activity.engagement import Engagement
from coldframe.activity.models import Event, EventShape, Feedback, Hit
from coldframe.kernel.planning.catalog import ANSWERED, catalog_of
from coldframe.kernel.planning.prepared import prepared_of
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import TouchState
from coldframe.leads.models import ImportBatch, Lead
from coldframe.library.queries import ActivePlaybook
from coldframe.nurture import remembering
from coldframe.nurture.models import Touch

#: A count over the whole base is shown for so long while nothing changes, and for so many times what it cost.
SECONDS, PATIENCE = 60.0, 100.0
#: Rows of a list on a page; the list of leads shows all.
SHOWN = 8
#: What happens to a mail, not by its reader, or not of the reader's own accord.
NOT_FOUND_BY = ("email_sent", "email_delivered", "email_opened", "email_bounced", "link_clicked", ANSWERED)


@dataclass(frozen=True, kw_only=True)
class Use:
    """What became of one content, in leads."""

    #: By ``TouchState``; one who was to get it and did not is in none.
    by_state: dict[str, int] = field(default_factory=dict)
    #: Sent, by ``Channel``.
    by_channel: dict[str, int] = field(default_factory=dict)
    #: Clicks on the links of its mails, by who stands behind them.
    clicks: Engagement = field(default_factory=Engagement)
    #: Leads with at least one click that a person made.
    clicked_count: int = 0
    #: Leads by ``Feedback.Kind``, such as REPLIED, UNSUBSCRIBED, COMPLAINED.
    feedback: dict[str, int] = field(default_factory=dict)

    @property
    def sent_count(self) -> int:
        """Leads to whom it was handed over."""
        return self.by_state.get(TouchState.SENT, 0)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A lead to whom a content is on its way."""

    public_id: UUID
    first_name: str | None
    last_name: str | None
    email: str | None
    company: str | None
    path: str
    reason: str
    planned_for: datetime


READER = {
    "public_id": "lead__public_id",
    "first_name": "lead__first_name",
    "last_name": "lead__last_name",
    "email": "lead__email",
    "company": "account__name",
    "path": "path",
    "reason": "reason",
    "planned_for": "planned_for",
}


def touches_of(content_key: str) -> QuerySet[Touch]:
    """Return the touches with a content, of leads that count; merged and voided ones have none."""
    return Touch.objects.filter(content_key=content_key)


def find(content_key: str) -> Use:
    """Return what became of a content; remembered for a while where many had it."""
    return remembering.remember(
        f"use {content_key}", lambda: find_now(content_key), seconds=0.0, patience=PATIENCE
    )


def find_now(content_key: str) -> Use:
    """Return what became of a content, of this moment, in four queries."""
    by_state: dict[str, int] = {}
    by_channel: dict[str, int] = {}
    counted = touches_of(content_key).exclude(state=TouchState.WITHDRAWN.value)
    for state, channel, count in counted.values_list("state", "channel").annotate(count=Count("id")):
        by_state[state] = by_state.get(state, 0) + count
        if state == TouchState.SENT:
            by_channel[channel] = by_channel.get(channel, 0) + count
    ids = touches_of(content_key).values("public_id")
    heard = Feedback.objects.filter(touch__in=ids).values_list("kind").annotate(count=Count("id"))
    return Use(
        by_state=by_state,
        by_channel=dict(sorted(by_channel.items(), key=lambda each: -each[1])),
        clicks=clicks_on(content_key),
        clicked_count=clicked(content_key).values("event__lead_id").distinct().count(),
        feedback=dict(heard),
    )


def hits_of(content_key: str) -> QuerySet[Hit]:
    """Return what was noted of the links and pictures of the mails with a content."""
    return Hit.objects.filter(touch__in=touches_of(content_key).values("public_id"))


def clicked(content_key: str) -> QuerySet[Hit]:
    """Return the clicks that people made on the links of the mails with a content."""
    return hits_of(content_key).filter(is_open=False, event__evidence=Event.EvidenceCode.HUMAN)


def clicks_on(content_key: str) -> Engagement:
    """Return the clicks on the mails with a content by who stands behind them, and how often they were opened."""
    rows = hits_of(content_key).values_list("is_open", "event__evidence").annotate(count=Count("event_id"))
    counts: dict[str, int] = {}
    for is_open, evidence, count in rows:
        name = "opens" if is_open else Event.EvidenceCode(evidence).name.lower()
        counts[name] = counts.get(name, 0) + count
    return Engagement(**counts)


def count_all() -> dict[str, dict[str, int]]:
    """Return content key -> state -> how many leads; remembered, for it reads the index of all touches."""
    return remembering.remember("content use", count_all_now, seconds=SECONDS, patience=PATIENCE)


def count_all_now() -> dict[str, dict[str, int]]:
    """Return content key -> state -> how many leads, of this moment."""
    found: dict[str, dict[str, int]] = {}
    rows = Touch.objects.order_by().values_list("content_key", "state").annotate(count=Count("id"))
    for key, state, count in rows:
        found.setdefault(key, {})[state] = count
    return found


def list_next(content_key: str, *, limit: int = SHOWN) -> list[Reader]:
    """Return to whom a content is on its way, the soonest first."""
    rows = touches_of(content_key).filter(state=TouchState.PLANNED.value).order_by("planned_for", "id")
    names = tuple(READER)
    return [
        Reader(**dict(zip(names, row, strict=True))) for row in rows.values_list(*READER.values())[:limit]
    ]


def shapes_of(content_key: str, playbook: Playbook) -> list[int]:
    """Return the shapes of the events by which somebody finds a content without being sent it."""
    catalog = catalog_of(prepared_of(playbook))
    if content_key not in catalog.numbers:
        return []
    bit = 1 << catalog.numbers[content_key]
    columns = ("id", "kind", "path", "asset", "topic")
    # There are a few thousand shapes at most; what each of them finds is remembered with the catalogue.
    shapes = EventShape.objects.exclude(kind__in=NOT_FOUND_BY).exclude(path="", asset="")
    return [row[0] for row in shapes.values_list(*columns) if catalog.found_by(*row[1:]) & bit]


def found_by_themselves(content_key: str, playbook: Playbook) -> QuerySet[Event]:
    """Return the events by which people came upon a content that they had not been sent before."""
    sent = touches_of(content_key).filter(state=TouchState.SENT.value)
    voided = Lead.objects.filter(voided_at__isnull=False)
    events = Event.objects.filter(
        shape_id__in=shapes_of(content_key, playbook),
        evidence=Event.EvidenceCode.HUMAN,
        lead__isnull=False,
    )
    return (
        events.exclude(batch__state=ImportBatch.State.UNDONE)
        .exclude(lead_id__in=sent.values("lead_id"))
        .exclude(lead_id__in=voided.values("id"))
        .order_by()
    )


def count_found(content_key: str, active: ActivePlaybook) -> int:
    """Return how many leads came upon a content by themselves; remembered, for a page may have many visits."""

    def count() -> int:
        found = found_by_themselves(content_key, active.playbook).values("lead_id").distinct()
        return int(found.count())

    name = f"found {content_key} {active.number}"
    return remembering.remember(name, count, seconds=SECONDS, patience=PATIENCE)
