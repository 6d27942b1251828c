"""
The ledger: every contact made and every contact not made, with the reason of each.

For every candidate of every cycle there is one row: a touch, or a hold. ``account_for`` holds the books of a
cycle against what it counted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery

from coldframe.kernel.vocabulary import Disposition, EnrollmentState, LeadStatus, TouchState
from coldframe.nurture import remembering
from coldframe.nurture.models import Cycle, Enrollment, Hold, Standing, Touch

#: A touch leaves, or is withdrawn, within so long.
PLANNED_BEFORE = timedelta(days=7)
#: Entries of one lead that are told at a time.
ENTRIES = 200
#: Who waits for room at sales is nurtured meanwhile.
WAITING = (LeadStatus.NURTURE.value, LeadStatus.RE_ENGAGED.value)
COUNTED = (TouchState.PLANNED, TouchState.SENT, TouchState.FAILED, TouchState.UNCERTAIN)

#: Cycles among which one is looked for in which anybody was looked at.
LOOKED_BACK = 200


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a lead's ledger: a touch, or a hold."""

    at: datetime
    is_touch: bool
    #: A word of TouchState, or of HoldReason.
    word: str
    #: Why this content now, or the numbers behind the hold.
    detail: str
    content_key: str | None
    channel: str | None
    path: str
    #: A hold: when it is looked at again.
    until: datetime | None
    touch_id: int | None = None
    touch_public_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Stay:
    """A lead's stay on a path."""

    lap: int
    path: str
    state: str
    entered_at: datetime
    not_before: datetime | None
    ended_at: datetime | None
    exit_reason: str | None


STAY_COLUMNS = tuple(Stay.__dataclass_fields__)


@dataclass(frozen=True, kw_only=True)
class TouchLine:
    """A touch, and whom it is for."""

    id: int
    lead_public_id: UUID
    first_name: str | None
    last_name: str | None
    email: str | None
    job_title: str | None
    company: str | None
    content_key: str
    channel: str
    path: str
    lap: int
    reason: str
    state: str
    planned_for: datetime


TOUCH_COLUMNS = {name: name for name in TouchLine.__dataclass_fields__} | {
    "lead_public_id": "lead__public_id",
    "first_name": "lead__first_name",
    "last_name": "lead__last_name",
    "email": "lead__email",
    "job_title": "lead__job_title",
    "company": "account__name",
}


@dataclass(frozen=True, kw_only=True)
class Books:
    """What became of the candidates of one cycle; ``difference`` is 0, always."""

    candidates: int
    planned: int
    sent: int
    failed: int
    uncertain: int
    held: int

    @property
    def difference(self) -> int:
        """Candidates that no row accounts for."""
        return self.candidates - self.planned - self.sent - self.failed - self.uncertain - self.held


def find_next(*, lead_id: int) -> Entry | None:
    """Return the next touch and why that one, or the hold and why; None: the lead was never a candidate."""
    planned = Touch.objects.filter(lead_id=lead_id, state=TouchState.PLANNED).order_by("-planned_for").first()
    if planned:
        return entry_of_touch(planned)
    last = Hold.objects.filter(lead_id=lead_id).order_by("-id").first()
    return entry_of_hold(last) if last else None


def find_nexts(*, lead_ids: Collection[int]) -> dict[int, Entry]:
    """Return for each of some leads what ``find_next`` does, in two queries; who never was a candidate is left out."""
    last = Hold.objects.filter(lead_id__in=lead_ids).values("lead_id").annotate(last=Max("id"))
    found = {
        hold.lead_id: entry_of_hold(hold)
        for hold in Hold.objects.filter(pk__in=last.values("last")).order_by("id")
    }
    planned = Touch.objects.filter(lead_id__in=lead_ids, state=TouchState.PLANNED).order_by("planned_for")
    return found | {touch.lead_id: entry_of_touch(touch) for touch in planned}


def find_open_stays(*, lead_ids: Collection[int]) -> dict[int, Stay]:
    """Return for each of some leads its stay on a path that has not ended, if there is one."""
    rows = Enrollment.objects.filter(lead_id__in=lead_ids, ended_at__isnull=True)
    return {row[0]: stay_of(row[1:]) for row in rows.values_list("lead_id", *STAY_COLUMNS)}


def list_entries(*, lead_id: int, limit: int = ENTRIES) -> list[Entry]:
    """Return the lead's ledger, the latest first; touches that were withdrawn are told by their holds."""
    touches = Touch.objects.filter(lead_id=lead_id).exclude(state=TouchState.WITHDRAWN)
    found = [entry_of_touch(each) for each in touches.order_by("-planned_for")[:limit]]
    found += [entry_of_hold(each) for each in Hold.objects.filter(lead_id=lead_id).order_by("-id")[:limit]]
    # At the same instant a hold is the later one: it was decided once the touch was settled.
    return sorted(found, key=lambda entry: (entry.at, not entry.is_touch), reverse=True)[:limit]


def entry_of_touch(touch: Touch) -> Entry:
    return Entry(
        at=touch.settled_at or touch.planned_for,
        is_touch=True,
        word=touch.state,
        detail=touch.reason,
        content_key=touch.content_key,
        channel=touch.channel,
        path=touch.path,
        until=None,
        touch_id=touch.pk,
        touch_public_id=touch.public_id,
    )


