"""What people have set for a lead, and the form by which they do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from coldframe.nurture import overrides
from coldframe.web import wording
from coldframe.web.pages import parts


@dataclass(frozen=True, kw_only=True)
class HandLine:
    """One thing that somebody has set and that holds."""

    id: int
    text: str
    reason: str
    by: str
    since: parts.Instant
    until: parts.Instant


@dataclass(frozen=True, kw_only=True)
class ByHand:
    """What people have set, and what may be done about it."""

    lines: tuple[HandLine, ...]
    may_change: bool
    decide_href: str
    lift_href: str


def build(*, lead_id: int, public_id: UUID, may_change: bool, now: datetime) -> ByHand:
    """Return what people have set for a lead."""
    return ByHand(
        lines=tuple(hand_line(each, now=now) for each in overrides.list_in_force(lead_id=lead_id, at=now)),
        may_change=may_change,
        decide_href=reverse("web:lead-decide", args=[public_id]),
        lift_href=reverse("web:lead-lift", args=[public_id]),
    )


def hand_line(found: overrides.InForce, *, now: datetime) -> HandLine:
    """Return one setting in words."""
    return HandLine(
        id=found.id,
        text=setting_text(found.setting),
        reason=found.reason,
        by=found.set_by,
        since=parts.recent(found.set_at, now=now),
        until=parts.on_day(found.until),
    )


def setting_text(setting: overrides.Setting) -> str:
    """Return what is set as words: ``Status: Nurture, path: stay relevant``."""
    said = []
    if setting.is_paused:
        said.append(_("Paused"))
    if setting.status:
        said.append(_("Status: %(status)s") % {"status": wording.STATUSES[setting.status.value]})
    if setting.path:
        said.append(_("Path: %(path)s") % {"path": setting.path})
    if setting.stage:
        said.append(_("Buyer stage: %(stage)s") % {"stage": wording.STAGES[setting.stage.value]})
    return ", ".join(said)
