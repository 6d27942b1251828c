"""
Whom a touch's mail is for, as whoever keeps the touches says it; what arrives about a mail names the touch alone.

The tables of touches lie above this package, so that whoever joins digesters to the worker hands the look-up in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

#: The touch's id is how a Message-ID of ours begins; a token and the sender's domain follow.
OUR_MESSAGE_ID = re.compile(r"<?([0-9a-f]{32})\.[A-Za-z0-9.-]+@[A-Za-z0-9.-]+>?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Addressee:
    """Whom one touch was for."""

    lead_id: int
    account_id: int
    #: To which its mails went; before one is written, the address on file. Empty: the person was erased.
    emails: frozenset[str]


class FindAddressees(Protocol):
    """Returns whom touches, by their public ids, are for; what is no touch is left out."""

    def __call__(self, touches: Collection[UUID], /) -> Mapping[UUID, Addressee]: ...


def touch_named(texts: Iterable[object]) -> UUID | None:
    """
    Return the first touch that is named: by its id alone, or by a Message-ID of ours.

    >>> touch_named(["spring", "<0123456789abcdef0123456789abcdef.7f3a@ours.example>"])
    UUID('01234567-89ab-cdef-0123-456789abcdef')
    >>> touch_named(["<0100@provider.example>", None]) is None
    True
    """
    for each in texts:
        if not isinstance(each, str) or not 32 <= len(each) <= 400:
            continue
        found = OUR_MESSAGE_ID.fullmatch(each.strip())
        try:
            return UUID(found.group(1) if found else each.strip())
        except ValueError:
            continue
    return None
