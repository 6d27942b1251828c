"""Have another version of the playbook decide: it becomes the active one, and every account is due."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads import due
from coldframe.library import drafting, operations, queries

#: An SQL condition that every account meets.
EVERY = "1 = 1"


class PlaybookMoved(Refusal):
    """Another version is the active one than whoever decides has seen."""


def activate_draft(
    *, mark: str, seen_number: int, by: str, at: datetime, why: str = ""
) -> queries.ActivePlaybook:
    """
    Publish the draft, make it the active version and return it; the next cycles decide by it.

    ``seen_number`` is the version that was active when its effect was looked at. Nothing is sent by this. Raises
    ``PlaybookMoved``, ``NoDraft``, ``DraftChanged``, ``PlaybookInvalid``; then nothing has changed.
    """
    with transaction.atomic():
        require_seen(seen_number)
        version = drafting.publish_draft(mark=mark, at=at)
        return made_active(version.number, by=by, at=at, why=why)


def activate_version(
    *, number: int, seen_number: int, by: str, at: datetime, why: str = ""
) -> queries.ActivePlaybook:
    """Make a published version the active one again; as ``activate_draft``. Raises ``NoSuchVersion``, ``PlaybookMoved``."""
    with transaction.atomic():
        require_seen(seen_number)
        return made_active(number, by=by, at=at, why=why)


def require_seen(number: int) -> None:
    """Raise ``PlaybookMoved`` where another version is active; where it is, none becomes so until the transaction ends."""
    operations.hold_activation()
    active = queries.get_active_playbook()
    if active.number != number:
        raise PlaybookMoved(
            f"Version {active.number} has become the active one since you looked.",
            expected=f"version {number}",
            got=f"version {active.number}",
            advice="Look at what changes now, then decide again.",
        )


def made_active(number: int, *, by: str, at: datetime, why: str) -> queries.ActivePlaybook:
    operations.activate_playbook(number=number, at=at, by=by, why=why)
    # What a version says otherwise may concern anybody; a cycle that finds nothing changed writes nothing.
    due.mark_due_where(EVERY, at=at)
    return queries.get_active_playbook()
