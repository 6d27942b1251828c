"""
Calls of nobody who is known here, such as those with a mistyped key: counted, so that whoever waits for them finds out.

A row for each word, however many call; neither a key nor anything that was said is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from coldframe.activity.models import Stranger

#: Where refusals are counted by source: those of none.
NOBODY = 0
#: What has not come again for so long is forgotten.
KEPT = timedelta(days=30)
#: A key that is no source's; none at all; an address of hooks that is no source's.
UNKNOWN_KEY, NO_KEY, NO_SUCH_SOURCE = "unknown_key", "no_key", "no_such_source"


@dataclass(frozen=True, kw_only=True)
class Strangers:
    """How often calls came of which nobody knows whose they are, for one reason."""

    word: str
    count: int
    first_at: datetime
    last_at: datetime


def note(counts: Mapping[str, int], *, at: datetime) -> None:
    """Count calls, by the word for why nobody knows whose they are."""
    with transaction.atomic():
        for word, count in sorted(counts.items()):
            row, is_new = Stranger.objects.select_for_update().get_or_create(
                word=word, defaults={"count": count, "first_at": at, "last_at": at}
            )
            if not is_new:
                row.count, row.last_at = row.count + count, max(row.last_at, at)
                row.save(update_fields=["count", "last_at"])


def list_all() -> list[Strangers]:
    """Return what was counted, by its word."""
    names = ("word", "count", "first_at", "last_at")
    return [Strangers(**row) for row in Stranger.objects.order_by("word").values(*names)]


def tidy(*, at: datetime) -> int:
    """Forget what has not come for long; return how many words."""
    return Stranger.objects.filter(last_at__lt=at - KEPT).delete()[0]
