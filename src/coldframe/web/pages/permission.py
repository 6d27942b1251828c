"""What a person has said yes and no to, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from coldframe.leads import permissions
from coldframe.web import wording
from coldframe.web.pages import parts


@dataclass(frozen=True, kw_only=True)
class Line:
    """A yes or a no."""

    text: str
    detail: str
    at: parts.Instant | None
    badge: parts.Badge


@dataclass(frozen=True, kw_only=True)
class Permission:
    """What a person has said."""

    lines: tuple[Line, ...]
    quiet_until: parts.Instant | None


def build(*, lead_id: int, email: str | None, now: datetime) -> Permission:
    """Return what a person has said, noes first."""
    said = permissions.load(lead_id=lead_id, email=email, at=now)
    return Permission(
        lines=(
            *(no_line(each, now=now) for each in said.no),
            *(yes_line(each, now=now) for each in said.yes),
        ),
        quiet_until=parts.on_day(said.quiet_until) if said.quiet_until else None,
    )


def no_line(no: permissions.No, *, now: datetime) -> Line:
    """Return a no in words."""
    badge = parts.Badge(text=_("No"), tone="yellow")
    if no.lifted_at:
        badge = parts.Badge(text=_("Lifted %(day)s") % {"day": wording.day(no.lifted_at)}, tone="gray")
    return Line(
        text=wording.plain(no.reason.lower()),
        detail=no.source,
        at=parts.recent(no.said_at, now=now),
        badge=badge,
    )


def yes_line(yes: permissions.Yes, *, now: datetime) -> Line:
    """Return a permission in words."""
    ended = yes.withdrawn_at or (yes.expires_at if yes.expires_at and yes.expires_at <= now else None)
    badge = parts.Badge(text=_("Yes"), tone="green")
    if ended:
        badge = parts.Badge(text=_("Ended %(day)s") % {"day": wording.day(ended)}, tone="gray")
    confirmed = _("confirmed by the person") if yes.confirmed_at else ""
    until = _("until %(day)s") % {"day": wording.day(yes.expires_at)} if yes.expires_at and not ended else ""
    return Line(
        text=f"{wording.plain(yes.purpose)}: {wording.plain(yes.basis.lower()).lower()}",
        detail=", ".join(filter(None, [yes.source, confirmed, until])),
        at=parts.recent(yes.given_at, now=now) if yes.given_at else None,
        badge=badge,
    )
