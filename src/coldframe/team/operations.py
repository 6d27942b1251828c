"""Every write about people: who they are, what they may do, and what they did."""

from __future__ import annotations

import hashlib
import secrets
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from coldframe.kernel.vocabulary import Refusal
from coldframe.storage import locks
from coldframe.team.models import ApiKey, LogEntry, User
from coldframe.team.rights import Person, Role, person

#: Held while somebody may come to be the first or the last admin.
ADMINS = "team:admins"
LONGEST_NAME = 150
#: Hashing takes time, which nobody else is to spend for us.
LONGEST_PASSWORD = 256
#: How every key of a program begins, so that people and scanners of leaked secrets know one when they see it.
KEY_MARK = "cfk_"
#: Characters of a key that are kept readable.
KEY_SHOWN = 10
LONGEST_KEY = 100
#: When a key was used last is kept this exactly, so that not every call writes.
USE_IS_KEPT_TO = timedelta(hours=1)


class NoSuchPerson(Refusal):
    """There is nobody by that id or name."""


class BadPerson(Refusal):
    """Something about a person cannot be so: a name, an address, a role, a zone, a language."""


class NameTaken(Refusal):
    """Somebody else signs in by that name or address."""


class WeakPassword(Refusal):
    """The password is too easy to guess, or too long to be one."""


class LastAdmin(Refusal):
    """Without this admin nobody could let people in any more."""


class BadKey(Refusal):
    """A key of a program cannot be so, or there is none of that number."""


@dataclass(frozen=True, kw_only=True)
class MadeKey:
    """A key of a program, which is shown once: nobody can read it again."""

    id: int
    name: str
    secret: str


class AlreadySetUp(Refusal):
    """The first admin has been made before."""


def note(
    *, by: Person, what: str, at: datetime, subject: str = "", details: Mapping[str, Any] | None = None
) -> None:
    """Write down what somebody looked at, took out or changed; never a personal value of a lead."""
    LogEntry.objects.create(
        at=at,
        user_id=by.id,
        by=by.name[:LONGEST_NAME],
        what=what,
        subject=subject,
        details=dict(details or {}),
    )


def set_up(*, username: str, name: str, email: str, password: str, by: Person, at: datetime) -> int:
    """
    Make the first admin, and return the id.

    Raises ``AlreadySetUp`` where there is somebody, and what ``create`` raises.
    """
    with transaction.atomic():
        locks.hold([ADMINS])
        if User.objects.exists():
            raise AlreadySetUp(
                _("Somebody has been set up here already."),
                advice=_("Sign in, or ask an admin to let you in."),
            )
        return create(
            username=username, name=name, email=email, role=Role.ADMIN, password=password, by=by, at=at
        )


def create(
    *, username: str, name: str, email: str, role: Role, by: Person, at: datetime, password: str | None = None
) -> int:
    """
    Let somebody in under a role, and return the id; without a password they come by a link (``invitations``).

    Raises ``BadPerson``, ``NameTaken`` and ``WeakPassword``.
    """
    user = User(username=username.strip(), first_name=clean_name(name), email=email.strip(), role=role.value)
    user.date_joined = at
    with transaction.atomic():
        locks.hold([ADMINS])
        check_login(user)
        put_password(user, password)
        user.save()
        note(by=by, what="person.created", at=at, subject=user.username, details={"role": role.value})
    return user.pk


def clean_name(name: str) -> str:
    """Return a name for people to read; raise ``BadPerson`` where it cannot be one."""
    cleaned = " ".join(name.split())
    if len(cleaned) > LONGEST_NAME or not cleaned.isprintable():
        raise BadPerson(
            _("The name cannot be shown."), where="name", expected=_("up to 150 characters that can be read")
        )
    return cleaned


