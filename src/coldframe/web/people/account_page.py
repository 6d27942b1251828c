"""What the page of one's own account shows: the profile, the second factor, where one is signed in."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.internal import flows
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest
from django.utils.translation import gettext as _

from coldframe.handoff import zones
from coldframe.team import operations, queries
from coldframe.team.rights import Person
from coldframe.web.pages import parts
from coldframe.web.people import words

#: Beside the cities, the zone that has no summer time.
UTC = "UTC"
#: Sessions that the page shows.
MOST = 50
#: What browsers and systems call themselves, and are called; the first that is found is it, for they claim to be others.
BROWSERS = (
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox")),
    *(("Chrome/", "Chrome"), ("CriOS/", "Chrome"), ("Safari/", "Safari")),
)
SYSTEMS = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows")),
    *(("Mac OS", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)


@dataclass(frozen=True, kw_only=True)
class Session:
    """One browser in which somebody is signed in."""

    browser: str
    address: str
    since: parts.Instant
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class AccountPage:
    """The page."""

    frame: parts.Frame
    username: str
    name: str
    email: str
    role: str
    rep: str
    zone: str
    language: str
    zones: tuple[str, ...]
    #: By which whoever states none reads.
    house_zone: str
    languages: tuple[tuple[str, str], ...]
    has_password: bool
    has_second_factor: bool
    sessions: tuple[Session, ...]


def build(
    request: HttpRequest, user_id: int, *, now: datetime, typed: Mapping[str, str] | None = None
) -> AccountPage:
    """Return the page; what was typed and refused stands in it as it was typed."""
    line = queries.find_line(user_id)
    user = request.user
    assert line is not None  # noqa: S101 - Whoever asks has signed in.
    assert isinstance(user, AbstractUser)  # noqa: S101
    kept = {
        "name": line.name,
        "email": line.email,
        "zone": line.zone,
        "language": line.language,
        **(typed or {}),
    }
    return AccountPage(
        frame=parts.build_frame(section="account", now=now),
        username=line.username,
        role=str(words.ROLES[line.role]),
        rep=line.rep,
        zones=all_zones(),
        house_zone=zones.of_the_house().key,
        languages=tuple(settings.LANGUAGES),
        has_password=line.has_password,
        has_second_factor=is_mfa_enabled(user),
        sessions=tuple(list_sessions(request, user_id, now=now)),
        **kept,
    )


@cache
def all_zones() -> tuple[str, ...]:
    """Return the zones that somebody may live in, by the names of cities."""
    found = (zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return (UTC, *sorted(found))


def list_sessions(request: HttpRequest, user_id: int, *, now: datetime) -> list[Session]:
    """Return where somebody is signed in, the newest first."""
    rows = UserSession.objects.filter(user_id=user_id).order_by("-created_at", "-pk")[:MOST]
    return [
        Session(
            browser=browser_of(row.user_agent),
            address=row.ip,
            since=parts.instant(row.created_at, now=now),
            is_current=row.session_key == request.session.session_key,
        )
        for row in rows
    ]


def browser_of(agent: str) -> str:
    """
    Return which browser on which system says so, as far as it can be told.

    >>> browser_of("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36")
    'Chrome, Linux'
    """
    browser = next((name for mark, name in BROWSERS if mark in agent), agent[:60])
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return ", ".join(each for each in (browser, system) if each) or _("a browser that does not say")


def end_other_sessions(request: HttpRequest, *, by: Person, at: datetime) -> None:
    """Sign somebody out everywhere but here, and write it down."""
    if by.id is None or not isinstance(request.user, AbstractUser):
        return
    flows.sessions.end_other_sessions(request, request.user)
    operations.note(by=by, what="person.sessions_ended", at=at, subject=request.user.username)
