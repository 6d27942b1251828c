"""Whom touches are for, by their public ids: what arrives about a mail names nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from coldframe.activity.addressees import Addressee
from coldframe.nurture.dispatch import KIND
from coldframe.nurture.models import Touch
from coldframe.outbox import queries as outbox


def find(touches: Collection[UUID], /) -> dict[UUID, Addressee]:
    """Return the addressee of each touch that there is; its addresses are those to which its mails went."""
    if not touches:
        return {}
    columns = ("pk", "public_id", "lead_id", "account_id", "lead__email")
    rows = list(Touch.objects.filter(public_id__in=list(touches)).values_list(*columns))
    written_to = addresses_of([row[0] for row in rows])
    return {
        public_id: Addressee(
            lead_id=lead_id,
            account_id=account_id,
            emails=frozenset(written_to[touch_id] or ({email.lower()} if email else set())),
        )
        for touch_id, public_id, lead_id, account_id, email in rows
    }


def addresses_of(touch_ids: Collection[int]) -> dict[int, set[str]]:
    """Return the addresses that are written on the messages of touches."""
    found: dict[int, set[str]] = defaultdict(set)
    for message in outbox.find_messages(kind=KIND, subject_ids=touch_ids):
        if message.recipient:
            found[message.subject_id].add(message.recipient.strip().lower())
    return found
