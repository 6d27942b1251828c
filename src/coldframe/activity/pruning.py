"""Forgetting old events, with what was kept beside them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from coldframe.activity.models import Event

#: Events in one transaction.
CHUNK = 2_000


def forget_old(*, before: datetime) -> int:
    """Delete the events that happened before an instant; return how many. Their shapes stay: they name nobody."""
    count = 0
    while True:
        with transaction.atomic():
            ids = list(
                Event.objects.filter(occurred_at__lt=before)
                .order_by("pk")
                .values_list("pk", flat=True)[:CHUNK]
            )
            Event.objects.filter(pk__in=ids).delete()
        count += len(ids)
        if len(ids) < CHUNK:
            return count
