"""What stands around every page, and the small values that pages are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import dateformat, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from coldframe.nurture import listing
from coldframe.web import wording


@dataclass(frozen=True, kw_only=True)
class Instant:
    """An instant for a page: in words, and exactly."""

    text: str
    #: UTC to the minute.
    exact: str
    #: For the ``datetime`` attribute.
    iso: str


@dataclass(frozen=True, kw_only=True)
class Link:
    """A label that leads somewhere, with how many things are there."""

    label: str
    href: str
    count: str = ""
    is_current: bool = False


@dataclass(frozen=True, kw_only=True)
class Badge:
    """A word in color; ``tone`` is a name of the style sheet."""

    text: str
    tone: str


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What stands around every page."""

    #: Which entry of the menu is current.
    section: str
    today: str
    #: When the base was last assessed; None when it never was.
    assessed: Instant | None
    playbook: str


#: The kind of message that a touch is.
TOUCH = "touch"
TONES = {"to-sales": "green", "with-sales": "blue", "nurture": "teal", "let-go": "gray", "new": "yellow"}
FIT_TONES = {"A": "green", "B": "teal", "C": "yellow", "D": "gray"}


def build_frame(*, section: str, now: datetime) -> Frame:
    """Return the frame of a page of this section."""
    cycle, local = listing.find_last_cycle(), timezone.localtime(now)
    return Frame(
        section=section,
        today=dateformat.format(local, pgettext("how today is written", "l j F Y")),
        assessed=instant(cycle.as_of, now=now) if cycle else None,
        playbook=version_name(cycle.playbook_name, cycle.playbook_number) if cycle else "",
    )


def version_name(name: str, number: int) -> str:
    """Return what a version of a playbook is called."""
    return _("%(playbook)s, version %(number)s") % {"playbook": name, "number": number}


def instant(at: datetime, *, now: datetime) -> Instant:
    """Return an instant as its distance from ``now``."""
    return Instant(text=wording.distance(at, now=now), exact=wording.moment(at), iso=at.isoformat())


def maybe_instant(at: datetime | None, *, now: datetime) -> Instant | None:
    """Return an instant as its distance from ``now``, or None."""
    return instant(at, now=now) if at else None


def recent(at: datetime, *, now: datetime) -> Instant:
    """Return an instant as its distance from ``now`` within a week, else as its day."""
    return instant(at, now=now) if abs(now - at) < timedelta(days=7) else on_day(at)


def on_day(at: datetime) -> Instant:
    """Return an instant as its day."""
    return Instant(text=wording.day(at), exact=wording.moment(at), iso=at.isoformat())


def extent(first: int, last: int, total: str) -> str:
    """Return which rows of how many a page shows."""
    return _("%(first)s to %(last)s of %(total)s") % {
        "first": wording.number(first),
        "last": wording.number(last),
        "total": total,
    }


def group_badge(group: str) -> Badge:
    """Return the badge that says where a lead stands."""
    return Badge(text=wording.GROUPS[group], tone=TONES[group])


def group_url(group: str, **filters: Any) -> str:
    """Return the address of the list of a group's leads."""
    return leads_url(group=group, **filters)


def leads_url(**filters: Any) -> str:
    """Return the address of the list of the leads under these filters; None asks for leads that have none."""
    return reverse("web:leads") + ("?" + urlencode(given) if (given := without_none(filters)) else "")


def leads_where(pairs: Iterable[tuple[str, str | None]]) -> str:
    """Return the address of the list under names and values; the same name twice widens."""
    given = [(name, listing.NONE if value is None else value) for name, value in pairs]
    return f"{reverse('web:leads')}?{urlencode(given)}"


def without_none(filters: dict[str, Any]) -> dict[str, Any]:
    """Return the filters with None written as the lists write it."""
    return {name: listing.NONE if value is None else value for name, value in filters.items()}
