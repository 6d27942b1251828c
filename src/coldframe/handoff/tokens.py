"""
Signed links that let one person answer one handoff, for a while: what stands in their notification.

A link names the handoff, the notification it stood in (so whoever was told), and the answer it is for. It proves who
asks and does nothing by itself: a page is shown, and only a POST from it answers, so that no scanner does.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from django.conf import settings

from coldframe.kernel.vocabulary import Verdict
from coldframe.leads.tokens import repaired
from coldframe.storage.instants import EPOCH

FORM = 1
#: Bytes of the proof; with the rest of a token a multiple of 5, so that base32 leaves no bits over.
TAG_BYTES = 20
TOKEN = re.compile("[a-z2-7]{80}")
HOUR = timedelta(hours=1)
#: Places of answers in a token; never changed, only added to. The first is none: the page asks.
ANSWERS: tuple[Verdict | None, ...] = (
    None,
    Verdict.ACCEPTED,
    Verdict.NOT_NOW,
    Verdict.WRONG_PERSON,
    Verdict.NEEDS_EDUCATION,
    Verdict.NOT_A_FIT,
)


class Purpose(Enum):
    """What a link is for; a link of one purpose opens nothing of another."""

    #: Answering a handoff.
    ANSWER = "answer"
    #: The handoff's calendar file.
    CALENDAR = "calendar"


@dataclass(frozen=True, kw_only=True)
class Link:
    """What a link says."""

    handoff: UUID
    notification_id: int
    #: None: the page asks which.
    answer: Verdict | None
    #: In whole hours.
    expires_at: datetime


def make(
    purpose: Purpose,
    *,
    handoff: UUID,
    notification_id: int,
    expires_at: datetime,
    answer: Verdict | None = None,
) -> str:
    """Return the token of a link: 80 letters and digits, good to the end of the hour of ``expires_at``."""
    hours = (expires_at - EPOCH) // HOUR + 1
    body = b"".join(
        (
            bytes([FORM, ANSWERS.index(answer)]),
            hours.to_bytes(4, "big"),
            notification_id.to_bytes(8, "big"),
            handoff.bytes,
        )
    )
    return base64.b32encode(body + tag(purpose, body, key=str(settings.SECRET_KEY))).decode().lower()


def read(text: str, purpose: Purpose) -> Link | None:
    """
    Return what a token says, repaired where a mail client damaged it; None where it is not ours.

    Whether it has expired is for the caller to say: its page may tell where the handoff stands even then.
    """
    token = repaired(text[:1_000])
    if TOKEN.fullmatch(token) is None:
        return None
    data = base64.b32decode(token.upper())
    body, given = data[:-TAG_BYTES], data[-TAG_BYTES:]
    keys = [str(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    # Each key is tried, so that the time says nothing of which one it was.
    verified = [hmac.compare_digest(tag(purpose, body, key=key), given) for key in keys]
    if not any(verified) or body[0] != FORM or body[1] >= len(ANSWERS):
        return None
    return Link(
        answer=ANSWERS[body[1]],
        expires_at=EPOCH + int.from_bytes(body[2:6], "big") * HOUR,
        notification_id=int.from_bytes(body[6:14], "big"),
        handoff=UUID(bytes=body[14:30]),
    )


def tag(purpose: Purpose, body: bytes, *, key: str) -> bytes:
    """Return what proves that a token of this purpose is ours."""
    own = hmac.digest(key.encode(), f"coldframe.handoff.{purpose.value}".encode(), "sha256")
    return hmac.digest(own, body, "sha256")[:TAG_BYTES]


def address(token: str) -> str:
    """Return the absolute address of the page that a token opens; where the world finds it is ``COLDFRAME_BASE_URL``."""
    return f"{settings.BASE_URL}{PATH}{token}"


def calendar_address(token: str) -> str:
    """Return the absolute address of the calendar file that a token opens."""
    return f"{settings.BASE_URL}{PATH}{token}/calendar.ics"


#: Where the pages of links lie.
PATH = "/a/"