def entry_of_hold(hold: Hold) -> Entry:
    return Entry(
        at=hold.held_at,
        is_touch=False,
        word=hold.reason,
        detail=hold.detail,
        content_key=hold.content_key,
        channel=hold.channel,
        path=hold.path,
        until=hold.until,
    )


def list_stays(*, lead_id: int) -> list[Stay]:
    """Return the lead's stays on paths, the latest first."""
    rows = Enrollment.objects.filter(lead_id=lead_id).order_by("-id").values_list(*STAY_COLUMNS)
    return [stay_of(row) for row in rows]


def stay_of(row: Sequence[Any]) -> Stay:
    return Stay(**dict(zip(STAY_COLUMNS, row, strict=True)))


def account_for(*, cycle_id: int) -> Books:
    """Return what became of the candidates of a cycle."""
    by_state = dict(Touch.objects.filter(cycle_id=cycle_id).values_list("state").annotate(count=Count("id")))
    counts = Cycle.objects.get(pk=cycle_id).counts
    return Books(
        candidates=counts.get("candidates", 0),
        planned=by_state.get(TouchState.PLANNED, 0),
        sent=by_state.get(TouchState.SENT, 0),
        failed=by_state.get(TouchState.FAILED, 0),
        uncertain=by_state.get(TouchState.UNCERTAIN, 0),
        held=Hold.objects.filter(cycle_id=cycle_id).count(),
    )


def find_last_with_candidates() -> int | None:
    """Return the latest of the last cycles in which anybody was looked at; None where there is none."""
    latest = Cycle.objects.order_by("-id").values_list("pk", "counts")[:LOOKED_BACK]
    return next((pk for pk, counts in latest if counts.get("candidates", 0)), None)


def find_unbalanced() -> list[int]:
    """Return the cycles whose books do not add up; there is none."""
    touched = dict(
        Touch.objects.filter(state__in=COUNTED).values_list("cycle_id").annotate(count=Count("id"))
    )
    held = dict(Hold.objects.values_list("cycle_id").annotate(count=Count("id")))
    counts = Cycle.objects.values_list("pk", "counts")
    return [pk for pk, each in counts if each.get("candidates", 0) != touched.get(pk, 0) + held.get(pk, 0)]


def list_touches(*, touch_ids: Collection[int]) -> dict[int, TouchLine]:
    """Return touches with whom they are for, by id."""
    rows = Touch.objects.filter(pk__in=touch_ids).values_list(*TOUCH_COLUMNS.values())
    lines = [TouchLine(**dict(zip(TOUCH_COLUMNS, row, strict=True))) for row in rows]
    return {line.id: line for line in lines}


def held_now() -> QuerySet[Any]:
    """
    Return the stays of leads for whom nothing goes out now, with the reason as ``held_for``.

    The last hold speaks for a lead as long as its stay lasts and no touch is on its way.
    """
    of_lead = Hold.objects.filter(lead_id=OuterRef("lead_id")).order_by("-id")
    on_its_way = Touch.objects.filter(lead_id=OuterRef("lead_id"), state=TouchState.PLANNED)
    stays = Enrollment.objects.filter(
        ~Exists(on_its_way), ended_at__isnull=True, lead__voided_at__isnull=True
    )
    return stays.annotate(held_for=Subquery(of_lead.values("reason")[:1])).filter(held_for__isnull=False)


def where_held(reason: str) -> Q:
    """Return the condition over leads that nothing goes out to them now for a reason."""
    return Q(pk__in=held_now().filter(held_for=reason).values("lead_id"))


def where_staying(state: str) -> Q:
    """Return the condition over leads that their stay on a path is in a state; ENDED: it ended, and none is open."""
    is_open = Enrollment.objects.filter(lead_id=OuterRef("pk"), ended_at__isnull=True)
    if state == EnrollmentState.ENDED:
        ever = Enrollment.objects.filter(lead_id=OuterRef("pk"))
        return Q(Exists(ever)) & ~Q(Exists(is_open))
    return Q(Exists(is_open.filter(state=state)))


def count_held() -> dict[str, int]:
    """Return how many leads are held now for each reason, the most frequent first."""
    found = held_now().order_by().values_list("held_for").annotate(count=Count("id"))
    return dict(sorted(found, key=lambda each: (-each[1], each[0])))


def count_sent(*, since: Sequence[datetime]) -> list[int]:
    """Return how many touches were handed over since each of some instants."""
    # Planned touches leave within days, and the index is over when they were planned.
    near = Touch.objects.filter(state=TouchState.SENT, planned_for__gte=min(since) - PLANNED_BEFORE)
    counts = {f"since_{i}": Count("id", filter=Q(settled_at__gte=each)) for i, each in enumerate(since)}
    return list(near.aggregate(**counts).values())


def get_waiting_count() -> int:
    """Return how many leads wait for room at sales, remembered or new."""
    return remembering.remember("waiting for sales", count_waiting_for_sales, seconds=30.0, patience=10.0)


def count_waiting_for_sales() -> int:
    """Return how many leads wait for room at sales."""
    return Standing.objects.filter(
        status__in=WAITING, disposition=Disposition.TO_SALES, lead__voided_at__isnull=True
    ).count()
