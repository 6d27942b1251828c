"""
What tracked links, pixels and visits carry: signed, so that nothing but what was written here is ever followed.

A link's token holds all that a redirect needs, its target included, for the database may be down when it is opened.
It is written in hexadecimal digits: case does not matter, no sign needs escaping, and no two writings mean the same.
Like ``leads.tokens`` it never ends, and keys that were replaced still verify (``SECRET_KEY_FALLBACKS``).
"""

from __future__ import annotations

import contextlib
import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from coldframe.leads.tokens import repaired

#: Bytes of the tag that proves a token.
TAG_BYTES = 16
FORM = 1
UUID_BYTES = 16
#: Form, touch, lead, position, how many links, flags, length of the asset's key.
HEAD_BYTES = 1 + 2 * UUID_BYTES + 4
IS_HIDDEN = 1
NOBODY = UUID(int=0)
BY_DAY = 1
#: Longer ones are left as they are: some mail programs cut addresses.
LONGEST_TARGET = 1_000
LONGEST_ASSET = 120
MOST_LINKS = 250
#: An address of the web, escaped: printable ASCII.
WEB = re.compile("https?://[!-~]+")
#: A visit that began with a link is tied to its reader for so long, and no longer.
VISIT_WITHIN = timedelta(minutes=30)
INSTANT_BYTES, NONCE_BYTES = 5, 12
VISIT_BYTES = NONCE_BYTES + UUID_BYTES + INSTANT_BYTES + TAG_BYTES
DIGITS = re.compile("(?:[0-9a-f]{2})+")


class Purpose(Enum):
    """What a token is for; one of one purpose opens nothing of another."""

    LINK = "link"
    PIXEL = "pixel"
    #: Says for half an hour to one's own site whose a visit is.
    VISIT = "visit"


class Link(NamedTuple):
    """A link of a message."""

    #: The touch's public id.
    touch: UUID
    #: Among the distinct links of the message, from 0.
    position: int
    #: How many distinct links the message has, opt-out and hidden ones apart.
    links: int
    target: str
    #: Key of the asset that the target is; empty: none.
    asset: str = ""
    #: No person can see it.
    is_hidden: bool = False
    #: The lead's public id, where they agreed that a visit of one's own site is tied to them, and the target is one.
    visitor: UUID | None = None


class Pixel(NamedTuple):
    """The picture of a message that tells that it was opened."""

    #: The touch's public id.
    touch: UUID
    #: The day of the opening is kept, and neither the time nor the network.
    by_day: bool = True


def make_link(link: Link) -> str:
    """Return the token of a link. Raises ``ValueError`` for one that does not fit (see ``fits``)."""
    asset = link.asset.encode()
    who = link.touch.bytes + (link.visitor or NOBODY).bytes
    head = bytes([FORM]) + who + bytes([link.position, link.links, IS_HIDDEN * link.is_hidden, len(asset)])
    return signed(Purpose.LINK, head + asset + link.target.encode())


def fits(target: str) -> bool:
    """Return whether a link to the target can be a tracked one."""
    return len(target) <= LONGEST_TARGET and WEB.fullmatch(target) is not None


def read_link(text: str) -> Link | None:
    """Return what a token says, repaired where a mail client damaged it; None where it is not ours."""
    body = opened(Purpose.LINK, text)
    if body is None or len(body) <= HEAD_BYTES or body[0] != FORM:
        return None
    touch, visitor = UUID(bytes=body[1:17]), UUID(bytes=body[17:33])
    position, links, flags, length = body[33:HEAD_BYTES]
    asset, target = body[HEAD_BYTES : HEAD_BYTES + length], body[HEAD_BYTES + length :].decode()
    if not WEB.fullmatch(target):
        return None
    return Link(
        touch, position, links, target, asset.decode(), bool(flags & IS_HIDDEN), None if visitor == NOBODY else visitor
    )  # fmt: skip


def make_pixel(pixel: Pixel) -> str:
    """Return the token of a message's pixel."""
    return signed(Purpose.PIXEL, bytes([FORM]) + pixel.touch.bytes + bytes([BY_DAY * pixel.by_day]))


def read_pixel(text: str) -> Pixel | None:
    """Return what the token of a pixel says; None where it is not ours."""
    body = opened(Purpose.PIXEL, text)
    if body is None or len(body) != 1 + UUID_BYTES + 1 or body[0] != FORM:
        return None
    return Pixel(UUID(bytes=body[1 : 1 + UUID_BYTES]), bool(body[-1] & BY_DAY))


def make_visit(lead: UUID, *, at: datetime) -> str:
    """
    Return what tells one's own site whose a visit is that begins at ``at``.

    It is encrypted, and each time another: other scripts of a page may read its address.
    """
    ends = int((at + VISIT_WITHIN).timestamp())
    nonce = secrets.token_bytes(NONCE_BYTES)
    body = lead.bytes + ends.to_bytes(INSTANT_BYTES, "big")
    return (nonce + AESGCM(key_of(Purpose.VISIT, str(settings.SECRET_KEY))).encrypt(nonce, body, None)).hex()


def read_visit(text: str, *, at: datetime) -> UUID | None:
    """Return the public id of whose visit it is; None where the token is not ours, or its time was over at ``at``."""
    token = repaired(text)
    if not DIGITS.fullmatch(token) or len(token) != 2 * VISIT_BYTES:
        return None
    data = bytes.fromhex(token)
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        with contextlib.suppress(InvalidTag):
            box = AESGCM(key_of(Purpose.VISIT, str(key)))
            body = box.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], None)
            ends = datetime.fromtimestamp(int.from_bytes(body[UUID_BYTES:], "big"), tz=UTC)
            return UUID(bytes=body[:UUID_BYTES]) if at <= ends else None
    return None


def signed(purpose: Purpose, body: bytes) -> str:
    """Return a body and the tag that proves it, as hexadecimal digits."""
    return (body + tag(key_of(purpose, str(settings.SECRET_KEY)), body)).hex()


def opened(purpose: Purpose, text: str) -> bytes | None:
    """Return the body of a token, None where no key of ours made it."""
    token = repaired(text)
    if not DIGITS.fullmatch(token) or len(token) <= 2 * TAG_BYTES:
        return None
    data = bytes.fromhex(token)
    body, given = data[:-TAG_BYTES], data[-TAG_BYTES:]
    keys = [key_of(purpose, str(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    # Each key is tried, so that the time says nothing of which one it was.
    verified = [hmac.compare_digest(tag(key, body), given) for key in keys]
    return body if any(verified) else None


def tag(key: bytes, body: bytes) -> bytes:
    """Return what proves that a body is ours."""
    return hmac.digest(key, body, "sha256")[:TAG_BYTES]


@lru_cache(maxsize=64)
def key_of(purpose: Purpose, key: str) -> bytes:
    """Return the key of a purpose, made from one of the installation's."""
    return hmac.digest(key.encode(), f"coldframe.tracking.{purpose.value}".encode(), "sha256")
