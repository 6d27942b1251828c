"""Links by which somebody chooses a password: for whoever is let in, and for whoever has lost theirs. Each works once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.core import signing
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from coldframe.kernel.vocabulary import Refusal
from coldframe.team import operations, queries
from coldframe.team.models import User
from coldframe.team.queries import PersonLine
from coldframe.team.rights import Person

SALT = "coldframe.team.invitations"
LASTS = timedelta(days=7)
#: No link of ours is longer.
LONGEST = 500


class LinkSpent(Refusal):
    """The link was used, has expired, or is none of ours."""


def make(user_id: int, *, by: Person, at: datetime) -> str:
    """
    Return what stands in a link by which this person chooses a password; whoever reads it can be them.

    Raises ``NoSuchPerson``.
    """
    with transaction.atomic():
        user = operations.get(user_id)
        operations.note(by=by, what="person.link_made", at=at, subject=user.username)
    until = int((at + LASTS).timestamp())
    return signing.dumps({"user": user.pk, "mark": mark_of(user), "until": until}, salt=SALT)


def find(token: str, *, at: datetime) -> PersonLine | None:
    """Return whose link this is; None where it was used, has expired, or is none of ours."""
    user = user_of(token, at=at)
    return queries.as_line(user) if user else None


def accept(token: str, *, password: str, at: datetime) -> None:
    """
    Give the owner of a link the password they chose; the link is spent, and their sessions end.

    Raises ``LinkSpent`` and ``WeakPassword``.
    """
    with transaction.atomic():
        user = user_of(token, at=at)
        if user is None or mark_of(operations.get(user.pk)) != mark_of(user):
            raise LinkSpent(
                _("This link has been used or has expired."), advice=_("Ask an admin for another one.")
            )
        operations.set_password(user.pk, password=password, by=queries.person_of_user(user), at=at)


def user_of(token: str, *, at: datetime) -> User | None:
    """Return the active user of a link that still works."""
    try:
        said = signing.loads(token[:LONGEST], salt=SALT)
    except signing.BadSignature:
        return None
    if datetime.fromtimestamp(said["until"], tz=UTC) < at:
        return None
    user = User.objects.filter(pk=said["user"], is_active=True).first()
    return user if user and mark_of(user) == said["mark"] else None


def mark_of(user: User) -> str:
    """Return what changes when somebody chooses a password or signs in, so that a link works once."""
    seen = user.last_login.isoformat() if user.last_login else ""
    return salted_hmac(SALT, f"{user.pk} {user.password} {seen}").hexdigest()[:32]
