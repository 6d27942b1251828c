"""Who waits for which content, and who could read one: what the content map leads to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F

from coldframe.kernel.playbook import templates
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import LeadStatus, StakeholderRole
from coldframe.library import content_map
from coldframe.library.content_map import Cell, Waiting
from coldframe.nurture.models import Standing, Touch

IN_NURTURE = (LeadStatus.NURTURE.value, LeadStatus.RE_ENGAGED.value)

#: Names and values of the filters of the leads.
Filters = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, kw_only=True)
class Need:
    """A cell of the content map, and the filters that find the leads which stand there, wait there, or had everything."""

    cell: Cell
    standing: Filters
    waiting: Filters
    exhausted: Filters

    @property
    def count(self) -> int:
        """Leads for whom there is nothing to send, or nothing left."""
        return self.cell.waiting_count + self.cell.exhausted_count


def list_needs(
    found: content_map.ContentMap, *, waiting: Sequence[Waiting], playbook: Playbook
) -> list[Need]:
    """Return every cell of the map with the way to its leads, in the order of the map."""
    named = {segment.name for segment in playbook.segments}
    return [need_of(cell, waiting=waiting, playbook=playbook, named=named) for cell in found.cells]


def need_of(cell: Cell, *, waiting: Sequence[Waiting], playbook: Playbook, named: set[str]) -> Need:
    is_stray = cell.segment == content_map.NO_SEGMENT
    here = [
        each
        for each in waiting
        if each.stage == cell.stage
        and (each.segment == cell.segment or (is_stray and each.segment not in named))
    ]
    segments: set[str | None] = {each.segment for each in here} if is_stray else {cell.segment}
    standing: Filters = (
        *(("status", status) for status in IN_NURTURE),
        ("stage", cell.stage.upper()),
        *(("segment", segment) for segment in sorted(segments, key=str)),
    )
    return Need(
        cell=cell,
        standing=standing,
        waiting=(*standing, *narrowed(cell, here, playbook=playbook)),
        exhausted=(*standing, ("stay", "EXHAUSTED")),
    )


def narrowed(cell: Cell, here: Sequence[Waiting], *, playbook: Playbook) -> Filters:
    """Return what tells those who wait from the others of a cell: roles, problems, or nothing where all wait."""
    assets = content_map.sendable_assets(playbook, cell)
    unserved = [each for each in here if not any(content_map.serves(asset, each) for asset in assets)]
    if not unserved or len(unserved) == len(here):
        return ()
    roles, problems = {each.role for each in unserved}, {each.problem for each in unserved}
    served = [each for each in here if each not in unserved]
    found: Filters = ()
    if any(each.role not in roles for each in served):
        found += tuple(("role", name) for role in sorted(roles, key=str) for name in stored_roles(role))
    if any(each.role in roles and each.problem not in problems for each in served):
        found += tuple(("problem", problem) for problem in sorted(problems, key=str))
    return found


def stored_roles(role: str | None) -> tuple[str | None, ...]:
    """Return how a role of the playbook stands in the record; one that nobody knows has two ways."""
    return (role.upper(),) if role else (None, StakeholderRole.UNKNOWN.value)


def find_reader(*, content_key: str, playbook: Playbook) -> UUID | None:
    """Return a lead to show a content to: who had it last, else the most active of its stage in nurture, else anybody."""
    had = Touch.objects.filter(content_key=content_key, lead__voided_at__isnull=True).order_by("-id")
    asset = templates.find_asset(playbook, content_key)
    standings = Standing.objects.filter(lead__voided_at__isnull=True).order_by(
        F("intent_points").desc(), "lead_id"
    )
    of_stage = standings.filter(status__in=IN_NURTURE, stage=asset.stage.value) if asset else standings.none()
    for found in (had, of_stage, standings.filter(status__in=IN_NURTURE), standings):
        public_id = found.values_list("lead__public_id", flat=True).first()
        if public_id is not None:
            return UUID(str(public_id))
    return None
