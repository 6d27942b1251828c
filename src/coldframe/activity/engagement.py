"""What was seen of mails after they left, counted by who stands behind it. For other packages and the doors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count

from coldframe.activity.models import Event, Hit


@dataclass(frozen=True, kw_only=True)
class Engagement:
    """Clicks on the links of one mail, by class, and how often its pixel was loaded by whomever."""

    machine: int = 0
    unsure: int = 0
    human: int = 0
    opens: int = 0


def count_by_mail(touches: Collection[UUID]) -> dict[UUID, Engagement]:
    """Return what was seen of the mails of these touches in the last 13 months; no entry: nothing."""
    if not touches:
        return {}
    rows = Hit.objects.filter(touch__in=list(touches)).values_list("touch", "is_open", "event__evidence")
    counts: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for touch, is_open, evidence, count in rows.annotate(n=Count("event_id")):
        name = "opens" if is_open else Event.EvidenceCode(evidence).name.lower()
        counts[touch][name] += count
    return {touch: Engagement(**each) for touch, each in counts.items()}
