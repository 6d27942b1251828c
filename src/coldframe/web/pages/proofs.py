"""Links of messages that are somebody's proof: who reads a message is shown only those that say what they may say too."""

from __future__ import annotations

import re

from coldframe.team.rights import Person, Right

#: First part of a link's path -> the right to do by oneself what the link does.
RIGHTS = {
    "a": Right.RUN_DESK,  # answers a handoff in its owner's name
    "u": Right.EDIT_LEADS,  # opts out
    "p": Right.EDIT_LEADS,  # sets what may be sent
    "r": Right.EDIT_LEADS,  # ends a pause
    "c": Right.MANAGE,  # proves that the address's owner agreed
}
LINK = re.compile(rf"/([{''.join(RIGHTS)}])/([^\s\"'<>]{{8,}})", re.IGNORECASE)
HIDDEN = "…"


def hidden(text: str, *, person: Person) -> str:
    """
    Return a text without the proofs of links whose right a person lacks; the rest as it is.

    >>> from coldframe.team.rights import Role, person
    >>> hidden("https://x.example/a/AbCdEfGh12", person=person(id=1, name="Ola", role=Role.VIEWER))
    'https://x.example/a/…'
    """
    return LINK.sub(
        lambda found: found[0] if person.may(RIGHTS[found[1].lower()]) else f"/{found[1]}/{HIDDEN}", text
    )
