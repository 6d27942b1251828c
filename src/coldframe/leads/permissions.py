"""What a person has said yes and no to, for pages: every permission and every no, also those that ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from coldframe.leads import suppression
from coldframe.leads.models import Consent, ImportBatch, LiftedSuppression, Pause, Suppression


@dataclass(frozen=True, kw_only=True)
class Yes:
    """A permission."""

    purpose: str
    basis: str
    source: str
    given_at: datetime | None
    confirmed_at: datetime | None
    expires_at: datetime | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class No:
    """A no; it holds unless it was lifted."""

    reason: str
    source: str
    said_at: datetime
    lifted_at: datetime | None
    #: It holds for the address, whoever is behind it.
    is_of_address: bool


@dataclass(frozen=True, kw_only=True)
class Said:
    """All of it, the latest first."""

    yes: tuple[Yes, ...]
    no: tuple[No, ...]
    #: The person asked for quiet until then.
    quiet_until: datetime | None


def load(*, lead_id: int, email: str | None, at: datetime) -> Said:
    """Return what a person has said, in a fixed number of queries."""
    consents = Consent.objects.filter(lead_id=lead_id).exclude(batch__state=ImportBatch.State.UNDONE)
    names = tuple(Yes.__dataclass_fields__)
    whose = Q(lead_id=lead_id) | Q(email__in=suppression.email_keys(email))
    pause = Pause.objects.filter(lead_id=lead_id, ended_at=None, until__gt=at).first()
    return Said(
        yes=tuple(
            Yes(**dict(zip(names, row, strict=True)))
            for row in consents.order_by("-id").values_list(*names)[:50]
        ),
        no=(
            *once(Suppression.objects.filter(whose).order_by("-suppressed_at", "id")[:50]),
            *once(LiftedSuppression.objects.filter(whose).order_by("-suppressed_at", "id")[:50]),
        ),
        quiet_until=pause.until if pause else None,
    )


def once(rows: Iterable[Suppression | LiftedSuppression]) -> Iterator[No]:
    """Yield each no once: what holds for the person holds for the address too, and is one no."""
    seen = set()
    for row in rows:
        key = (row.reason, row.suppressed_at)
        if key not in seen:
            seen.add(key)
            yield No(
                reason=row.reason,
                source=row.source,
                said_at=row.suppressed_at,
                lifted_at=getattr(row, "lifted_at", None),
                is_of_address=row.lead_id is None,
            )
