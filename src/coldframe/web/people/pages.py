"""What the pages about people and keys show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.handoff import zones
from coldframe.kernel.vocabulary import Refusal
from coldframe.reports.columns import Column
from coldframe.team import queries, second_factors
from coldframe.team.queries import KeyLine, PersonLine
from coldframe.team.rights import Role
from coldframe.web.pages import parts
from coldframe.web.people import words
from coldframe.web.people.account_page import all_zones
from coldframe.web.people.asking import LOOPBACK

#: The largest id that a database keeps.
LARGEST = 2**63 - 1
SECOND_FACTOR = "has_second_factor"
FILE = (
    Column("username", "User name"),
    Column("name", "Name"),
    Column("email", "Email"),
    Column("role", "Role"),
    Column("rep", "Owner"),
    Column("zone", "Time zone"),
    Column("language", "Language"),
    Column("is_active", "May sign in"),
    Column(SECOND_FACTOR, "Second factor"),
    Column("last_seen_at", "Last here at"),
)
#: Of keys; the key itself is not kept, and how it begins is nobody's business in a file.
KEYS_FILE = (
    Column("name", "Program"),
    Column("role", "Role"),
    Column("made_by", "Made by"),
    Column("made_at", "Made at"),
    Column("last_used_at", "Last used at"),
    Column("revoked_at", "Revoked at"),
)


class NotTheSame(Refusal):
    """The password was typed in two ways."""


class NoRole(Refusal):
    """There is no such role."""


@dataclass(frozen=True, kw_only=True)
class SetUp:
    """The page on which the first admin is made: what was typed so far."""

    username: str
    name: str
    email: str


@dataclass(frozen=True, kw_only=True)
class RoleChoice:
    """One role, and what it is for."""

    value: str
    label: str | Promise
    purpose: str | Promise


@dataclass(frozen=True, kw_only=True)
class PersonRow:
    """Somebody in the list."""

    href: str
    name: str
    login: str
    role: str | Promise
    rep: str
    state: parts.Badge
    has_second_factor: bool
    seen: parts.Instant | None


@dataclass(frozen=True, kw_only=True)
class PeoplePage:
    """Everybody."""

    frame: parts.Frame
    sentence: str
    rows: tuple[PersonRow, ...]
    roles: tuple[RoleChoice, ...]
    typed: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class PersonPage:
    """Somebody."""

    frame: parts.Frame
    line: PersonLine
    role: str
    roles: tuple[RoleChoice, ...]
    zones: tuple[str, ...]
    #: By which whoever states none reads.
    house_zone: str
    languages: tuple[tuple[str, str], ...]
    has_second_factor: bool
    log_href: str


@dataclass(frozen=True, kw_only=True)
class LinkPage:
    """A link by which somebody chooses a password, shown this once."""

    frame: parts.Frame
    line: PersonLine
    link: str


@dataclass(frozen=True, kw_only=True)
class KeyRow:
    """A program's key in the list."""

    line: KeyLine
    role: str | Promise
    made: parts.Instant
    used: parts.Instant | None
    is_revoked: bool


@dataclass(frozen=True, kw_only=True)
class KeysPage:
    """The keys of programs."""

    frame: parts.Frame
    sentence: str
    rows: tuple[KeyRow, ...]
    roles: tuple[RoleChoice, ...]


def same_twice(password: str, again: str) -> str:
    """Return a password that was typed twice; raise ``NotTheSame`` where it was typed in two ways."""
    if password != again:
        raise NotTheSame(_("The two passwords are not the same."), advice=_("Type the same one twice."))
    return password


def role_of(text: str) -> Role:
    """Return the role that a form names. Raises ``NoRole``."""
    try:
        return Role(text)
    except ValueError as error:
        names = ", ".join(each.value for each in Role)
        raise NoRole(_("There is no such role."), where="role", expected=names, got=text[:50]) from error


def roles() -> tuple[RoleChoice, ...]:
    """Return every role to choose from."""
    return tuple(
        RoleChoice(value=role.value, label=words.ROLES[role], purpose=words.PURPOSES[role]) for role in Role
    )


def small(number: int) -> int:
    """Return a number from an address as one that a database can look for."""
    return min(number, LARGEST)


