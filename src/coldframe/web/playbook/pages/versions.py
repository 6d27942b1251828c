"""Every version: who made it the active one, when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from coldframe.library import queries
from coldframe.web.pages import parts
from coldframe.web.playbook.pages import compare, drafts


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """One version."""

    number: int
    name: str
    href: str
    origin: str
    published: parts.Instant
    activated: parts.Instant | None
    by: str
    why: str
    is_active: bool
    text_href: str
    #: Against the version before it, and against the active one; empty: there is none, or it is that one.
    before_href: str
    active_href: str
    activate_href: str


@dataclass(frozen=True, kw_only=True)
class VersionsPage:
    """Every version, newest first."""

    frame: parts.Frame
    rows: tuple[VersionRow, ...]
    draft: drafts.Box | None
    may_edit: bool


def build(*, may_edit: bool, now: datetime) -> VersionsPage:
    """Return the page. Raises ``NoActivePlaybook``."""
    found, active = queries.list_versions(), queries.get_active_playbook().number
    return VersionsPage(
        frame=parts.build_frame(section="playbook", now=now),
        rows=tuple(row(each, active=active, now=now) for each in found),
        draft=drafts.find(active_number=active, now=now),
        may_edit=may_edit,
    )


def row(version: queries.VersionLine, *, active: int, now: datetime) -> VersionRow:
    number = version.number
    return VersionRow(
        number=number,
        name=version.name,
        href=reverse("web:playbook-version", args=[number]),
        origin=version.origin,
        published=parts.recent(version.published_at, now=now),
        activated=parts.recent(version.activated_at, now=now) if version.activated_at else None,
        by=version.activated_by or "",
        why=version.why or "",
        is_active=version.is_active,
        text_href=reverse("web:playbook-text", args=[number]),
        before_href=compare.href(number - 1, number) if number > 1 else "",
        active_href="" if version.is_active else compare.href(number, active),
        activate_href="" if version.is_active else reverse("web:playbook-activate-version", args=[number]),
    )
