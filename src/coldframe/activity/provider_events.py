"""
What a provider tells of a mail, as it lies in an arrival of the kind PROVIDER: one JSON object for each event.

``api.provider_events`` makes it of what Anymail has read. It says what was told and nothing of what follows;
that is for ``provider_digest``:

======================  =================================================================================
``id``                  what the event is known by: of the provider's own id, or of what it tells
``source``              name of the source
``type``                Anymail's word: sent, delivered, bounced, deferred, complained, opened, clicked, …
``said``                the provider's own word
``touch``               the touch's public id, found in metadata, tag or Message-ID; left out: none was found
``recipient``           address that the event is about; left out: not told
``at``                  when it happened, ISO 8601 with its offset
``is_received_time``    ``at`` is when it was received, for none, or none that can be, was told
``status``              of RFC 3463, such as 5.1.1
``text``                the other side's answer, or the provider's description, cut
``is_permanent``        of a bounce: whether the provider has given up for good; left out: not told
``reject_reason``       Anymail's word for why it was not sent
``url``                 of a click
``agent``               User-Agent of an open or a click
``network``             ``hits.network_hash`` of its address
``is_bot``              the provider says that a machine did it
``raw``                 of a type that is not known: the event as it came, cut
======================  =================================================================================

What could not be read at all has ``unread`` in the arrival's ``about``, with the reason, and what came as its body.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from coldframe.kernel.vocabulary import Refusal

#: Of a provider's clock: an instant beyond is none.
AHEAD_AT_MOST = timedelta(minutes=5)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
TEXT_LIMITS = {
    "id": 64, "source": 64, "type": 32, "said": 80, "recipient": 320, "status": 11, "text": 500,
    "reject_reason": 32, "url": 2_000, "agent": 1_000, "network": 32, "raw": 20_000,
}  # fmt: skip


class NotAProviderEvent(Refusal):
    """Not the JSON of a provider's event."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderEvent:
    """What a provider tells of a mail; see the module for what each part means."""

    id: str
    source: str
    type: str
    said: str = ""
    touch: UUID | None = None
    recipient: str = ""
    at: datetime
    is_received_time: bool = False
    status: str = ""
    text: str = ""
    is_permanent: bool | None = None
    reject_reason: str = ""
    url: str = ""
    agent: str = ""
    network: str = ""
    is_bot: bool = False
    raw: str = ""

    def as_body(self) -> bytes:
        """Return the event as the body of an arrival, without what is missing."""
        found = {name: value for name, value in asdict(self).items() if value not in (None, "")}
        found["at"] = self.at.isoformat()
        if self.touch is not None:
            found["touch"] = self.touch.hex
        return json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")


def plausible(told: datetime | None, *, at: datetime) -> tuple[datetime, bool]:
    """
    Return when something happened that was received at ``at``, and whether that is the time of receiving.

    >>> noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    >>> plausible(datetime(2099, 1, 1, tzinfo=UTC), at=noon) == plausible(None, at=noon) == (noon, True)
    True
    """
    if told is None or told.tzinfo is None or not EARLIEST <= told <= at + AHEAD_AT_MOST:
        return at, True
    return told, False


def read(body: bytes) -> ProviderEvent:
    """
    Return the event that an arrival's body tells of. Raises ``NotAProviderEvent``.

    >>> event = ProviderEvent(id="1", source="esp", type="delivered", touch=UUID(int=7), at=EARLIEST)
    >>> read(event.as_body()) == event
    True
    """
    try:
        told = json.loads(body)
        found: Mapping[str, Any] = dict(told)
        texts = {name: str(found.get(name, ""))[:most] for name, most in TEXT_LIMITS.items()}
        return ProviderEvent(
            **texts,
            touch=UUID(found["touch"]) if "touch" in found else None,
            at=datetime.fromisoformat(found["at"]),
            is_received_time=found.get("is_received_time") is True,
            is_permanent=found["is_permanent"] is True if "is_permanent" in found else None,
            is_bot=found.get("is_bot") is True,
        )
    except (ValueError, TypeError, LookupError) as error:
        raise NotAProviderEvent(
            "This is not a provider's event.",
            where="the body",
            expected="JSON as api.provider_events writes it",
        ) from error