def check_login(user: User) -> None:
    """Raise ``BadPerson`` or ``NameTaken`` unless the user name and the address are somebody's own."""
    try:
        UnicodeUsernameValidator()(user.username)
        if not 0 < len(user.username) <= LONGEST_NAME:
            raise ValidationError("")
    except ValidationError as error:
        raise BadPerson(
            _("The user name cannot be one."),
            where="username",
            expected=_("letters, digits and @ . + - _"),
            got=user.username[:LONGEST_NAME] or _("nothing"),
        ) from error
    try:
        if user.email:
            validate_email(user.email)
    except ValidationError as error:
        raise BadPerson(
            _("The e-mail address cannot be one."),
            where="email",
            expected="anna@example.com",
            got=user.email[:254],
        ) from error
    others = User.objects.exclude(pk=user.pk)
    names = [user.username, *([user.email] if user.email else [])]
    # A user name that is another's address would sign in as whoever is looked up first.
    if any(others.filter(username__iexact=each).exists() for each in names) or any(
        others.filter(email__iexact=each).exists() for each in names
    ):
        raise NameTaken(
            _("Somebody else signs in by that name or address."),
            where="username, email",
            got=", ".join(names),
        )


def put_password(user: User, password: str | None) -> None:
    """Set a password on a user, or none; raise ``WeakPassword`` with what to do better."""
    if password is None:
        user.set_unusable_password()
        return
    if len(password) > LONGEST_PASSWORD:
        raise WeakPassword(
            _("The password is too long."), where="password", expected=_("at most 256 characters")
        )
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise WeakPassword(
            _("The password is too easy to guess."), where="password", advice=" ".join(error.messages)
        ) from error
    user.set_password(password)


def set_password(user_id: int, *, password: str, by: Person, at: datetime) -> None:
    """
    Give somebody a new password; every session of theirs ends.

    Raises ``NoSuchPerson`` and ``WeakPassword``.
    """
    with transaction.atomic():
        user = get(user_id)
        put_password(user, password)
        user.save(update_fields=["password"])
        note(by=by, what="person.password_set", at=at, subject=user.username)


def change_role(user_id: int, *, role: Role, by: Person, at: datetime) -> None:
    """
    Give somebody another role.

    Raises ``NoSuchPerson``, and ``LastAdmin`` where no admin would be left.
    """
    with transaction.atomic():
        locks.hold([ADMINS])
        user = get(user_id)
        was = user.role
        if was == role.value:
            return
        if was == Role.ADMIN.value:
            require_another_admin(user)
        user.role = role.value
        user.save(update_fields=["role"])
        note(
            by=by,
            what="person.role_changed",
            at=at,
            subject=user.username,
            details={"from": was, "to": user.role},
        )


def deactivate(user_id: int, *, by: Person, at: datetime) -> None:
    """
    Keep somebody out from now on, in every session; what they did stays theirs. Nobody is deleted.

    Raises ``NoSuchPerson``, and ``LastAdmin`` where no admin would be left.
    """
    with transaction.atomic():
        locks.hold([ADMINS])
        user = get(user_id)
        if user.role == Role.ADMIN.value:
            require_another_admin(user)
        switch(user, is_active=False, by=by, at=at)


def reactivate(user_id: int, *, by: Person, at: datetime) -> None:
    """Let somebody in again. Raises ``NoSuchPerson``."""
    with transaction.atomic():
        switch(get(user_id), is_active=True, by=by, at=at)


def switch(user: User, *, is_active: bool, by: Person, at: datetime) -> None:
    """Write down whether somebody may sign in, where that changes."""
    if user.is_active == is_active:
        return
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    what = "person.reactivated" if is_active else "person.deactivated"
    note(by=by, what=what, at=at, subject=user.username)


def require_another_admin(user: User) -> None:
    """Raise ``LastAdmin`` unless somebody else who may sign in is an admin."""
    others = User.objects.filter(role=Role.ADMIN.value, is_active=True).exclude(pk=user.pk)
    if user.is_active and not others.exists():
        raise LastAdmin(
            _("This is the last admin."),
            got=user.username,
            advice=_("Make somebody else an admin first; else nobody could let people in any more."),
        )


