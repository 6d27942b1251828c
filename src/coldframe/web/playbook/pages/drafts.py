"""The draft as every page of the playbook names it: who, when, from which version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from coldframe.library import queries
from coldframe.web.pages import parts


@dataclass(frozen=True, kw_only=True)
class Box:
    """The draft that is open."""

    mark: str
    base_number: int
    saved_by: str
    saved: parts.Instant
    #: The version that is active now is not the one it was begun from.
    is_behind: bool
    active_number: int


def find(*, active_number: int, now: datetime) -> Box | None:
    """Return the draft that is open, or None."""
    draft = queries.find_draft()
    return box(draft, active_number=active_number, now=now) if draft else None


def box(draft: queries.Draft, *, active_number: int, now: datetime) -> Box:
    """Return a draft as pages name it."""
    return Box(
        mark=draft.mark,
        base_number=draft.base_number,
        saved_by=draft.saved_by,
        saved=parts.instant(draft.saved_at, now=now),
        is_behind=draft.base_number != active_number,
        active_number=active_number,
    )
