"""One lead as tables show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from coldframe.nurture import grouping, listing
from coldframe.web import wording
from coldframe.web.pages import parts


@dataclass(frozen=True, kw_only=True)
class Row:
    """A lead in a table: words only."""

    href: str
    name: str
    initials: str
    #: Job title and company.
    about: str
    fit: parts.Badge | None
    fit_score: int
    #: What missing facts could make of the fit, such as "A when all is known"; empty when nothing.
    fit_note: str
    intent: str
    intent_points: int
    #: Of 100, beside the most active lead of the table.
    intent_width: int
    stage: str
    #: What the person does in the decision; empty where nobody knows.
    role: str
    group: parts.Badge
    why: str
    #: The last thing the lead did, where the table shows it.
    did: str = ""
    active: parts.Instant | None
    leaves: parts.Instant | None


def build(row: listing.LeadRow, *, now: datetime, most: float = 0.0) -> Row:
    """Return a lead as tables show it; ``most`` is the intent that fills a bar."""
    name = wording.person(first_name=row.first_name, last_name=row.last_name, email=row.email)
    open_fit = row.fit_verdict == "UNDETERMINED" and row.fit_level != row.fit_level_best
    return Row(
        href=reverse("web:lead", args=[row.public_id]),
        name=name,
        initials=wording.initials(name),
        about=" · ".join(filter(None, [row.job_title, row.company or row.domain])),
        fit=parts.Badge(text=row.fit_level, tone=parts.FIT_TONES[row.fit_level]) if row.fit_level else None,
        fit_score=round(row.fit_score or 0),
        fit_note=_("up to %(level)s") % {"level": row.fit_level_best} if open_fit else "",
        intent=wording.INTENTS.get(row.intent_level or "", wording.DASH),
        intent_points=round(row.intent_points or 0),
        intent_width=round(100 * (row.intent_points or 0) / most) if most else 0,
        stage=wording.STAGES.get(row.stage or "", wording.DASH),
        role=wording.ROLES.get(row.role or "UNKNOWN", "") if row.role not in {None, "UNKNOWN"} else "",
        group=parts.group_badge(grouping.group_of(disposition=row.disposition, status=row.status)),
        why=why(row),
        active=parts.maybe_instant(row.last_meaningful_at, now=now),
        leaves=parts.on_day(row.leaves_at) if row.leaves_at else None,
    )


def why(row: listing.LeadRow) -> str:
    """Return in a few words why a lead stands where it does: the policy's reason, unless it is not where the policy puts it."""
    group = grouping.group_of(disposition=row.disposition, status=row.status)
    if group in {grouping.group_of(disposition=row.disposition, status=None), grouping.Group.WITH_SALES}:
        return wording.reason(row.reason)
    return _("Before sales") if group is grouping.Group.TO_SALES else _("Sales, or a person, said so")
