"""How much sales has taken on, for the team and for each of its people, as bars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.handoff import room
from coldframe.kernel.planning.allocation import Room
from coldframe.library import queries as library
from coldframe.web import phrases, wording
from coldframe.web.pages import parts

#: Percent of a bar from which on it is nearly full.
NEARLY = 80


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One rolling window of room: how much of it is taken."""

    label: str
    #: What this rep has before them; empty for the team.
    href: str
    #: Such as ``12 of 40 a week``.
    text: str
    #: Of 100, for the bar.
    percent: int
    tone: str
    #: When one more fits, or until when somebody is away; empty where neither matters.
    note: str


@dataclass(frozen=True, kw_only=True)
class Load:
    """What sales has taken on."""

    team: Bar
    reps: tuple[Bar, ...]
    #: How many wait for room, and where they stand; None: nobody does.
    waiting: parts.Link | None


def build(*, now: datetime, waiting_count: int) -> Load:
    """Return how much sales has taken on. Raises ``NoActivePlaybook``."""
    rooms = room.load(playbook=library.get_active_playbook().playbook, at=now)
    return Load(
        team=bar(rooms[0], now=now),
        reps=tuple(bar(each, now=now) for each in rooms[1:]),
        waiting=waiting_link(waiting_count),
    )


def bar(found: Room, *, now: datetime) -> Bar:
    """Return one window as a bar."""
    most = found.rate.count
    percent = min(100, round(100 * found.taken / most)) if most else 100
    return Bar(
        label=found.name or _("The team"),
        href=rep_href(found.name) if found.name else "",
        text=_("%(taken)s of %(rate)s")
        % {"taken": wording.number(found.taken), "rate": phrases.said(str(found.rate))},
        percent=percent,
        tone="full" if percent >= 100 else "nearly" if percent >= NEARLY else "free",
        note=note(found, now=now),
    )


def note(found: Room, *, now: datetime) -> str:
    """Return what keeps a window shut, and until when."""
    if found.away_until and found.away_until > now:
        return away(found.away_until)
    if found.free_at and found.free_at > now:
        return _("room again %(when)s") % {"when": wording.distance(found.free_at, now=now)}
    return ""


def away(until: datetime) -> str:
    """Return until when somebody is away, in words."""
    return _("away until %(day)s") % {"day": wording.day_here(until)}


def rep_href(name: str) -> str:
    """Return the address of what one rep has before them."""
    return f"{reverse('web:desk')}?{urlencode({'tab': 'team', 'rep': name})}"


def waiting_link(count: int) -> parts.Link | None:
    """Return the way to who waits for room; None where nobody does."""
    if not count:
        return None
    label = ngettext("%(count)s lead waits for room", "%(count)s leads wait for room", count)
    return parts.Link(
        label=label % {"count": wording.number(count)}, href=f"{reverse('web:desk')}?tab=waiting"
    )
