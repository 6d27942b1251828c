"""Taking in what arrives: stored before it is acknowledged, looked into afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from coldframe.activity.models import Arrival
from coldframe.storage.writes import insert_rows

#: For the doors, which know no tables.
Kind = Arrival.Kind

REASON_LENGTH = 255
COLUMNS = ("kind", "source_id", "body", "about", "received_at", "state", "reason", "tries")


@dataclass(frozen=True, kw_only=True, slots=True)
class NewArrival:
    """Something to keep until it is understood."""

    kind: Arrival.Kind
    #: JSON in UTF-8, or a mail.
    body: bytes
    source_id: int | None = None
    #: What is known beside the body; never a secret.
    about: Mapping[str, Any] = field(default_factory=dict)
    #: Why it cannot be understood: it is kept for a person to look at, and not digested.
    reason: str = ""


def accept(arrivals: Sequence[NewArrival], *, at: datetime) -> int:
    """
    Store what arrived at ``at``; return how many. Once this returns, it may be acknowledged.

    Within a transaction of the caller it is stored with that one.
    """
    with transaction.atomic():
        return insert_rows(Arrival, COLUMNS, (as_row(each, at=at) for each in arrivals))


def calls(*, source_id: int, body: bytes, about: Mapping[str, Any], reason: str = "") -> NewArrival:
    """Return calls of the event API, as they came, to keep."""
    return NewArrival(kind=Kind.CALLS, source_id=source_id, body=body, about=about, reason=reason)


def webhook(*, source_id: int, body: bytes) -> NewArrival:
    """Return a webhook's payload, as it came, to keep."""
    return NewArrival(kind=Arrival.Kind.WEBHOOK, source_id=source_id, body=body)


def as_row(arrival: NewArrival, *, at: datetime) -> tuple[Any, ...]:
    """Return the values of ``COLUMNS``."""
    state = Arrival.State.QUARANTINED if arrival.reason else Arrival.State.WAITING
    kind, reason = arrival.kind.value, arrival.reason[:REASON_LENGTH]
    return (kind, arrival.source_id, arrival.body, dict(arrival.about), at, state.value, reason, 0)
