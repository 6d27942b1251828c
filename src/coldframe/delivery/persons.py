"""What was done through the channels for people: told to them, and gone when they are erased."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from coldframe.delivery.channels.audience.models import Membership
from coldframe.delivery.channels.task.models import Task


def about(lead_ids: Collection[int]) -> dict[str, list[dict[str, Any]]]:
    """Return the lists that some leads are on, and the tasks about them: plain values by name."""
    stays = Membership.objects.filter(lead_id__in=lead_ids).order_by("id")
    tasks = Task.objects.filter(lead_id__in=lead_ids).order_by("id")
    return {
        "lists": [dict(row) for row in stays.values("audience", "entered_at", "left_at")],
        "tasks": [dict(row) for row in tasks.values("title", "what", "why", "owner", "due_at", "done_at")],
    }


def forget(lead_ids: Collection[int]) -> None:
    """Drop the hashes and tasks of some leads; a list that is exported next is without them."""
    Membership.objects.filter(lead_id__in=lead_ids).delete()
    Task.objects.filter(lead_id__in=lead_ids).delete()