def build_people(*, now: datetime, typed: Mapping[str, str]) -> PeoplePage:
    """Return the page of everybody."""
    lines, protected = queries.list_people(), second_factors.list_users()
    active = [line for line in lines if line.is_active]
    without = sum(line.id not in protected for line in active)
    return PeoplePage(
        frame=parts.build_frame(section="people", now=now),
        sentence=sentence(len(active), without=without),
        rows=tuple(as_row(line, now=now, is_protected=line.id in protected) for line in lines),
        roles=roles(),
        typed=typed,
    )


def file_rows() -> Iterator[list[Any]]:
    """Yield everybody in the order of the columns of a file."""
    protected = second_factors.list_users()
    for line in queries.list_people():
        yield [
            line.id in protected if each.key == SECOND_FACTOR else getattr(line, each.key) for each in FILE
        ]


def key_rows() -> Iterator[list[Any]]:
    """Yield the keys of programs in the order of the columns of their file."""
    for line in queries.list_keys():
        yield [getattr(line, each.key) for each in KEYS_FILE]


def sentence(count: int, *, without: int) -> str:
    """Return how many may sign in, and how many of them whoever learns their password can be."""
    said = ngettext("%(count)s person may sign in", "%(count)s people may sign in", count) % {"count": count}
    if not without:
        return said + _(", everybody with a second factor.")
    return said + ngettext(
        "; %(without)s without a second factor.", "; %(without)s without a second factor.", without
    ) % {"without": without}


def as_row(line: PersonLine, *, now: datetime, is_protected: bool) -> PersonRow:
    """Return somebody as a row."""
    return PersonRow(
        href=reverse("web:person", args=[line.id]),
        name=line.name,
        login=" · ".join(each for each in (line.username, line.email) if each),
        role=words.ROLES[line.role],
        rep=line.rep,
        state=state_of(line),
        has_second_factor=is_protected,
        seen=parts.maybe_instant(line.last_seen_at, now=now),
    )


def state_of(line: PersonLine) -> parts.Badge:
    """Return whether somebody may sign in, and can."""
    if not line.is_active:
        return parts.Badge(text=_("may not sign in"), tone="gray")
    if line.has_password or line.last_seen_at:
        return parts.Badge(text=_("may sign in"), tone="green")
    return parts.Badge(text=_("invited"), tone="yellow")


def find_one(user_id: int, *, now: datetime) -> PersonPage | None:
    """Return the page of somebody; None where there is nobody."""
    line = queries.find_line(small(user_id))
    if line is None:
        return None
    return PersonPage(
        frame=parts.build_frame(section="people", now=now),
        line=line,
        role=line.role.value,
        roles=roles(),
        zones=all_zones(),
        house_zone=zones.of_the_house().key,
        languages=tuple(settings.LANGUAGES),
        has_second_factor=line.id in second_factors.list_users(),
        log_href=f"{reverse('web:log')}?subject={line.username}",
    )


def build_link(user_id: int, *, link: str, now: datetime) -> LinkPage:
    """Return the page that shows a link this once."""
    line = queries.find_line(user_id)
    assert line is not None  # noqa: S101 - The link was made for them just now.
    return LinkPage(frame=parts.build_frame(section="people", now=now), line=line, link=link)


def link(request: HttpRequest, token: str) -> str:
    """Return the whole address of a link: under the name that others know this by, else the one that is asked."""
    path = reverse("web:invitation", args=[token])
    known = urlsplit(settings.BASE_URL).hostname
    return request.build_absolute_uri(path) if known in {*LOOPBACK, "::1"} else settings.BASE_URL + path


def build_keys(*, now: datetime) -> KeysPage:
    """Return the page of the keys."""
    lines = queries.list_keys()
    working = sum(line.revoked_at is None for line in lines)
    said = ngettext("%(count)s key works.", "%(count)s keys work.", working) % {"count": working}
    return KeysPage(
        frame=parts.build_frame(section="people", now=now),
        sentence=said if working else _("No program has a key."),
        rows=tuple(
            KeyRow(
                line=line,
                role=words.ROLES[line.role],
                made=parts.recent(line.made_at, now=now),
                used=parts.maybe_instant(line.last_used_at, now=now),
                is_revoked=line.revoked_at is not None,
            )
            for line in lines
        ),
        roles=roles(),
    )
