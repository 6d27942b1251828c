"""Second factors of people, which allauth keeps: whether somebody has one, and taking it away from who lost it."""

from __future__ import annotations

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction

from coldframe.team import operations
from coldframe.team.rights import Person


def list_users() -> set[int]:
    """Return who has a second factor."""
    rows = Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES)
    return set(rows.values_list("user_id", flat=True))


def drop(user_id: int, *, by: Person, at: datetime) -> bool:
    """
    Take somebody's second factor and their recovery codes away; return whether they had any.

    Raises ``NoSuchPerson``.
    """
    with transaction.atomic():
        user = operations.get(user_id)
        count, _rows = Authenticator.objects.filter(user_id=user.pk).delete()
        if count:
            operations.note(by=by, what="person.second_factor_dropped", at=at, subject=user.username)
    return bool(count)
