"""
Calls of the event API, as this project reads them: what was said, by whom, when, and through which source.

``wire`` makes them of what clients send; ``identity`` says who is meant; ``event_of`` makes the fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from coldframe.activity.operations import NewEvent
from coldframe.kernel.vocabulary import Evidence

KEY_BYTES = 16


class CallType(StrEnum):
    """What a call says; the words of the wire in capitals."""

    #: Who somebody is: a user id, traits, and the browser they came with.
    IDENTIFY = "IDENTIFY"
    #: Somebody did something.
    TRACK = "TRACK"
    #: Somebody saw a page.
    PAGE = "PAGE"
    #: Somebody saw a screen of an app.
    SCREEN = "SCREEN"
    #: Somebody belongs to a company.
    GROUP = "GROUP"
    #: Two ids are of one person.
    ALIAS = "ALIAS"


#: Calls that are facts of their own; the others say whose facts are whose.
FACTS = frozenset({CallType.TRACK, CallType.PAGE, CallType.SCREEN})


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """
    One call, checked and put in order. Texts are empty where nothing was said.

    Ids are as the client made them, without surrounding space, at most 128 characters; they mean something
    within their source only, but for ``anonymous_id``, which a browser brings to every source.
    """

    #: The arrival that brought it.
    arrival_id: int
    source: str
    source_id: int
    #: Anybody can make such a call, for its key stands in a page: it may claim what it likes.
    is_public: bool = False
    type: CallType
    #: Known by this: the same twice from one source is one call.
    message_id: str
    anonymous_id: str = ""
    user_id: str = ""
    previous_id: str = ""
    #: Of the company: of a group call, or of the context of any other.
    group_id: str = ""
    #: Of the person (identify, or the context's), or of the company (group).
    traits: Mapping[str, Any] = field(default_factory=dict)
    #: Its traits fill what its source has said nothing of, and change nothing: anybody can say them in anybody's name.
    only_fills: bool = False
    #: When it happened, by our clock where the client's was off.
    occurred_at: datetime
    #: The client's instant was none, or could not be: it is the time of arrival.
    is_undated: bool = False
    #: Its instant rests on when it came, while it is known by something that comes again: a repeat is dated by the first.
    is_dated_by_coming: bool = False
    #: The fact, of a call that is one (``FACTS``); of the others all of this is empty.
    kind: str = ""
    path: str = ""
    form: str = ""
    asset: str = ""
    topic: str = ""
    campaign: str = ""
    evidence: Evidence = Evidence.HUMAN
    #: What else was said of the fact, to be kept with it; personal.
    properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def email(self) -> str:
        """Return the address that the traits give, as it was written; an empty text for none."""
        found = self.traits.get("email") if self.type is not CallType.GROUP else None
        return found.strip() if isinstance(found, str) else ""

    @property
    def says_who(self) -> bool:
        """Say whether it says who somebody is, and not only what somebody did."""
        return self.type not in FACTS or bool(self.traits or self.group_id)

    @property
    def key(self) -> bytes:
        """Return 16 bytes of the source and the message's id, to tell calls of one instant apart."""
        return blake2b(repr(("call", self.source, self.message_id)).encode(), digest_size=KEY_BYTES).digest()


def event_of(
    call: Call, *, lead_id: int | None = None, account_id: int | None = None, visitor_id: int | None = None
) -> NewEvent:
    """Return the fact that a call is, of whom it is; only of one of ``FACTS``."""
    return NewEvent(
        source=call.source,
        external_id=call.message_id,
        lead_id=lead_id,
        account_id=account_id,
        visitor_id=visitor_id,
        kind=call.kind,
        path=call.path,
        form=call.form,
        asset=call.asset,
        topic=call.topic,
        campaign=call.campaign,
        occurred_at=call.occurred_at,
        evidence=call.evidence,
        properties=call.properties,
    )
