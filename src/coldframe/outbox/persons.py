"""What messages say of the people they were for. ``erasure`` empties it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from coldframe.outbox import contents
from coldframe.outbox.models import OutboxMessage


def list_recipients(*, kind: str, subject_ids: Collection[int]) -> tuple[str, ...]:
    """Return the addresses to which the messages of some subjects went, or were to go."""
    found = OutboxMessage.objects.filter(kind=kind, subject_id__in=subject_ids, recipient__isnull=False)
    return tuple(
        sorted({recipient.lower() for recipient in found.values_list("recipient", flat=True) if recipient})
    )


def about(*, kind: str, subject_ids: Collection[int]) -> list[dict[str, Any]]:
    """Return the messages of some subjects as their reader saw them, oldest first: plain values by name."""
    rows = list(OutboxMessage.objects.filter(kind=kind, subject_id__in=subject_ids).order_by("id"))
    bodies = contents.read_bodies([row.pk for row in rows])
    return [
        {
            "state": row.state,
            "to": row.recipient,
            "from": row.sender,
            "composed_at": row.composed_at,
            "settled_at": row.settled_at,
            "answer": row.receipt or None,
            "message": bodies[row.pk].decode("utf-8", "replace") if row.pk in bodies else None,
        }
        for row in rows
    ]
