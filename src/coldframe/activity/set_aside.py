"""
What came in, could not be understood and was set aside: it may speak of anybody, so it is searched for a person.

What still waits to be understood is not searched: a worker reads it within moments, by rules of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from coldframe.activity.models import Arrival
from coldframe.leads.erasure import Traces

#: What nobody looked at by then is dropped.
KEPT = timedelta(days=30)
LONGEST_SHOWN = 4_000


def about(traces: Traces) -> list[dict[str, Any]]:
    """Return what was set aside and speaks of a person, oldest first: plain values by name."""
    return [
        {
            "received_at": each.received_at,
            "kind": each.kind,
            "not_understood_because": each.reason,
            "content": text_of(each)[:LONGEST_SHOWN],
        }
        for each in speaking_of(traces)
    ]


def forget(traces: Traces) -> None:
    """Drop what was set aside and speaks of a person."""
    Arrival.objects.filter(pk__in=[each.pk for each in speaking_of(traces)]).delete()


def speaking_of(traces: Traces) -> Iterator[Arrival]:
    """Yield what was set aside and speaks of a person."""
    found = Arrival.objects.filter(state=Arrival.State.QUARANTINED).order_by("id")
    for arrival in found.iterator(chunk_size=500):
        if traces.is_in([text_of(arrival), str(arrival.about)]):
            yield arrival


def text_of(arrival: Arrival) -> str:
    """Return what came as text, as far as it is one."""
    return bytes(arrival.body).decode("utf-8", "replace")


def tidy(*, at: datetime) -> int:
    """Drop what was set aside long ago; return how many."""
    old = Arrival.objects.filter(state=Arrival.State.QUARANTINED, received_at__lt=at - KEPT)
    return old.delete()[0]
