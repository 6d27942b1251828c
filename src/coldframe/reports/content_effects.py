"""
What came after a content: who moved a stage forward, and who was put before sales, within so many days of getting it.

What comes after is not what it caused: who reads is nearer to buying than who does not. So each share stands with
what it is a share of, and beside that of all contents of its stage. Touches whose days are not over yet are left
out on both sides; of the others the latest are looked at, so that the work does not grow with the base.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from coldframe.handoff.models import Handoff
from coldframe.kernel.measurement.intervals import wilson
from coldframe.kernel.playbook import templates
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import BuyerStage, TouchState
from coldframe.library.queries import ActivePlaybook
from coldframe.nurture import remembering
from coldframe.nurture.models import Assessment, Touch

#: What happens later than this after a touch has little to do with it.
WITHIN = timedelta(days=30)
#: Touches looked at, the latest whose days are over.
LOOKED_AT = 1_000
#: A figure is shown for so long while nothing changes, and for so many times what it cost.
SECONDS, PATIENCE = 60.0, 100.0
#: Ids in one statement.
IDS_A_STATEMENT = 500


@dataclass(frozen=True, kw_only=True)
class Share:
    """So many leads of so many."""

    lead_ids: tuple[int, ...]
    of: int

    @property
    def count(self) -> int:
        """The numerator."""
        return len(self.lead_ids)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval."""
        return wilson(self.count, self.of)


@dataclass(frozen=True, kw_only=True)
class Effects:
    """What came after a content."""

    #: Leads whose stage went forward.
    forward: Share
    #: Leads that were put before sales.
    handed: Share
    #: Touches whose days are not over.
    too_early_count: int
    #: Whether there are more touches than were looked at.
    is_cut: bool


@dataclass(frozen=True)
class Had:
    """That a lead had a content."""

    lead_id: int
    at: datetime


def remembered(content_key: str, *, active: ActivePlaybook, as_of: datetime) -> Effects:
    """Return what came after one content, remembered or new: its page and the lists behind it say the same."""
    return remembering.remember(
        f"effects {content_key} {active.number}",
        lambda: find([content_key], playbook=active.playbook, as_of=as_of),
        seconds=SECONDS,
        patience=PATIENCE,
    )


def of_stage(stage: BuyerStage, *, active: ActivePlaybook, as_of: datetime) -> Effects:
    """Return what came after all contents of a stage together, remembered or new."""
    keys = [f"{templates.ASSET}:{asset.key}" for asset in active.playbook.assets if asset.stage is stage]
    return remembering.remember(
        f"effects of {stage} {active.number}",
        lambda: find(keys, playbook=active.playbook, as_of=as_of),
        seconds=SECONDS,
        patience=PATIENCE,
    )


def find(content_keys: Collection[str], *, playbook: Playbook, as_of: datetime) -> Effects:
    """Return what came after the latest touches with one of these contents."""
    sent = Touch.objects.filter(content_key__in=content_keys, state=TouchState.SENT.value)
    over = as_of - WITHIN
    rows = sent.filter(settled_at__lte=over).order_by("-settled_at", "-id")
    pairs = rows.values_list("lead_id", "settled_at")[: LOOKED_AT + 1]
    had = [Had(lead_id, at) for lead_id, at in pairs if at is not None]
    looked_at = had[:LOOKED_AT]
    return Effects(
        forward=share(moved_forward(looked_at, playbook), looked_at),
        handed=share(handed_over(looked_at), looked_at),
        too_early_count=sent.filter(settled_at__gt=over).count(),
        is_cut=len(had) > LOOKED_AT,
    )


def share(leads: Collection[int], had: Sequence[Had]) -> Share:
    return Share(lead_ids=tuple(sorted(leads)), of=len({each.lead_id for each in had}))


def ranks(playbook: Playbook) -> dict[str | None, int]:
    """Return how far along each stage is; nobody knows where, and gone quiet, come before all others."""
    found: dict[str | None, int] = {None: -1, BuyerStage.RE_ENGAGEMENT.value: -1}
    return found | {stage.value: place for place, stage in enumerate(playbook.stages.order)}


def moved_forward(had: Sequence[Had], playbook: Playbook) -> set[int]:
    """Return the leads that stood further along within the days after than when they got it."""
    order = ranks(playbook)
    stood: dict[int, list[tuple[datetime, int]]] = {}
    for part in parts(had):
        rows = Assessment.objects.filter(lead_id__in={each.lead_id for each in part}).order_by("id")
        for lead_id, at, stage in rows.values_list("lead_id", "cycle__as_of", "stage"):
            stood.setdefault(lead_id, []).append((at, order.get(stage, -1)))
    return {each.lead_id for each in had if went_forward(stood.get(each.lead_id, []), each.at)}


def went_forward(stood: Sequence[tuple[datetime, int]], at: datetime) -> bool:
    """Return whether a lead, by where it stood since when, stood further along within the days after an instant."""
    before = next((rank for since, rank in reversed(stood) if since <= at), None)
    if before is None:
        return False
    return any(at < since <= at + WITHIN and rank > before for since, rank in stood)


def handed_over(had: Sequence[Had]) -> set[int]:
    """Return the leads that were put before sales within the days after."""
    opened: dict[int, list[datetime]] = {}
    for part in parts(had):
        rows = Handoff.objects.filter(lead_id__in={each.lead_id for each in part})
        for lead_id, at in rows.values_list("lead_id", "opened_at"):
            opened.setdefault(lead_id, []).append(at)
    return {
        each.lead_id
        for each in had
        if any(each.at < at <= each.at + WITHIN for at in opened.get(each.lead_id, []))
    }


def parts(had: Sequence[Had]) -> list[Sequence[Had]]:
    return [had[start : start + IDS_A_STATEMENT] for start in range(0, len(had), IDS_A_STATEMENT)]
