"""What people say to being tracked: that what they open and click, and where they go from there, is noted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from coldframe.kernel.vocabulary import ConsentBasis
from coldframe.leads import consent
from coldframe.leads.models import Consent

#: The purpose under which it is on file.
TRACKING = "tracking"


class Wish(StrEnum):
    """What a person said last."""

    AGREED = "AGREED"
    OBJECTED = "OBJECTED"


def wishes_of(lead_ids: Collection[int], *, at: datetime) -> dict[int, Wish]:
    """
    Return what each of some leads said to being tracked; those who said nothing are left out.

    An agreement that was taken back, or has expired, is none; one that was taken back is an objection.
    """
    rows = Consent.objects.filter(lead_id__in=lead_ids, purpose=TRACKING)
    found: dict[int, Wish] = {}
    for lead_id, basis, withdrawn_at, expires_at in rows.values_list(
        "lead_id", "basis", "withdrawn_at", "expires_at"
    ):
        holds = basis == ConsentBasis.CONSENT and withdrawn_at is None and (not expires_at or expires_at > at)
        if holds:
            found[lead_id] = Wish.AGREED
        elif withdrawn_at is not None:
            found.setdefault(lead_id, Wish.OBJECTED)
    return found


def object_to(*, lead_id: int, source: str, at: datetime) -> None:
    """
    Track a person no more, as they said at ``source``; the same wish twice is one. Raises ``NoSuchLead``.

    Who never agreed objects to a legitimate interest, which is put on file as taken back.
    """
    with transaction.atomic():
        consent.held(lead_id)
        on_file = Consent.objects.filter(lead_id=lead_id, purpose=TRACKING)
        if not on_file.filter(withdrawn_at=None).update(withdrawn_at=at) and not on_file.exists():
            Consent.objects.create(
                lead_id=lead_id,
                purpose=TRACKING,
                basis=ConsentBasis.LEGITIMATE_INTEREST.value,
                source=source[:120],
                withdrawn_at=at,
                created_at=at,
            )
