"""Giving the owner a task: written here, and carried to the CRM from here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from coldframe.delivery.channels import inside
from coldframe.delivery.channels.answers import Beat, Mark, Message, Report
from coldframe.delivery.channels.task.models import Task


@dataclass(frozen=True, kw_only=True)
class Errand:
    """What is to be done, for whom, by whom, until when."""

    lead_id: int
    owner: str
    title: str
    what: str
    why: str
    due_at: datetime


def compose(errand: Errand) -> bytes:
    """Return the body of a message that makes a task."""
    return json.dumps(asdict(errand) | {"due_at": errand.due_at.isoformat()}, sort_keys=True).encode()


def deliver(
    messages: Iterator[Message],
    *,
    mark: Mark,
    report: Report,
    beat: Beat,
    at: datetime,
) -> None:
    """Make each message's task."""
    inside.deliver(messages, write=put_down, mark=mark, report=report, beat=beat, at=at)


def put_down(messages: Sequence[Message], at: datetime) -> None:
    """Write tasks in one transaction; those that are there already are left as they are."""
    rows = [task_of(each, at=at) for each in messages]
    with transaction.atomic():
        Task.objects.bulk_create(rows, ignore_conflicts=True)


def task_of(message: Message, *, at: datetime) -> Task:
    said = json.loads(message.body or b"{}")
    said["due_at"] = datetime.fromisoformat(said["due_at"])
    return Task(**said, message_id=message.message_id or message.key, created_at=at)


def was_recorded(message_ids: Sequence[str]) -> set[str]:
    """Return which of these made a task; what settles them after a crash."""
    return set(Task.objects.filter(message_id__in=message_ids).values_list("message_id", flat=True))
