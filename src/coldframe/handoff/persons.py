"""What sales was given and said of people: told to them, and emptied when they are erased."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from coldframe.handoff.models import Handoff, Notification, Verdict
from coldframe.kernel.vocabulary import HandoffState


def about(lead_ids: Collection[int]) -> list[dict[str, Any]]:
    """Return the times that some leads were put before sales, oldest first: plain values by name."""
    found = Handoff.objects.filter(lead_id__in=lead_ids).select_related("verdict").order_by("opened_at", "id")
    return [told(handoff) for handoff in found]


def told(handoff: Handoff) -> dict[str, Any]:
    """Return one handoff with its verdict, without what is missing."""
    verdict: Verdict | None = getattr(handoff, "verdict", None)
    found = {
        "opened_at": handoff.opened_at,
        "why": handoff.trigger,
        "to": handoff.owner or handoff.team,
        "state": handoff.state,
        "verdict": verdict.answer if verdict else None,
        "verdict_reason": verdict.reason if verdict else None,
        "verdict_at": verdict.said_at if verdict else None,
        "not_before": verdict.until if verdict else None,
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


def notifications_of(lead_ids: Collection[int]) -> list[int]:
    """Return the notifications about some leads, whose messages name them."""
    return list(Notification.objects.filter(handoff__lead_id__in=lead_ids).values_list("pk", flat=True))


def forget(lead_ids: Collection[int], *, at: datetime) -> None:
    """Drop what sales wrote about some leads, and close what is open; that they were there stays, for counts."""
    Verdict.objects.filter(handoff__lead_id__in=lead_ids).update(reason="")
    open_ones = Handoff.objects.filter(lead_id__in=lead_ids, state=HandoffState.OPEN.value)
    open_ones.update(state=HandoffState.CLOSED.value, ended_at=at)
