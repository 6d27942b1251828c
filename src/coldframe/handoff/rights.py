"""Whose a handoff is to answer."""

from __future__ import annotations

from coldframe.handoff.queries import HandoffRow
from coldframe.team.rights import Person, Right


def may_answer(person: Person, row: HandoffRow, *, rep: str | None = None) -> bool:
    """
    Return whether a person may answer a handoff: their own, one that nobody in particular has, or with the right, any.

    ``rep``: in whose name, where that is not the person's own.
    """
    if person.may(Right.RUN_DESK):
        return True
    name = person.rep if rep is None else rep
    return person.may(Right.ANSWER) and (row.owner is None or (bool(name) and row.owner == name))
