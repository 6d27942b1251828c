"""Consents and opt-outs that stand in the traits of calls: to be identified gives no permission, to say so does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from coldframe.activity.identity.sayings import Wish
from coldframe.kernel.vocabulary import ConsentBasis, SuppressionReason
from coldframe.leads import consent, merging, suppression
from coldframe.leads.models import Consent


def grant(
    wishes: Sequence[Wish],
    lead_of: Callable[[str], int | None],
    came_by: Callable[[str], int | None],
    *,
    at: datetime,
) -> None:
    """
    Put on file what people wish; each wish once. Who came back by a consent of their own is not sent away by a repeat.

    ``came_by``: whose a key is, also of those who are another lead by now; a permission goes back with them.
    """
    for wish in sorted(wishes, key=lambda each: (each.said, each.node)):
        lead_id = lead_of(wish.node)
        if lead_id is None:
            continue
        source = f"api:{wish.source}"
        if wish.wording is None:
            if suppression.is_on_file(reason=SuppressionReason.UNSUBSCRIBE, lead_ids=[lead_id], emails=[]):
                continue
            if wish.is_repeat and suppression.has_come_back(
                lead_id=lead_id, reason=SuppressionReason.UNSUBSCRIBE
            ):
                continue
            suppression.suppress(
                reason=SuppressionReason.UNSUBSCRIBE, source=source, at=at, lead_ids=[lead_id]
            )
        elif not is_on_file(wish, lead_id=lead_id, source=source):
            permission = consent.Permission(
                basis=ConsentBasis.CONSENT,
                purpose=wish.purpose or consent.MARKETING,
                wording=wish.wording,
                source=source,
                given_at=wish.said[0],
            )
            given = consent.give(lead_id=lead_id, permission=permission, at=at)
            own = came_by(wish.node)
            if own is not None and not given.is_known:
                merging.note_arrived(Consent, {own: [given.consent_id]})


def is_on_file(wish: Wish, *, lead_id: int, source: str) -> bool:
    """Say whether a consent was put on file, whatever became of it."""
    same = Consent.objects.filter(lead_id=lead_id, source=source[:120], given_at=wish.said[0])
    return same.filter(purpose=wish.purpose or consent.MARKETING).exists()
