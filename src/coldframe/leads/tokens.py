"""
Signed links for people without a login: each opens one page for one person, and nothing else.

A link must outlive mail clients and years. Its token is base32, so that case does not matter and no sign
needs escaping; what clients are known to add or break around it is taken off; it never ends, and keys that
were replaced still verify (``SECRET_KEY_FALLBACKS``). A token says no name and no address.
"""

from __future__ import annotations

import base64
import hmac
import re
from enum import Enum
from functools import cache
from typing import NamedTuple
from urllib.parse import unquote
from uuid import UUID

from django.conf import settings
from django.urls import reverse

#: Bytes of the tag; with the rest of a token a multiple of 5, so that base32 leaves no bits over.
TAG_BYTES = 17
FORM = 1
NOBODY = UUID(int=0)
TOKEN = re.compile("[a-z2-7]{80}")
#: Decoding more often than this is no accident.
MOST_DECODINGS = 3
#: Broken lines of quoted-printable, spaces, invisible signs, and what stands around an address in text.
NOISE = re.compile(r"""[\s=<>"'`()\[\]{}.,;:!*_|\\/\u200b-\u200f\u2060\ufeff\u00ad\u00a0]+""")


class Purpose(Enum):
    """What a link is for; a link of one purpose opens nothing of another."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    #: Taking an opt-out back, from the page that confirmed it.
    RETURN = "return"
    #: A form, opened for somebody who is known.
    FORM = "form"
    #: Confirming a consent; in place of the touch stands the confirmation.
    CONFIRM = "confirm"


class Link(NamedTuple):
    """Whom a link is for, and which message it stood in."""

    lead: UUID
    #: None: it stood in none.
    touch: UUID | None


def make(purpose: Purpose, *, lead: UUID, touch: UUID | None = None) -> str:
    """Return the token of a link: 80 letters and digits. ``lead`` and ``touch`` are their public ids."""
    body = bytes([FORM]) + lead.bytes + (touch or NOBODY).bytes
    return base64.b32encode(body + tag(purpose, body, key=str(settings.SECRET_KEY))).decode().lower()


def read(text: str, purpose: Purpose) -> Link | None:
    """Return what a token says, repaired where a mail client damaged it; None where it is not ours."""
    token = repaired(text)
    if TOKEN.fullmatch(token) is None:
        return None
    data = base64.b32decode(token.upper())
    body, given = data[:-TAG_BYTES], data[-TAG_BYTES:]
    keys = [str(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    # Each key is tried, so that the time says nothing of which one it was.
    verified = [hmac.compare_digest(tag(purpose, body, key=key), given) for key in keys]
    if not any(verified) or body[0] != FORM:
        return None
    lead, touch = UUID(bytes=body[1:17]), UUID(bytes=body[17:33])
    return Link(lead, None if touch == NOBODY else touch)


def tag(purpose: Purpose, body: bytes, *, key: str) -> bytes:
    """Return what proves that a token of this purpose is ours."""
    own = hmac.digest(key.encode(), f"coldframe.link.{purpose.value}".encode(), "sha256")
    return hmac.digest(own, body, "sha256")[:TAG_BYTES]


def repaired(text: str) -> str:
    """
    Return the token as it was made: decoded, without what was appended, in lower case.

    >>> repaired("MFRGG=%250D%250AZDF&utm_source=mail")
    'mfrggzdf'
    """
    for _ in range(MOST_DECODINGS):
        decoded = unquote(text)
        if decoded == text:
            break
        text = decoded
    return NOISE.sub("", re.split("[?&#]", text, maxsplit=1)[0]).lower()


def unsubscribe_url(*, lead: UUID, touch: UUID | None = None) -> str:
    """Return the absolute address that ends all mail to a person by a POST, for headers and messages."""
    return address("public:unsubscribe", make(Purpose.UNSUBSCRIBE, lead=lead, touch=touch))


def preferences_url(*, lead: UUID, touch: UUID | None = None) -> str:
    """Return the absolute address of a person's preference page."""
    return address("public:preferences", make(Purpose.PREFERENCES, lead=lead, touch=touch))


def address(name: str, token: str) -> str:
    """Return the absolute address of a public page; where the world finds it is ``COLDFRAME_BASE_URL``."""
    return f"{settings.BASE_URL}{path_before(name)}{token}"


@cache
def path_before(name: str) -> str:
    """Return what stands before the token in the path of a public page; looking it up would cost more than the token."""
    return reverse(name, args=["0"]).removesuffix("0")