def update_profile(
    user_id: int,
    *,
    by: Person,
    at: datetime,
    name: str | None = None,
    email: str | None = None,
    rep: str | None = None,
    zone: str | None = None,
    language: str | None = None,
    role: Role | None = None,
) -> None:
    """
    Change what is known of somebody, all of it or nothing; None leaves a thing as it is.

    Raises ``NoSuchPerson``, ``BadPerson``, ``NameTaken`` and ``LastAdmin``.
    """
    given = {"first_name": name, "email": email, "rep": rep, "zone": zone, "language": language}
    with transaction.atomic():
        locks.hold([ADMINS])
        user = get(user_id)
        if role is not None:
            change_role(user_id, role=role, by=by, at=at)
        changed = []
        for field, value in given.items():
            if value is not None and getattr(user, field) != value.strip():
                setattr(user, field, value.strip())
                changed.append(field)
        if not changed:
            return
        check_profile(user)
        user.last_name = "" if name is not None else user.last_name
        user.save(update_fields=[*changed, "last_name"])
        said = ["name" if field == "first_name" else field for field in changed]
        note(by=by, what="person.changed", at=at, subject=user.username, details={"fields": said})


def check_profile(user: User) -> None:
    """Raise ``BadPerson`` or ``NameTaken`` unless all that is known of somebody can be so."""
    user.first_name, user.rep = clean_name(user.first_name), clean_name(user.rep)
    check_login(user)
    if user.zone and user.zone not in zoneinfo.available_timezones():
        raise BadPerson(
            _("There is no such time zone."), where="zone", expected="Europe/Berlin", got=user.zone[:64]
        )
    if user.language and user.language not in dict(settings.LANGUAGES):
        names = ", ".join(code for code, _name in settings.LANGUAGES)
        raise BadPerson(
            _("There is no such language."), where="language", expected=names, got=user.language[:16]
        )


def get(user_id: int) -> User:
    """Return somebody, held to the end of the transaction. Raises ``NoSuchPerson``."""
    found = User.objects.select_for_update().filter(pk=user_id).first()
    if found is None:
        raise NoSuchPerson(_("There is no such person."), got=str(user_id))
    return found


def make_key(*, name: str, role: Role, by: Person, at: datetime) -> MadeKey:
    """
    Let a program in under a role, and return its key; only a digest is kept.

    Raises ``BadKey``.
    """
    cleaned = " ".join(name.split())
    if not 0 < len(cleaned) <= LONGEST_KEY or not cleaned.isprintable():
        raise BadKey(
            _("The key needs a name that says which program has it."),
            where="name",
            expected=_("1 to 100 characters that can be read"),
        )
    secret = KEY_MARK + secrets.token_urlsafe(32)
    with transaction.atomic():
        made = ApiKey.objects.create(
            name=cleaned,
            prefix=secret[:KEY_SHOWN],
            digest=digest_of(secret),
            role=role.value,
            made_by=by.name[:LONGEST_NAME],
            made_at=at,
        )
        said = {"name": cleaned, "role": role.value}
        note(by=by, what="key.made", at=at, subject=made.prefix, details=said)
    return MadeKey(id=made.pk, name=cleaned, secret=secret)


def revoke_key(key_id: int, *, by: Person, at: datetime) -> None:
    """
    Let a program in no more, from its next call on.

    Raises ``BadKey`` where there is no such key; one that was revoked before stays as it is.
    """
    with transaction.atomic():
        found = ApiKey.objects.select_for_update().filter(pk=key_id).first()
        if found is None:
            raise BadKey(_("There is no such key."), got=str(key_id))
        if found.revoked_at is None:
            found.revoked_at = at
            found.save(update_fields=["revoked_at"])
            note(by=by, what="key.revoked", at=at, subject=found.prefix, details={"name": found.name})


def person_of_key(secret: str, *, at: datetime) -> Person | None:
    """Return the program that has this key as the one who asks; None where there is none. Notes its use, to the hour."""
    if not secret.startswith(KEY_MARK) or len(secret) > LONGEST_KEY:
        return None
    found = ApiKey.objects.filter(digest=digest_of(secret), revoked_at=None).first()
    if found is None:
        return None
    if found.last_used_at is None or at - found.last_used_at >= USE_IS_KEPT_TO:
        unseen = Q(last_used_at=None) | Q(last_used_at__lte=at - USE_IS_KEPT_TO)
        ApiKey.objects.filter(unseen, pk=found.pk).update(last_used_at=at)
    return person(id=None, name=f"{found.name} ({found.prefix}…)", role=Role(found.role))


def digest_of(secret: str) -> str:
    """Return what is kept of a key."""
    return hashlib.sha256(secret.encode()).hexdigest()
