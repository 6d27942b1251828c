"""Tasks as their owners see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from coldframe.delivery.channels.task.models import Task
from coldframe.kernel.vocabulary import Refusal

MOST_LISTED = 500


class NoOpenTask(Refusal):
    """There is no open task of that number."""


@dataclass(frozen=True, kw_only=True)
class OpenTask:
    """A task that waits for somebody."""

    id: int
    lead_id: int
    owner: str
    title: str
    what: str
    why: str
    due_at: datetime


def list_open(*, owner: str | None = None, limit: int = MOST_LISTED) -> list[OpenTask]:
    """Return open tasks, the most pressing first; of one owner, where one is named."""
    found = Task.objects.filter(done_at__isnull=True).order_by("due_at", "id")
    if owner is not None:
        found = found.filter(owner=owner)
    return [
        OpenTask(
            id=each.pk,
            lead_id=each.lead_id,
            owner=each.owner,
            title=each.title,
            what=each.what,
            why=each.why,
            due_at=each.due_at,
        )
        for each in found[:limit]
    ]


def finish(*, task_id: int, by: str, at: datetime) -> None:
    """Note that a task was done; raises ``NoOpenTask``."""
    open_ones = Task.objects.filter(pk=task_id, done_at__isnull=True)
    if not open_ones.update(done_at=at, done_by=by[:150]):
        raise NoOpenTask(
            "There is no open task of that number.", got=str(task_id), advice="See: coldframe tasks"
        )
