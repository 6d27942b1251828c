"""
What came in, could not be understood and was set aside: it may speak of anybody, so it is searched for a person.

What still waits to be understood is not searched: a worker reads it within moments, by rules of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from coldframe.activity.digesting import SetAside
from coldframe.activity.models import Arrival
from coldframe.leads.erasure import Traces

#: What nobody looked at by then is dropped.
KEPT = timedelta(days=30)
LONGEST_SHOWN = 4_000
KEY_BYTES = 16


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


def once(aside: Mapping[int, str], *, keys: Mapping[int, bytes]) -> list[SetAside]:
    """
    Return what is to be set aside, without what was before; a repeat of it is done with.

    ``aside``: arrival -> why; ``keys``: arrival -> by what a repeat of it is known.
    """
    by_key: dict[bytes, list[int]] = defaultdict(list)
    for pk in aside:
        by_key[keys[pk]].append(pk)
    held = Arrival.objects.filter(key__in=list(by_key), state=Arrival.State.QUARANTINED)
    known = {bytes(key) for key in held.values_list("key", flat=True) if key is not None}
    found = []
    for key, ids in by_key.items():
        if key not in known:
            Arrival.objects.filter(pk=ids[0]).update(key=key)
            found.append(SetAside(arrival_id=ids[0], reason=aside[ids[0]]))
    return found


def key_of(arrival: Arrival, said: bytes) -> bytes:
    """Return by what a repeat of something set aside is known: its source, and what it says."""
    return blake2b(b"%d %s" % (arrival.source_id or 0, said), digest_size=KEY_BYTES).digest()


def find_body(arrival_id: int) -> bytes | None:
    """Return what was set aside under a number, as it came; None: there is no such thing."""
    found = Arrival.objects.filter(pk=arrival_id, state=Arrival.State.QUARANTINED).first()
    return None if found is None else bytes(found.body)


def tidy(*, at: datetime) -> int:
    """Drop what was set aside long ago; return how many."""
    old = Arrival.objects.filter(state=Arrival.State.QUARANTINED, received_at__lt=at - KEPT)
    return old.delete()[0]
