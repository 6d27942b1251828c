"""Every read about people: who they are, whether anybody may sign in yet, and what was done."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.hashers import is_password_usable
from django.db import connection
from django.db.models import Q, QuerySet

from coldframe.team.models import ApiKey, LogEntry, User
from coldframe.team.rights import RIGHTS, Person, Right, Role, person

#: Entries of the log that are in memory at once.
LOG_PART = 1_000
#: Words and names that a list of choices holds.
MOST_VALUES = 500


@dataclass(frozen=True, kw_only=True)
class PersonLine:
    """Somebody as a list shows them."""

    id: int
    username: str
    name: str
    email: str
    role: Role
    rep: str
    zone: str
    language: str
    is_active: bool
    #: False for somebody who was invited and has not come yet, or who comes by single sign-on alone.
    has_password: bool
    last_seen_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class KeyLine:
    """A program's key as a list shows it."""

    id: int
    name: str
    prefix: str
    role: Role
    made_by: str
    made_at: datetime
    #: To the hour; None: it was never used.
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """One thing that was done."""

    id: int
    at: datetime
    by: str
    what: str
    subject: str
    details: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class LogFilter:
    """Which entries of the log are asked for; what is empty is not asked."""

    by: str = ""
    #: A word such as ``lead.viewed``, or its beginning up to a dot, such as ``lead``.
    what: str = ""
    subject: str = ""
    #: A day in UTC.
    on: date | None = None
    #: Nothing that has this id or a later one.
    before: int | None = None


def has_people() -> bool:
    """Return whether anybody has a login; from then on everybody signs in."""
    return User.objects.exists()


def has_usable_admin() -> bool:
    """Return whether an active admin has a password, so that the pages can be left to sign-in alone."""
    hashes = User.objects.filter(is_active=True, role=Role.ADMIN.value).values_list("password", flat=True)
    return any(is_password_usable(each) for each in hashes if each)


def person_of_user(user: User) -> Person:
    """Return a user as the one who asks."""
    return person(
        id=user.pk,
        name=name_of(user),
        role=Role(user.role),
        rep=user.rep,
        zone=user.zone,
        language=user.language,
    )


def name_of(user: User) -> str:
    """Return how somebody is named to others."""
    return user.get_full_name() or user.username


def find_line(user_id: int) -> PersonLine | None:
    """Return somebody by their id; None: there is nobody."""
    found = User.objects.filter(pk=user_id).first()
    return as_line(found) if found else None


def find_by_login(login: str) -> PersonLine | None:
    """Return somebody by user name or e-mail address, whatever the case; None: there is nobody."""
    found = User.objects.filter(username__iexact=login).first()
    if found is None and login:
        found = User.objects.filter(email__iexact=login).first()
    return as_line(found) if found else None


def find_user_for_single_sign_on(emails: Iterable[str]) -> User | None:
    """Return the active user whom one of these addresses belongs to; they must have been verified."""
    for email in emails:
        found = User.objects.filter(email__iexact=email, is_active=True).first() if email else None
        if found is not None:
            return found
    return None


def list_people() -> list[PersonLine]:
    """Return everybody, those who may sign in first, by name."""
    found = [as_line(user) for user in User.objects.order_by("username", "pk")]
    return sorted(found, key=lambda line: (not line.is_active, line.name.casefold(), line.id))


def list_reps() -> list[tuple[str, str]]:
    """Return who may answer for sales: the name under which leads are theirs, and how they are called."""
    rows = User.objects.filter(is_active=True).exclude(rep="").order_by("rep", "pk")
    return [(user.rep, name_of(user)) for user in rows]


def is_kept_out(rep: str) -> bool:
    """Return whether everybody who had this name as a rep may sign in no more; one without a login is not kept out."""
    states = set(User.objects.filter(rep=rep).values_list("is_active", flat=True)) if rep else set()
    return states == {False}


def may_answer_for_others(*, rep: str, email: str) -> bool:
    """Return whether somebody who may sign in with this name as a rep, or at this address, answers for others too."""
    roles = [role.value for role in Role if Right.RUN_DESK in RIGHTS[role]]
    who = Q(email__iexact=email) | (Q(rep=rep) if rep else Q(pk__in=[]))
    return User.objects.filter(who, is_active=True, role__in=roles).exists()


def as_line(user: User) -> PersonLine:
    """Return a user as a line of the list."""
    return PersonLine(
        id=user.pk,
        username=user.username,
        name=name_of(user),
        email=user.email,
        role=Role(user.role),
        rep=user.rep,
        zone=user.zone,
        language=user.language,
        is_active=user.is_active,
        has_password=bool(user.password) and user.has_usable_password(),
        last_seen_at=user.last_login,
    )


def list_keys() -> list[KeyLine]:
    """Return the keys of programs, those that work first, the newest first."""
    rows = ApiKey.objects.order_by("-made_at", "-pk")
    found = [
        KeyLine(
            id=key.pk,
            name=key.name,
            prefix=key.prefix,
            role=Role(key.role),
            made_by=key.made_by,
            made_at=key.made_at,
            last_used_at=key.last_used_at,
            revoked_at=key.revoked_at,
        )
        for key in rows
    ]
    return sorted(found, key=lambda line: line.revoked_at is not None)


def list_log(asked: LogFilter, *, limit: int) -> list[LogLine]:
    """Return what was done, the latest first; the next page comes before the last of these."""
    return [as_log_line(row) for row in entries(asked).order_by("-pk")[:limit]]


def iterate_log(asked: LogFilter) -> Iterator[LogLine]:
    """Yield all that was done, the latest first, without holding it in memory."""
    before = asked.before
    while True:
        part = list_log(dataclasses.replace(asked, before=before), limit=LOG_PART)
        yield from part
        if len(part) < LOG_PART:
            return
        before = part[-1].id


def list_log_words() -> list[str]:
    """Return the words of what was done, each once."""
    return each_once("what")


def list_log_names() -> list[str]:
    """Return the names of those who did something, each once."""
    return each_once("by")


def each_once(column: str) -> list[str]:
    """Return the values of an indexed column, each once: from one to the next along the index, not over every row."""
    table, quote = LogEntry._meta.db_table, connection.ops.quote_name
    name = quote(column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE found(value) AS (SELECT min({name}) FROM {table} UNION ALL "
            f"SELECT (SELECT min({name}) FROM {table} WHERE {name} > found.value) FROM found "
            f"WHERE found.value IS NOT NULL) SELECT value FROM found WHERE value IS NOT NULL LIMIT {MOST_VALUES}"
        )
        return [str(value) for (value,) in cursor.fetchall()]


def entries(asked: LogFilter) -> QuerySet[LogEntry]:
    """Return the rows that are asked for, in no order."""
    rows = LogEntry.objects.all()
    if asked.by:
        rows = rows.filter(by=asked.by)
    if asked.what:
        rows = (
            rows.filter(what=asked.what)
            if "." in asked.what
            else rows.filter(what__startswith=f"{asked.what}.")
        )
    if asked.subject:
        rows = rows.filter(subject=asked.subject)
    if asked.on is not None:
        begin = datetime.combine(asked.on, time.min, tzinfo=UTC)
        rows = rows.filter(at__gte=begin, at__lt=begin + timedelta(days=1))
    if asked.before is not None:
        rows = rows.filter(pk__lt=asked.before)
    return rows


def as_log_line(row: LogEntry) -> LogLine:
    """Return an entry as a line of the list."""
    return LogLine(id=row.pk, at=row.at, by=row.by, what=row.what, subject=row.subject, details=row.details)
