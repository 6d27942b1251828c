"""The next touch of a lead and why that one, or the hold and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from coldframe.kernel.vocabulary import Channel
from coldframe.languages import Words
from coldframe.nurture import words
from coldframe.nurture.outlook import Kind, Outlook
from coldframe.web import phrases, wording
from coldframe.web.pages import parts

LABELS = Words(
    {Kind.PLANNED: noop("On its way"), Kind.HELD: noop("Held"), Kind.NOTHING: noop("Nothing planned")}
)
TONES = {Kind.PLANNED: "green", Kind.HELD: "yellow", Kind.NOTHING: "gray"}
ICONS = {Kind.PLANNED: "mail", Kind.HELD: "clock", Kind.NOTHING: "info-circle"}


@dataclass(frozen=True, kw_only=True)
class NextTouch:
    """What comes next, as a page shows it; empty where there is nothing to say."""

    badge: parts.Badge
    icon: str
    text: str
    #: The numbers behind a hold.
    detail: str
    #: "Looked at again" or "Planned for", when, and the same by the lead's own clocks.
    when: str
    at: parts.Instant | None
    local: str
    #: What ends a hold that no date ends.
    open_end: str
    #: What makes the time zone a guess.
    guess: str
    #: What is, or would be, next, how, and why that one.
    comes: str
    title: str
    channel: str
    why: str
    path: str
    lap: str
    #: The message, where there is one.
    href: str
    #: What the lead would read, for a frame on the page; empty where nothing is to come.
    preview: str
    preview_href: str


def build(found: Outlook, *, message_id: int | None, public_id: UUID, now: datetime) -> NextTouch:
    """Return what comes next in words; ``message_id`` is the message of a touch that is on its way."""
    is_held = found.kind is Kind.HELD
    local = local_time(found.at, found.zone) if found.at and found.zone else ""
    label = wording.filter_value("hold", found.reason) if found.reason else LABELS[found.kind]
    return NextTouch(
        badge=parts.Badge(text=label, tone=TONES[found.kind]),
        icon=ICONS[found.kind],
        text=phrases.said(found.text),
        detail=phrases.said(found.detail),
        when=_("Looked at again") if is_held else _("Planned for"),
        at=parts.instant(found.at, now=now) if found.at else None,
        local=local,
        open_end=_("When something changes: no date ends it") if is_held and found.at is None else "",
        guess=wording.ZONES.get(found.zone_from or "", _("a guess"))
        if local and found.is_zone_guessed
        else "",
        comes=_("Would be next") if is_held else _("What"),
        title=wording.sentence(phrases.said(found.title)),
        channel=words.CHANNELS.get(found.channel or "", ""),
        why=phrases.said(found.why),
        path=found.path or "",
        lap=_("lap %(number)s") % {"number": found.lap} if found.lap else "",
        href=reverse("web:message", args=[message_id]) if message_id else "",
        preview=preview_url("web:preview-html", found, public_id),
        preview_href=preview_url("web:preview", found, public_id),
    )


def local_time(at: datetime, zone: str) -> str:
    """Return an instant by the lead's own clocks."""
    return _("%(time)s in %(zone)s") % {"time": wording.in_zone(at, zone), "zone": zone}


def preview_url(route: str, found: Outlook, public_id: UUID) -> str:
    """Return where one reads what the lead would read; empty where nothing would come by mail."""
    if not found.content_key or found.channel != Channel.EMAIL:
        return ""
    return f"{reverse(route, args=[found.content_key])}?lead={public_id}"
