"""The mails of touches, by their public ids: what a hit names is nothing else."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from coldframe.activity.mails import Mail
from coldframe.kernel.vocabulary import TouchState
from coldframe.nurture.models import Touch

ASSET = "asset:"


def find(touches: Collection[UUID], /) -> dict[UUID, Mail]:
    """Return the mail of each touch that there is, but for people who were erased."""
    columns = ("public_id", "lead_id", "state", "settled_at", "content_key")
    rows = Touch.objects.filter(public_id__in=list(touches), lead__email__isnull=False).values_list(*columns)
    return {
        public_id: Mail(
            lead_id=lead_id,
            handed_over_at=settled_at if state == TouchState.SENT.value else None,
            asset=content_key.removeprefix(ASSET) if content_key.startswith(ASSET) else "",
        )
        for public_id, lead_id, state, settled_at, content_key in rows
    }
