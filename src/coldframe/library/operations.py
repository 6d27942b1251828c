"""Publish playbooks and make one active. A published version is never changed."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from coldframe.kernel.playbook.model import Playbook
from coldframe.library import compiled, queries, starters
from coldframe.library.models import PlaybookActivation, PlaybookVersion
from coldframe.storage import locks

ORIGIN_LENGTH = 255
NAME_LENGTH = 150
WHY_LENGTH = 500
#: Held while another version may become the active one.
ACTIVATION = "playbook:active"


def publish_playbook(*, text: str, at: datetime, origin: str = "") -> PlaybookVersion:
    """
    Return the version with this text, made with the next number unless it is there already.

    Raises ``PlaybookInvalid`` for a text that is no playbook. ``origin`` says where the text came from: a
    file name, or the starter.
    """
    # Liquid takes a quarter of a second to import, which only who publishes has to pay.
    from coldframe.library import examining

    playbook = examining.parse(text, file=origin or "playbook.yaml")
    try:
        return find_or_create(playbook=playbook, text=text, at=at, origin=origin)
    except IntegrityError:
        # Somebody else published in this moment: the same text, or another under the same number.
        return find_or_create(playbook=playbook, text=text, at=at, origin=origin)


def find_or_create(*, playbook: Playbook, text: str, at: datetime, origin: str) -> PlaybookVersion:
    text_hash = compiled.hash_of(text)
    with transaction.atomic():
        known = PlaybookVersion.objects.filter(text_hash=text_hash).first()
        if known is not None:
            return known
        highest = PlaybookVersion.objects.aggregate(highest=Max("number"))["highest"] or 0
        return PlaybookVersion.objects.create(
            number=highest + 1,
            name=playbook.name,
            text=text,
            text_hash=text_hash,
            published_at=at,
            origin=origin[-ORIGIN_LENGTH:],
        )


def activate_playbook(
    *, number: int, at: datetime, by: str | None = None, why: str | None = None
) -> PlaybookVersion:
    """Make a version the active one, and return it; raise ``NoSuchVersion`` for a number that none has."""
    with transaction.atomic():
        hold_activation()
        version = PlaybookVersion.objects.filter(number=number).first()
        if version is None:
            raise queries.no_such_version(number)
        last = PlaybookActivation.objects.order_by("-id").first()
        if last is None or last.version_id != version.pk:
            PlaybookActivation.objects.create(
                version=version,
                activated_at=at,
                activated_by=by[:NAME_LENGTH] if by else None,
                why=why[:WHY_LENGTH] if why else None,
            )
        return version


def hold_activation() -> None:
    """Hold to the end of the transaction which version is the active one, so that whoever looked is told of a change."""
    locks.hold([ACTIVATION])


def ensure_active_playbook(*, at: datetime) -> queries.ActivePlaybook:
    """Return the active playbook; where none is, publish the default and make it active."""
    if not PlaybookActivation.objects.exists():
        version = publish_playbook(
            text=starters.read(starters.DEFAULT), at=at, origin=f"starter {starters.DEFAULT}"
        )
        activate_playbook(number=version.number, at=at)
    return queries.get_active_playbook()
